// `deno task golden` makes golden/ what the lessons print and draw, once each is
// confirmed by a process.

import { green, red, yellow } from "@std/fmt/colors";
import { confirmed } from "./confirm.ts";
import { drawLesson, lessons } from "./lessons.ts";
import { textOf } from "./record.ts";

const root = `${import.meta.dirname}/..`;
const files = new Map<string, string>();

async function record(lesson: typeof lessons[number]) {
  const { name, seconds, script } = lesson;
  const path = `${root}/scripts/${name}.ts`;
  const { default: text } = await script();
  const recording = await confirmed(path, seconds, {
    text,
    say: console.error,
  });
  files.set(`${name}.txt`, textOf(recording, seconds));
  files.set(`${name}.svg`, await drawLesson(lesson, recording));
}

try {
  await Promise.all(
    lessons.map((lesson) =>
      record(lesson).catch(({ message }) => {
        throw new Error(`scripts/${lesson.name}.ts: ${message}`);
      })
    ),
  );
} catch (error) {
  console.error(`${(error as Error).message}\nNothing is written.`);
  Deno.exit(1);
}

await Deno.mkdir(`${root}/golden`, { recursive: true });
for (const [name, content] of [...files].sort()) {
  const path = `${root}/golden/${name}`;
  const old = await Deno.readFile(path).catch(() => undefined);
  const changed =
    old?.toString() !== new TextEncoder().encode(content).toString();
  if (changed) await Deno.writeTextFile(path, content);
  console.log(
    `golden/${name} ${changed ? yellow("written") : green("is up to date")}`,
  );
}
for await (const { name } of Deno.readDir(`${root}/golden`)) {
  if (files.has(name)) continue;
  await Deno.remove(`${root}/golden/${name}`);
  console.log(`golden/${name} ${red("removed")}: no lesson has it`);
}
