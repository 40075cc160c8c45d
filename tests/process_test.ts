// What only files and processes show. `deno task test` gives the permissions.

import { assertEquals } from "@std/assert";
import { confirmed } from "./confirm.ts";
import { drawLesson, lessons, recorded } from "./lessons.ts";
import { play, textOf } from "./record.ts";

const root = `${import.meta.dirname}/..`;
const ignore = Deno.permissions.querySync({ name: "run" }).state !== "granted";

/** The paths of what is in some folders. */
function filesIn(parent: string, ...folders: string[]) {
  return folders.flatMap((folder) =>
    Array.from(Deno.readDirSync(`${parent}/${folder}`))
      .map(({ name }) => `${folder}/${name}`)
  ).sort();
}

Deno.test("each script and golden file has its lesson, and is plain text", {
  ignore,
}, () => {
  const files = filesIn(root, "golden", "scripts")
    .filter((path) => !/^scripts.*\.svg$/.test(path)); // drawn by somebody
  const owned = ["golden/$.svg", "golden/$.txt", "scripts/$.ts"]
    .flatMap((path) => lessons.map(({ name }) => path.replace("$", name)));
  assertEquals(files, owned.sort());
  const keep = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  for (const path of files) {
    const text = keep.decode(Deno.readFileSync(`${root}/${path}`));
    assertEquals([path, /[\ufeff\r]/.test(text)], [path, false]);
  }
});

Deno.test(
  "yield.ts and async.ts repeat themselves 20,000 times in the same memory",
  { ignore },
  async () => {
    const { gc } = globalThis as unknown as { gc: () => void };
    for (const { name, module } of lessons) {
      if (name !== "yield" && name !== "async") continue;
      const inUse: number[] = [];
      let [cycle, printed, before] = [0, "", ""];
      await play(module, 20_000, ({ at, text = "" }) => {
        // A cycle's last moment belongs to it, its first to the one before.
        if (Math.ceil(at / 1000) > cycle) {
          if (cycle > 1) assertEquals(printed, before);
          [cycle, printed, before] = [cycle + 1, "", printed];
          if (cycle % 10_000 === 0) gc();
          if (cycle % 10_000 === 0) inUse.push(Deno.memoryUsage().heapUsed);
        }
        printed += `${at % 1000} ${text}`;
      });
      // It varies by some ten kilobytes; ten bytes a cycle are as much as this.
      assertEquals([name, inUse[1] - inUse[0] < 100_000], [name, true]);
    }
  },
);

Deno.test(
  "each script, alone and as a process, prints what its main prints here",
  { ignore },
  async () => {
    const expected: string[][] = [];
    for (const lesson of lessons) {
      const recording = await recorded(lesson);
      const text = textOf(recording, lesson.seconds);
      expected.push([text, await drawLesson(lesson, recording)]);
    }
    const actual = await Promise.all(lessons.map(async (lesson) => {
      const { name, seconds, script } = lesson;
      const alone = (await script()).default;
      const path = `${root}/scripts/${name}.ts`;
      const recording = await confirmed({ path, alone }, seconds);
      return [textOf(recording, seconds), await drawLesson(lesson, recording)];
    }));
    assertEquals(actual, expected);
  },
);

const SLEEP =
  "const sleep = (ms) => new Promise((wake) => setTimeout(wake, ms));\n";
const SAY = `${SLEEP}async function say(name, ms) {
  for (let n = 1;; n++) {
    await sleep(ms);
    console.log(name, { n });
  }
}
if (import.meta.main) say("Ann", 400), say("Bob", 600);`;
const TRY = `for (const act of [
  () => Deno.writeTextFileSync("stolen", ""),
  () => Deno.readTextFileSync(import.meta.filename),
  () => new Deno.Command(Deno.execPath()).outputSync(),
]) try { act(); console.log("allowed"); } catch { console.log("refused"); }`;

Deno.test(
  "deno task draw prints and draws any program, or says why not and writes nothing",
  { ignore },
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "a folder " });
    // The arguments, the program, what is printed, and the reason if it is refused.
    const cases: [string, string, string, string?][] = [
      ["1 --tasks=Ann,Bob", SAY, "Ann { n: 1 }\nBob { n: 1 }\nAnn { n: 2 }\n"],
      ["", TRY, "refused\nrefused\nrefused\n"],
      ["", "console.log(Math.random())", "", "It does not print the same"],
      ["", `throw new Error("a mistake")`, "", "a mistake"],
      ["", "while (true) await null", "", "It keeps the thread busy"],
      ["", "while (true) console.log(1)", "", "It prints more than"],
      [
        "1",
        `${SLEEP}for (;; console.log(0)) await sleep(0)`,
        "",
        "very short sleeps",
      ],
      ["1 --tasks=Ann", "console.log(1)", "", 'No line is of "Ann"'],
      ["soon", "console.log(1)", "", '"soon" is no number'],
      ["", "console.log(1)", "", "is no picture that this command has drawn"],
    ];
    await Promise.all(cases.map(async ([args, program, printed, reason], i) => {
      const path = `${folder}/${i}.js`;
      await Deno.writeTextFile(path, program);
      if (i === 9) await Deno.writeTextFile(`${folder}/${i}.svg`, "mine");
      const { code, stdout, stderr } = await task(
        root,
        folder,
        "draw",
        `${i}.js`,
        ...args.split(" ").filter(Boolean),
      );
      const picture = await Deno.readTextFile(`${folder}/${i}.svg`).catch(() =>
        ""
      );
      assertEquals([code, stdout], [reason ? 1 : 0, printed], stderr);
      assertEquals(stderr.includes(reason ?? `Drawn: ${folder}`), true, stderr);
      assertEquals(picture === "mine", i === 9);
      assertEquals(picture.includes("<svg "), !reason);
    }));
    await Deno.remove(folder, { recursive: true });
  },
);

Deno.test(
  "deno task golden rebuilds golden/, and writes nothing if one lesson is refused",
  { ignore },
  async () => {
    const copy = await Deno.makeTempDir();
    const { cpSync } = await import("node:fs");
    for (const name of ["deno.json", "golden", "scripts", "tests"]) {
      cpSync(`${root}/${name}`, `${copy}/${name}`, { recursive: true });
    }
    const golden = () =>
      filesIn(copy, "golden").map((path) =>
        Deno.readTextFileSync(`${copy}/${path}`)
      );
    const before = golden();
    Deno.removeSync(`${copy}/golden`, { recursive: true });
    await task(copy, copy, "golden");
    assertEquals(golden(), before);

    const path = `${copy}/scripts/async2.ts`;
    const script = Deno.readTextFileSync(path);
    Deno.writeTextFileSync(path, script.replace("before", "${Math.random()}"));
    Deno.writeTextFileSync(`${copy}/golden/yield.txt`, "old");
    const { code, stderr } = await task(copy, copy, "golden");
    assertEquals([code, golden().includes("old")], [1, true]);
    assertEquals(stderr.includes("scripts/async2.ts: It does not print"), true);
    Deno.removeSync(copy, { recursive: true });
  },
);

/** Runs a task of the project, as one does in a folder. */
async function task(project: string, folder: string, ...args: string[]) {
  const output = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "--config", `${project}/deno.json`, ...args],
    cwd: folder,
    env: { INIT_CWD: folder, NO_COLOR: "1" },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return {
    ...output,
    stdout: text(output.stdout),
    stderr: text(output.stderr),
  };
}
