// `deno task golden` rewrites golden/, once all lessons are confirmed.

import { green, yellow } from "@std/fmt/colors";
import { drawLesson, lessons, recorded } from "../lessons.ts";
import { confirm, sentenceOf } from "./confirm.ts";
import { textOf } from "./record.ts";

const files = new Map<string, string>();

// All are recorded before the first is confirmed: there is just one fake clock.
for (const lesson of lessons) await recorded(lesson).catch(() => {});
await Promise.all(lessons.map(async (lesson) => {
  const { name, seconds } = lesson;
  const path = `scripts/${name}.ts`;
  try {
    const recording = await recorded(lesson); // as `deno test` does
    await confirm(recording, ["--no-config", path], seconds);
    files.set(`golden/${name}.txt`, textOf(recording, seconds));
    files.set(`golden/${name}.svg`, drawLesson(lesson, recording));
  } catch (error) {
    console.error(`${path}: ${sentenceOf(error as Error)}`);
  }
}));
if (files.size < 2 * lessons.length) {
  console.error("Nothing is written.");
  Deno.exit(1);
}

await Deno.mkdir("golden", { recursive: true });
for (const [path, content] of [...files].sort()) {
  const old = await Deno.readTextFile(path).catch(() => undefined);
  if (old !== content) await Deno.writeTextFile(path, content);
  const state = old === content ? green("is up to date") : yellow("written");
  console.log(`${path} ${state}`);
}
