import { green, yellow } from "@std/fmt/colors";
import { GOLDEN_SECONDS, lessons } from "./lessons.ts";
import { record } from "./record.ts";
import { timeline } from "./timeline.ts";

const golden = new URL("../golden/", import.meta.url);
Deno.mkdirSync(golden, { recursive: true });

for (const { name, main, words } of lessons) {
  const recording = await record(main, GOLDEN_SECONDS);
  write(`${name}.txt`, recording.output);
  write(`${name}.svg`, timeline(name, recording, words));
}

function write(file: string, content: string) {
  const url = new URL(file, golden);
  if (read(url) === content) {
    console.log(`golden/${file} ${green("is up to date")}`);
  } else {
    Deno.writeTextFileSync(url, content);
    console.log(`golden/${file} ${yellow("written")}`);
  }
}

function read(url: URL) {
  try {
    return Deno.readTextFileSync(url);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
