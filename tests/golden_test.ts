// Each script prints its golden file, in every cycle, and draws its picture.

import { assertEquals, assertRejects } from "@std/assert";
import {
  type File,
  GOLDEN_SECONDS,
  type Lesson,
  lessons,
  mainOf,
  read,
} from "./lessons.ts";
import { play } from "./play.ts";
import { record } from "./record.ts";
import { timeline } from "./timeline.ts";
import { type Folder, writeGolden } from "./write_golden.ts";

for (const lesson of lessons) {
  const { name, words, output, picture } = lesson;

  Deno.test({
    name: `scripts/${name}.ts prints and draws its golden files`,
    sanitizeExit: false, // It is how `play` ends a main that can't be ended.
    async fn() {
      const recording = await record(await mainOf(lesson), GOLDEN_SECONDS);
      await assertGolden(recording.output, output, `golden/${name}.txt`);
      const drawing = timeline(name, recording, words);
      await assertGolden(drawing, picture, `golden/${name}.svg`);
    },
  });
}

Deno.test("each script does the same in each of 100 cycles", async () => {
  for (const lesson of lessons) {
    const { lines } = await record(await mainOf(lesson), 100);
    // A cycle's last moment belongs to it, its first to the one before.
    const cycles: string[] = Array(100).fill("");
    for (const { text, seconds } of lines) {
      const cycle = Math.ceil(seconds) - 1;
      if (cycle >= 0) {
        cycles[cycle] += `${(seconds - cycle).toFixed(6)} ${text}\n`;
      }
    }
    const other = cycles.findIndex((cycle) => cycle !== cycles[0]);
    assertEquals(
      cycles[Math.max(other, 0)],
      cycles[0],
      `Cycle ${other + 1} of ${lesson.name}.ts differs from the first.`,
    );
  }
});

Deno.test("each script ends with the error when it can't print", async () => {
  const { BrokenPipe } = Deno.errors;
  for (const lesson of lessons) {
    const main = await mainOf(lesson);
    for (let failing = 1; failing <= 7; failing++) {
      let prints = 0;
      const print = () => {
        if (++prints === failing) throw new BrokenPipe("Nobody reads.");
      };
      await assertRejects(
        () => play(main, 10, { print }),
        BrokenPipe,
        "Nobody reads.",
      );
    }
  }
});

Deno.test("a golden file that differs, if only in a line end or a byte order mark, fails with what to do", async () => {
  const files = [
    "one\ntwo!\n",
    "one\r\ntwo\r\n",
    "one\ntwo",
    "\ufeffone\ntwo\n",
  ];
  for (const golden of files) {
    await assertRejects(
      () => assertGolden("one\ntwo\n", fileOf(golden), "golden/x.txt"),
      Error,
      "golden/x.txt differs from what the script does. " +
        "If the change is intended, run `deno task golden`.",
    );
  }
});

Deno.test("a golden file that is missing fails with the command that writes it", async () => {
  await assertRejects(
    () => assertGolden("", () => Promise.reject(), "golden/x.txt"),
    Error,
    "golden/x.txt is missing: run `deno task golden`.",
  );
});

/** A lesson whose script has that `main`. */
function lessonOf(name: string, main: () => unknown): Lesson {
  const text = `//   deno run scripts/${name}.ts

export function main() {
}

if (import.meta.main) main();
`;
  return {
    name,
    words: { resume: "resume", suspend: "await" },
    module: () => Promise.resolve({ main }),
    script: fileOf(text),
    output: fileOf(""),
    picture: fileOf(""),
  };
}

async function printEverySecond() {
  while (true) {
    Deno.stdout.writeSync(new TextEncoder().encode("tick\n"));
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

async function sleepForEver() {
  while (true) await new Promise((resolve) => setTimeout(resolve, 1_000));
}

Deno.test("`deno task golden` writes what is missing or different, removes what no lesson has, and says so", async () => {
  const lesson = lessonOf("x", printEverySecond);
  const { folder, files } = folderOf({ "gone.txt": "", "x.txt": "old" });
  const says = async () =>
    (await writeGolden([lesson], folder)).map((line) =>
      // deno-lint-ignore no-control-regex
      line.replaceAll(/\x1b\[\d+m/g, "")
    );
  assertEquals(await says(), [
    "golden/x.txt written",
    "golden/x.svg written",
    "golden/gone.txt removed: no lesson in tests/lessons.ts has it",
  ]);
  assertEquals([...files.keys()], ["x.txt", "x.svg"]);
  assertEquals(files.get("x.txt"), "tick\n".repeat(4));
  const picture = files.get("x.svg");
  assertEquals(await says(), [
    "golden/x.txt is up to date",
    "golden/x.svg is up to date",
  ]);
  assertEquals(files.get("x.svg"), picture);
});

Deno.test("`deno task golden` writes nothing when a lesson breaks a rule or can't be recorded", async () => {
  const good = lessonOf("x", printEverySecond);
  const bad: [Lesson, string][] = [
    [lessonOf("y", () => {}), "main ended"],
    [lessonOf("y", sleepForEver), "scripts/y.ts prints nothing"],
    [
      { ...good, module: () => Promise.resolve({ main: console.log }) },
      "console can't be recorded",
    ],
    [{ ...good, name: "y" }, "scripts/y.ts:1: begin with a header"],
  ];
  for (const [lesson, message] of bad) {
    const { folder, files } = folderOf({ "x.txt": "old" });
    await assertRejects(
      () => writeGolden([good, lesson], folder),
      Error,
      message,
    );
    assertEquals([...files], [["x.txt", "old"]]);
  }
});

function folderOf(content: Record<string, string>) {
  const files = new Map(Object.entries(content));
  const folder: Folder = {
    names: () => [...files.keys()],
    read: (name) => files.get(name),
    write: (name, content) => files.set(name, content),
    remove: (name) => files.delete(name),
  };
  return { folder, files };
}

function fileOf(text: string): File {
  return () => Promise.resolve({ default: new TextEncoder().encode(text) });
}

async function assertGolden(actual: string, golden: File, path: string) {
  const expected = await read(golden).catch((cause) => {
    throw new Error(`${path} is missing: run \`deno task golden\`.`, { cause });
  });
  // As lists of lines with their line ends, so that the diff shows those, too.
  assertEquals(
    actual.split(/(?<=\n)/),
    expected.split(/(?<=\n)/),
    `${path} differs from what the script does. ` +
      "If the change is intended, run `deno task golden`.",
  );
}
