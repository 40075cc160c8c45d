// What a reader of the two pages copies is so.

import { assertEquals } from "@std/assert";
import config from "../deno.json" with { type: "json" };
import handout from "../README.md" with { type: "text" };
import { lessons, recorded } from "./lessons.ts";
import more from "./README.md" with { type: "text" };
import { textOf } from "./tools/record.ts";

Deno.test("README.md lists whole parts of the scripts that a section names, and what they print up to a pause", async () => {
  const others: string[] = [];
  for (const section of handout.split(/^## /m)) {
    const known = new Set<string>();
    for (const lesson of lessons) {
      if (!section.includes(`scripts/${lesson.name}.ts`)) continue;
      const { default: script } = await lesson.script();
      const parts = script.replaceAll(/^\/\/.*\n/gm, "").split(/\n(?=\n\S)/);
      for (const part of parts) known.add(`${part}\n`);
      const recording = await recorded(lesson);
      for (const at of [0, 1]) known.add(`\n${textOf(recording, at)}`);
    }
    for (const [, text] of section.matchAll(/^```\w+(\n[^]*?)^```$/gm)) {
      if (!known.has(text)) others.push(text);
    }
  }
  assertEquals(others, ["\nnpx -y deno run scripts/yield.ts\n"]);
});

Deno.test("README.md shows lines of async.ts beside what replaces them in async2.ts", async () => {
  const [table] = handout.match(/^\| `async\.ts`[^]*?\n\n/m)!;
  const cells = table.match(/(?<=\| `).*?(?=` +\|)/g)!.slice(2);
  assertEquals(cells.length, 10);
  for (const side of [0, 1]) {
    const column = cells.filter((_, i) => i % 2 === side).map(RegExp.escape);
    const { default: script } = await lessons[1 + side].script();
    const inOrder = new RegExp(column.join("[^]*")).test(script);
    assertEquals(inOrder, true, column.join("\n"));
  }
});

Deno.test("README.md tells a resumption as it is recorded, call by call", async () => {
  const [table] = handout.match(/^\| stack of calls[^]*?\n\n/m)!;
  const rows = table.match(/(?<=^\| ).*→.*?(?= +\|)/gm)!;
  assertEquals(rows.length, 5);
  const names: string[] = []; // of the calls
  let tasks = 0;
  for (const event of await recorded(lessons[1])) {
    const { does, running } = event;
    if (does === "called") {
      const { kind } = event.call!;
      const inTask = running.some((one) => /^task/.test(names[Number(one)]));
      const generator = () => inTask ? "`sleep`" : `task ${++tasks}`;
      // Of the callbacks of a promise, it is resume that is called.
      const callback = kind === "callback" ? "`resume`" : "";
      names[event.id] = kind === "generator" ? generator() : callback;
    }
    const left = does === "suspended" || does === "ended";
    for (const now of left ? [running, running.slice(0, -1)] : [running]) {
      const stack = now.map((one) => names[Number(one)] ?? `\`${one}\``)
        .filter((name) => name && !/:\d+`$/.test(name));
      if (stack[0] !== "`main`") stack.unshift("event loop");
      if (stack.join(" → ") === rows[0]) rows.shift();
    }
  }
  const message = "These do not come after what is above them.";
  assertEquals(rows.join("\n"), "", message);
});

Deno.test("each command and each link of the pages leads somewhere", () => {
  const pages = handout + more;
  const packages = Object.keys(config.imports).join(" ");
  const known = ["deno test", "deno fmt deno.json", "deno jupyter --install"];
  const folders = packages.replaceAll("@std", "tests/offline");
  known.push(`deno unlink ${packages}`, `deno link ${folders}`);
  for (const name in config.tasks) known.push(`deno task ${name}`);
  const paths = ["tests/README.md", "../README.md"];
  for (const { name } of lessons) {
    const path = `scripts/${name}.ts`;
    known.push(`deno run ${path}`, `node ${path}`, `bun ${path}`);
    paths.push(path, `golden/${name}.svg`);
  }
  const command = /(?<=^|`|-y )(deno|node|bun) [a-z].*?(?=`|$| FILE| lesson)/gm;
  const commands = pages.match(command);
  assertEquals(commands?.filter((each) => !known.includes(each)), []);
  const options = new Set(pages.match(/(?<=[ `])--[a-z]+/g));
  assertEquals([...options].sort(), ["--install", "--offline", "--tasks"]);
  for (const section of handout.split(/^## (?=\d)/m).slice(1)) {
    const [link] = section.match(/(?<=\(scripts\/)\w+/)!;
    const pictures = section.match(/(?<=!.*golden\/)\w+/g) ?? [link];
    assertEquals(pictures, [link], "The picture is of another script.");
  }
  for (const [, text, link] of pages.matchAll(/\[(\w+\/.*?)\]\((.*?)\)/g)) {
    assertEquals(text, link, "The link is to another file.");
  }
  const links = pages.match(/(?<=\]\()(?!https:).*?(?=\))/g);
  assertEquals(links?.filter((link) => !paths.includes(link)), []);
});
