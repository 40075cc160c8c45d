// `deno task golden` rewrites golden/, once all lessons are confirmed.

import { green, yellow } from "@std/fmt/colors";
import { drawLesson, type Lesson, lessons, recorded } from "../lessons.ts";
import { alone, confirm, recordFile } from "./confirm.ts";
import { textOf } from "./record.ts";

const root = `${import.meta.dirname}/../..`;
const files = new Map<string, string>();

/** What `deno test` will compare with, if a process does the same. */
async function goldenFiles(lesson: Lesson) {
  const { name, seconds, script } = lesson;
  const recording = await recordFile(`${root}/scripts/${name}.ts`, seconds);
  const { default: text } = await script();
  await confirm(recording, alone(text), seconds);
  const here = await recorded(lesson);
  const drawing = drawLesson(lesson, here);
  if (
    textOf(recording, seconds) !== textOf(here, seconds) ||
    drawLesson(lesson, recording) !== drawing
  ) {
    throw new Error(`It does something else when it is imported, as by
\`deno test\`, than when it is run. Let it do all in \`main\`.`);
  }
  files.set(`${name}.txt`, textOf(here, seconds));
  files.set(`${name}.svg`, drawing);
}

// These are on the fake clock, so one after the other, and before all processes.
for (const lesson of lessons) await recorded(lesson).catch(() => {});
await Promise.all(lessons.map(async (lesson) => {
  await goldenFiles(lesson).catch(({ message }) => {
    Deno.exitCode = 1;
    console.error(`scripts/${lesson.name}.ts: ${message}`);
  });
}));
if (Deno.exitCode > 0) {
  console.error("Nothing is written.");
  Deno.exit();
}

await Deno.mkdir(`${root}/golden`, { recursive: true });
for (const [name, content] of [...files].sort()) {
  const path = `${root}/golden/${name}`;
  const old = await Deno.readTextFile(path).catch(() => undefined);
  if (old !== content) await Deno.writeTextFile(path, content);
  const state = old === content ? green("is up to date") : yellow("written");
  console.log(`golden/${name} ${state}`);
}
