// What the lesson says: what the scripts do, and what if a line was another.

import { assertEquals, assertRejects } from "@std/assert";
import { lessons, recorded } from "./lessons.ts";
import { linesOf, record, textOf } from "./tools/record.ts";
import whatIfs from "./what_ifs.txt" with { type: "text" };
import words from "./words.txt" with { type: "text" };

const script = async (name: string) =>
  (await lessons.find((each) => each.name === name)!.script()).default;

/** What a script with these changes prints: a line for each time. */
async function whatIf(changes: string, seconds: number) {
  const [name, ...pairs] = changes.split(/: | & /);
  const [block] = (await script("yield")).match(/^function sleep[^]*?^}/m)!;
  let text = await script(name) + block.replace("sleep", "block");
  for (const pair of pairs) {
    const [from, to] = pair.split(/ => ?/);
    assertEquals(text.includes(from), true, `${name}.ts has no ${from}`);
    text = text.replace(from, () => to);
  }
  const url = `data:text/typescript;charset=utf-8,${encodeURIComponent(text)}`;
  const recording = await record(() => import(url), seconds);
  const times = new Map<number, string[]>();
  for (const { text, at } of linesOf(recording)) {
    const said = text.replace("The main thread!", "main")
      .replace(/--This is task (.)!--(\w+)( <_Main.*)?/, "$1 $2");
    if (said) times.set(at, [...times.get(at) ?? [], said]);
  }
  return [...times].map(([at, all]) => `${at / 1000}: ${all.join(", ")}`);
}

// In what_ifs.txt: what is changed in which script, where it first stands; then what
// is printed, by whom and at which second, or how it fails. `block` is the sleep of
// yield.ts; after sleep(1.0), which is sleep(1), the same is changed in task 2.
for (const text of whatIfs.slice(2).trim().split("\n\n# ")) {
  const [changes, ...expected] = text.split("\n");
  const [, message] = expected[0].split("fails: ");
  const seconds = message ? 5 : parseFloat(expected.at(-1)!);
  Deno.test(`what if ${changes}`, async () => {
    const printed = whatIf(changes, seconds);
    if (message) await assertRejects(() => printed, Error, message);
    else assertEquals(await printed, expected);
  });
}

Deno.test("two replacements turn all of async.ts below its header into async2.ts", async () => {
  const below = (text: string) => text.slice(text.indexOf("\nimport "));
  const replaced = below(await script("async"))
    // async2.ts has no need of coroutine, so it has none.
    .replace(/\/\/ [^\n]*asyncio\.coroutine.*?^}\n\n/ms, "")
    .replaceAll(/const (\w+) = coroutine\(function\* /g, "async function $1")
    .replaceAll(/^}\);$/gm, "}")
    .replaceAll("function*", "async function")
    .replaceAll(/\byield\*|\byield\b/g, "await");
  assertEquals(replaced, below(await script("async2")));
});

// In words.txt; so none asks for a permission, or needs one runtime.
Deno.test("the scripts have no other words than these in their code, name their originals, and end with the line that starts them", async () => {
  for (const text of words.trim().split("\n\n")) {
    const [name, ...expected] = text.split(/:?\s+/);
    const all = await script(name);
    const used = all.replaceAll(/^\/\/.*|\/\/ .*$/gm, "").match(/[a-z_]\w*/gi)!;
    assertEquals([...new Set(used)].sort(), expected, name);
    const paths = [`src/${name}.py`, `scripts/${name}.ts`];
    assertEquals(all.match(/(src|scripts)\/[\w.]+\w/g), paths);
    assertEquals(all.split("\n\n").at(-1), "if (import.meta.main) main();\n");
  }
});

Deno.test("each script prints the same when main is called once more", async () => {
  for (const lesson of lessons.slice(0, 3)) {
    const once = await recorded(lesson);
    const onceMore = await record(lesson.module, 3);
    assertEquals(textOf(onceMore, 3), textOf(once, 3));
  }
});
