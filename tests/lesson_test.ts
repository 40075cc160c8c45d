// What the lesson says: what the scripts do, and what if a line was another.

import { assertEquals, assertRejects } from "@std/assert";
import { lessons } from "./lessons.ts";
import { linesOf, record, textOf } from "./tools/record.ts";
import whatIfs from "./what_ifs.txt" with { type: "text" };
import words from "./words.txt" with { type: "text" };

const lesson = (name: string) => lessons.find((each) => each.name === name)!;
const script = async (name: string) => (await lesson(name).script()).default;

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
  for (const { text, at } of linesOf(recording, seconds)) {
    const words = text.replace("The main thread!", "main")
      .replace(/--This is task (.)!--(\w+)( <_Main.*)?/, "$1 $2");
    if (words) times.set(at, [...times.get(at) ?? [], words]);
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

Deno.test("each script names its original, and ends with the line that starts it", async () => {
  for (const name of ["yield", "async", "async2"]) {
    const text = await script(name);
    assertEquals(text.match(/src\/.*?\.py/g), [`src/${name}.py`]);
    assertEquals(text.match(/deno run .*/g), [`deno run scripts/${name}.ts`]);
    assertEquals(text.split("\n\n").at(-1), "if (import.meta.main) main();\n");
  }
});

// In words.txt; so none asks for a permission, catches an error, or needs one runtime.
Deno.test("the scripts have no other words than these in their code", async () => {
  for (const text of words.trim().split("\n\n")) {
    const [name, ...expected] = text.split(/:?\s+/);
    const code = (await script(name)).replaceAll(/^\/\/.*|\/\/ .*$/gm, "");
    const used = new Set(code.match(/[a-z_]\w*/gi)!);
    assertEquals([...used].sort(), expected, name);
  }
});

Deno.test("each script prints the same when main is called once more", async () => {
  for (const lesson of lessons.slice(0, 3)) {
    const { default: golden } = await lesson.output();
    for (const _ of ["once", "once more"]) {
      assertEquals(textOf(await record(lesson.module, 3), 3), golden);
    }
  }
});

Deno.test("a coroutine passes on each value and error: of the promises that it yields, and its own", async () => {
  const { coroutine } = await import("../scripts/async.ts");
  for (const value of [new RangeError("an error"), 0, "", null, undefined]) {
    const got: unknown[] = [];
    const task = coroutine(function* () {
      got.push(yield Promise.resolve(value));
      for (let i = 0; i < 2; i++) {
        try {
          yield Promise.reject(value);
        } catch (error) {
          got.push(error);
        }
      }
      return Promise.resolve(value);
    });
    const fails = coroutine(function* () {
      yield Promise.reject(value);
    });
    got.push(await task(), await fails().catch((error) => [error]));
    assertEquals(got, [value, value, value, value, [value]]);
  }
});

Deno.test("a coroutine returns a plain value, too, each time that it is called", async () => {
  const { coroutine } = await import("../scripts/async.ts");
  const task = coroutine(function* () {
    return [yield Promise.resolve(1)];
  });
  assertEquals([await task(), await task()], [[1], [1]]);
});

Deno.test("a coroutine that yields no promise gets an error, which it can catch", async () => {
  const { coroutine } = await import("../scripts/async.ts");
  for (const value of [undefined, (function* () {})(), { then() {} }]) {
    const task = coroutine(function* () {
      try {
        yield value;
      } catch (error) {
        return [error instanceof TypeError, yield Promise.resolve("goes on")];
      }
    });
    assertEquals(await task(), [true, "goes on"]);
  }
});
