// What the lesson says: what the scripts do, and what if a line was another.

import { assertEquals, assertRejects } from "@std/assert";
import { lessons } from "./lessons.ts";
import { linesOf, record } from "./tools/record.ts";

const lesson = (name: string) => lessons.find((each) => each.name === name)!;
const script = async (name: string) => (await lesson(name).script()).default;

// What is changed in which script, where it first stands; then what is printed, by
// whom and at which second, or how it fails. `block` is the sleep of yield.ts, and
// sleep(1.0) is sleep(1): after it, what stands in both tasks is changed in task 2.
const WHAT_IFS = `
yield: sleep(0.5) => sleep(1)
0: 1 before, main, 2 before, 1 after
1: 1 before, main, 2 after
1.5: 2 before, 1 after

yield: yield; =>
0: 1 before, 1 after
0.5: 1 before, 1 after

async: sleep(1) => sleep(2)
0: 1 before, 2 before
1: 2 after, 2 before
2: 1 after, 1 before, 2 after, 2 before

async2: await sleep(1) => block(1)
0: 1 before
1: 1 after, 1 before
2: 1 after, 1 before

async2: await sleep(1) => await sleep(1.0) & await sleep(1) => block(1)
0: 1 before, 2 before
1: 2 after, 2 before
2: 2 after, 2 before

async2: await sleep(1) => await block(0.5) & await sleep(1) => await block(0.5)
0: 1 before
0.5: 2 before
1: 1 after, 1 before
1.5: 2 after, 2 before

async2: await sleep(1) => await block(0.5)
0: 1 before
0.5: 2 before, 1 after, 1 before
1: 1 after, 1 before
1.5: 1 after, 1 before

async: isMainThread ? => false ?
0: 1 before <Thread(Thread, started 0)>, 2 before <Thread(Thread, started 0)>

async: yield* sleep => yield sleep
fails: Yield a promise, or yield* a generator

async: yield new => yield* new
fails: is not iterable

async2: await sleep(1) => sleep(1)
fails: It does more at one time

async2: sleep(1); => sleep(1); throw new Error("a mistake");
fails: a mistake

async: Promise.all(tasks) => tasks & sleep(1); => sleep(1); throw new Error("a mistake");
fails: a mistake
`;

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

for (const text of WHAT_IFS.trim().split("\n\n")) {
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

Deno.test("each script names its original, ends with the line that starts it, and is of no one runtime", async () => {
  for (const name of ["yield", "async", "async2"]) {
    const text = await script(name);
    assertEquals(text.match(/src\/.*?\.py/g), [`src/${name}.py`]);
    assertEquals(text.match(/deno run .*/g), [`deno run scripts/${name}.ts`]);
    assertEquals(text.split("\n\n").at(-1), "if (import.meta.main) main();\n");
    assertEquals(text.match(/\b(Deno|Bun|process)\.|from "(?!node:).*/g), null);
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
