import { assertEquals, assertRejects } from "@std/assert";
import { GOLDEN_SECONDS, lessons, type Text } from "./lessons.ts";
import { record } from "./record.ts";
import { timeline } from "./timeline.ts";

for (const { name, main, words, output, picture } of lessons) {
  Deno.test(`scripts/${name}.ts prints and draws its golden files`, async () => {
    const recording = await record(main, GOLDEN_SECONDS);
    await assertGolden(recording.output, output, `golden/${name}.txt`);
    const drawing = timeline(name, recording, words);
    await assertGolden(drawing, picture, `golden/${name}.svg`);
  });
}

Deno.test("a golden file that differs fails with the line in which it does", async () => {
  const actual = "one\ntwo\nthree\n";
  const goldens: [string, number][] = [
    ["one\ntwo!\nthree\n", 2],
    ["one\r\ntwo\r\nthree\r\n", 1],
    ["one\ntwo\nthree", 3],
    ["one\ntwo\nthree\nfour\n", 4],
  ];
  for (const [golden, line] of goldens) {
    await assertRejects(
      () => assertGolden(actual, () => text(golden), "golden/x.txt"),
      Error,
      `golden/x.txt differs from what the script does, first in line ${line}. ` +
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

function text(text: string) {
  return Promise.resolve({ default: text });
}

async function assertGolden(actual: string, golden: Text, path: string) {
  const expected = await golden().catch((cause) => {
    throw new Error(`${path} is missing: run \`deno task golden\`.`, { cause });
  });
  // As lists of lines with their line ends, so that the diff shows those, too.
  const actualLines = actual.split(/(?<=\n)/);
  const goldenLines = expected.default.split(/(?<=\n)/);
  let line = 0;
  while (line < actualLines.length && actualLines[line] === goldenLines[line]) {
    line++;
  }
  assertEquals(
    actualLines,
    goldenLines,
    `${path} differs from what the script does, first in line ${line + 1}. ` +
      "If the change is intended, run `deno task golden`.",
  );
}
