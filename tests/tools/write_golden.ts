// `deno task golden` rewrites golden/, once all lessons are confirmed.

import { green, yellow } from "@std/fmt/colors";
import { alone, confirm, recordFile } from "./confirm.ts";
import { drawLesson, lessons } from "../lessons.ts";
import { textOf } from "./record.ts";

const root = `${import.meta.dirname}/../..`;
const files = new Map<string, string>();

await Promise.all(lessons.map(async (lesson) => {
  const { name, seconds, script } = lesson;
  const path = `${root}/scripts/${name}.ts`;
  try {
    const { default: text } = await script();
    const recording = await recordFile(path, seconds);
    await confirm(recording, alone(text), seconds);
    files.set(`${name}.txt`, textOf(recording, seconds));
    files.set(`${name}.svg`, drawLesson(lesson, recording));
  } catch (error) {
    Deno.exitCode = 1;
    console.error(`scripts/${name}.ts: ${(error as Error).message}`);
  }
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
