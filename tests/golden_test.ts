// Each lesson prints and draws its golden files.

import { assertEquals, assertRejects } from "@std/assert";
import { drawLesson, lessons, recorded, type Text } from "./lessons.ts";
import { textOf } from "./tools/record.ts";

for (const lesson of lessons) {
  const { name, seconds, output, picture } = lesson;
  Deno.test(`scripts/${name}.ts prints and draws its golden files`, async () => {
    const recording = await recorded(lesson);
    const text = textOf(recording, seconds);
    await assertGolden(text, `golden/${name}.txt`, output);
    const drawing = drawLesson(lesson, recording);
    await assertGolden(drawing, `golden/${name}.svg`, picture);
  });
}

Deno.test("what differs is told, and so is an error with another message", async () => {
  const differs = () => Promise.try(() => assertEquals<unknown>(1, "1"));
  await assertRejects(differs, Error);
  const isOther = () => assertRejects(differs, Error, "no such text");
  await assertRejects(isOther, Error);
});

async function assertGolden(actual: string, path: string, golden: Text) {
  const { default: expected } = await golden().catch(() => {
    throw new Error(`${path} is missing: run \`deno task golden\`.`);
  });
  const message = `${path} differs from what the script does.
To keep a change of the script, run \`deno task golden\`. To try something out, copy
the script to another folder, and \`deno task draw\` the copy.`;
  assertEquals(actual, expected, message);
}
