// What a reader of the two pages copies is so.

import { assertEquals } from "@std/assert";
import config from "../deno.json" with { type: "json" };
import handout from "../README.md" with { type: "text" };
import { lessons, recorded } from "./lessons.ts";
import more from "./README.md" with { type: "text" };
import { textOf } from "./tools/record.ts";

Deno.test("README.md lists whole parts of the scripts that a section names, and what they print up to a pause", async () => {
  const listings: string[] = [];
  for (const section of handout.split(/^## /m)) {
    const titles = new Map<string, string>();
    for (const lesson of lessons) {
      if (!section.includes(`scripts/${lesson.name}.ts`)) continue;
      const recording = await recorded(lesson);
      for (const at of [0, 1]) {
        titles.set(textOf(recording, at), `${lesson.name}: ${at} s`);
      }
      const { default: script } = await lesson.script();
      const parts = script.replaceAll(/^\/\/.*\n/gm, "").split(/\n(?=\n\S)/);
      for (const part of parts) {
        const title = part.match(/\w+(?= = |\()/)?.[0];
        titles.set(part.slice(1) + "\n", `${lesson.name}: ${title}`);
      }
    }
    for (const [, text] of section.matchAll(/^```[^]+?\n([^]*?)^```$/gm)) {
      listings.push(titles.get(text) ?? text);
    }
  }
  assertEquals(listings, [
    "npx -y deno run scripts/yield.ts\n",
    "yield: 0 s",
    "yield: task1",
    "yield: main",
    "async: task1",
    "async: sleep",
    "async: main",
    "async: 1 s",
    "async: coroutine",
  ]);
});

Deno.test("README.md shows lines of async.ts beside what replaces them in async2.ts", async () => {
  const [before, after] = await Promise.all(
    ["async", "async2"].map((name) =>
      lessons.find((lesson) => lesson.name === name)!.script()
    ),
  );
  const [table] = handout.match(/^\| `async\.ts`[^]*?\n\n/m)!;
  const rows = [...table.matchAll(/^\| `(.*)` +\| `(.*)` +\|$/gm)].slice(1);
  for (const [, old, replaced] of rows) {
    assertEquals(before.default.includes(old), true, old);
    assertEquals(after.default.includes(replaced), true, replaced);
  }
  assertEquals(rows.length, 5);
});

Deno.test("each command and each link of the pages leads somewhere", () => {
  const pages = handout + more;
  const packages = Object.keys(config.imports).join(" ");
  const known = ["deno test", "deno lint", "deno fmt deno.json"];
  known.push("deno jupyter --install");
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
