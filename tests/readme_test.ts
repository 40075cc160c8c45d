// What a reader of the two pages copies is so.

import { assertEquals } from "@std/assert";
import config from "../deno.json" with { type: "json" };
import handout from "../README.md" with { type: "text" };
import { lessons, recorded } from "./lessons.ts";
import more from "./README.md" with { type: "text" };
import { textOf } from "./tools/record.ts";

Deno.test("README.md lists whole parts of the scripts, and what each prints up to a pause", async () => {
  const listings: string[] = [];
  for (const section of handout.split(/^## /m)) {
    const name = section.match(/scripts\/(\w+)\.ts/)?.[1];
    const lesson = lessons.find((lesson) => lesson.name === name);
    if (!lesson) continue;
    const recording = await recorded(lesson);
    const titles = new Map<string, string>();
    for (const at of [0, 1]) titles.set(textOf(recording, at), `${at} s`);
    const { default: script } = await lesson.script();
    const parts = script.replaceAll(/^\/\/.*\n/gm, "").split(/\n(?=\n\S)/);
    for (const part of parts) {
      titles.set(part.slice(1) + "\n", part.match(/\w+(?= = |\()/)?.[0] ?? "");
    }
    for (const [, text] of section.matchAll(/^```[^]+?\n([^]*?)^```$/gm)) {
      listings.push(`${name}: ${titles.get(text)}`);
    }
  }
  assertEquals(listings, [
    "yield: undefined", // the command that starts it
    "yield: 0 s",
    "yield: task1",
    "yield: main",
    "async: task1",
    "async: sleep",
    "async: coroutine",
    "async: main",
    "async: 1 s",
    "async2: task1",
  ]);
});

Deno.test("each command and each link of the pages leads somewhere", () => {
  const pages = handout + more;
  const packages = Object.keys(config.imports).join(" ");
  const known = ["deno test", "deno lint", "deno fmt deno.json"];
  known.push(`deno unlink ${packages}`);
  known.push(`deno link ${packages.replaceAll("@std", "tests/offline")}`);
  for (const name in config.tasks) known.push(`deno task ${name}`);
  const paths = ["tests/README.md", "../README.md"];
  for (const { name } of lessons) {
    known.push(`deno run scripts/${name}.ts`);
    paths.push(`scripts/${name}.ts`, `golden/${name}.svg`);
  }
  const command = /(?<=^|`|-y )deno [a-z].*?(?=`|$| FILE| lesson)/gm;
  const commands = pages.match(command);
  assertEquals(commands?.filter((each) => !known.includes(each)), []);
  const links = pages.match(/(?<=\]\()(?!https:).*?(?=\))/g);
  assertEquals(links?.filter((link) => !paths.includes(link)), []);
});
