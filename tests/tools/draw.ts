// `deno task draw` prints and draws what any program does, as tests/README.md tells.

import { basename } from "node:path";
import { parseArgs } from "node:util";
import { confirm, recordFile, sentenceOf } from "./confirm.ts";
import { picture, SIGNATURE } from "./picture.ts";
import { textOf } from "./record.ts";

const USAGE = `Write deno task draw FILE [SECONDS] [--tasks=NAME,NAME], where
SECONDS is a number, or two as in 2..4.`;

async function draw(args: string[]) {
  const options = { tasks: { type: "string" } } as const;
  const given = parseArgs({ args, allowPositionals: true, options });
  const [file, seconds = "3", ...others] = given.positionals;
  if (!file || others.length > 0) throw new Error(USAGE);
  const [to, from = 0, ...more] = seconds.split("..").map(Number).reverse();
  if (!(0 <= from && from < to && to < Infinity) || more.length > 0) {
    throw new Error(`"${seconds}" is no number of seconds above 0. ${USAGE}`);
  }
  // Where `deno task` was called; it changes to the project's folder.
  Deno.chdir(Deno.env.get("INIT_CWD") ?? ".");
  await Deno.readTextFile(file); // It is an error if there is no such file.
  const target = file.replace(/(\.\w+)?$/, ".svg");
  const old = await Deno.readTextFile(target).catch(() => SIGNATURE);
  if (!old.includes(SIGNATURE)) {
    throw new Error(`${target} is kept, as
it is no picture that this command has drawn. Rename it, or the program.`);
  }

  const recording = await recordFile(file, to);
  const tasks = given.values.tasks?.split(",").map((name) => name.trim());
  const drawing = picture(basename(file), recording, [from, to], tasks);
  console.error(`${file} runs for up to ${to} s, to be compared …`);
  await confirm(recording, [file], to);
  await Deno.writeTextFile(target, drawing);
  const shown = recording.filter(({ at }) => at >= from * 1000);
  await new Blob([textOf(shown, to)]).stream().pipeTo(Deno.stdout.writable);
  console.error(`Drawn: ${target}`);
}

await draw(Deno.args).catch((error) => {
  const usage = /^ERR_PARSE|^ENOENT/.test(error.code) ? `\n${USAGE}` : "";
  console.error(sentenceOf(error) + usage);
  Deno.exit(1);
});
