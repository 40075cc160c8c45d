// `deno task draw FILE [SECONDS] [--tasks=NAME,NAME]` prints what a program does
// in its first seconds (3 unless given), and draws it as NAME.svg beside FILE.

import { basename, resolve } from "node:path";
import { parseArgs } from "node:util";
import { confirmed } from "./confirm.ts";
import { picture, SIGNATURE } from "./picture.ts";
import { textOf } from "./record.ts";

const USAGE = "Write deno task draw FILE [SECONDS] [--tasks=NAME,NAME]";

async function draw(args: string[]) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { tasks: { type: "string" } },
  });
  const [file, given = "3", ...others] = positionals;
  if (!file || others.length > 0) throw new Error(USAGE);
  const seconds = Number(given);
  if (!(seconds > 0 && seconds < Infinity)) {
    throw new Error(`"${given}" is no number of seconds above 0. ${USAGE}`);
  }
  // Where `deno task` was called; it changes to the project's folder.
  const path = resolve(Deno.env.get("INIT_CWD") ?? ".", file);
  await Deno.readTextFile(path); // It is an error if there is no such file.
  const target = path.replace(/(\.\w+)?$/, ".svg");
  const old = await Deno.readTextFile(target).catch(() => SIGNATURE);
  if (!old.includes(SIGNATURE)) {
    throw new Error(`${target} is kept, as
it is no picture that this command has drawn. Rename it, or the program.`);
  }

  const recording = await confirmed(path, seconds);
  const what = `${basename(path)}, 0 s to ${seconds} s`;
  const tasks = values.tasks?.split(/ *, */);
  const drawing = picture(what, recording, seconds, tasks);
  await Deno.writeTextFile(target, drawing);
  const output = new Blob([textOf(recording, seconds)]).stream();
  await output.pipeTo(Deno.stdout.writable);
  console.error(`Drawn: ${target}`);
}

await draw(Deno.args).catch(({ code, message }) => {
  console.error(code ? `${message}\n${USAGE}` : message);
  Deno.exit(1);
});
