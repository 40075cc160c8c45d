import { assertEquals } from "@std/assert";
import { GOLDEN_SECONDS, lessons, type Text } from "./lessons.ts";
import { record } from "./record.ts";
import { timeline } from "./timeline.ts";

for (const { name, main, output, picture } of lessons) {
  Deno.test(`scripts/${name}.ts prints golden/${name}.txt`, async () => {
    const recording = await record(main, GOLDEN_SECONDS);
    await assertGolden(recording.output, output, `golden/${name}.txt`);
  });

  Deno.test(`golden/${name}.svg is a picture of scripts/${name}.ts`, async () => {
    const recording = await record(main, GOLDEN_SECONDS);
    await assertGolden(
      timeline(name, recording),
      picture,
      `golden/${name}.svg`,
    );
  });
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
