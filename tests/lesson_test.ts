// What the lesson says: what the scripts do, and what if a line was another.

import { assertEquals, assertRejects } from "@std/assert";
import { lessons, recorded } from "./lessons.ts";
import { linesOf, record } from "./record.ts";

const ORIGINALS = ["yield", "async", "async2"];
const lesson = (name: string) => lessons.find((each) => each.name === name)!;
const script = async (name: string) => (await lesson(name).script()).default;

/** `coroutine`, once it is sure that async.ts does nothing when it is imported. */
async function importCoroutine() {
  await recorded(lesson("async"));
  return (await import("../scripts/async.ts")).coroutine;
}

/**
 * What a script prints when, a line for each time, if in its text the first of each
 * pair was the second. Only the first place where it stands is changed.
 */
async function printed(name: string, seconds: number, pairs: string[][] = []) {
  let text = await script(name);
  for (const [from, to] of pairs) {
    assertEquals(text.includes(from), true, `${name}.ts has no ${from}`);
    text = text.replace(from, () => to);
  }
  const url = `data:text/typescript;charset=utf-8,${encodeURIComponent(text)}`;
  const recording = await record(() => import(url), seconds);
  const times: Record<string, string> = {};
  for (const { text, at } of linesOf(recording, seconds)) {
    const time = `${at / 1000} s:`;
    times[time] = `${times[time] ?? time} ${
      text.replace("The main thread!", "main")
        .replace(/--This is task (.)!--(\w+)( <_MainThread.*)?/, "$1 $2")
    }`.trimEnd();
  }
  return Object.values(times).join("\n");
}

/** Says in a sentence what is printed. */
function test(
  sentence: string,
  name: string,
  seconds: number,
  pairs: string[][],
  expected: string,
) {
  Deno.test(sentence, async () => {
    assertEquals(await printed(name, seconds, pairs), expected);
  });
}

// The sleep of yield.ts, under another name.
const ADD_BLOCK = [
  "\nif (import",
  `
function block(seconds: number) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, seconds * 1000);
}

if (import`,
];

test(
  "in yield.ts the first round takes no time, and then each sleep blocks the thread",
  "yield",
  1,
  [],
  `0 s: 1 before main 2 before 1 after
0.5 s: 1 before main 2 after
1 s: 2 before 1 after`,
);

test(
  "in async.ts both tasks sleep at the same time",
  "async",
  2,
  [],
  `0 s: 1 before 2 before
1 s: 1 after 1 before 2 after 2 before
2 s: 1 after 1 before 2 after 2 before`,
);

Deno.test("each script does the same in each of 100 cycles", async () => {
  for (const name of ORIGINALS) {
    const recording = await record(lesson(name).module, 100);
    // A cycle's last moment belongs to it, its first to the one before.
    const cycles: string[] = Array(101).fill("");
    for (const { text, at } of linesOf(recording, 100)) {
      cycles[Math.ceil(at / 1000)] += `${at % 1000} ${text}\n`;
    }
    assertEquals(
      cycles.findIndex((cycle, i) => i > 1 && cycle !== cycles[1]),
      -1,
    );
  }
});

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

test(
  "on another thread async.ts names that",
  "async",
  0,
  [["import { isMainThread, threadId } from", "const { threadId } ="], [
    '"node:worker_threads"',
    "{ threadId: 7 }, isMainThread = false",
  ]],
  `0 s: 1 before <Thread(Thread, started 7)> 2 before <Thread(Thread, started 7)>`,
);

Deno.test("each script names its original, ends with the line that starts it, and is of no one runtime", async () => {
  for (const name of ORIGINALS) {
    const text = await script(name);
    assertEquals(text.match(/src\/.*?\.py/g), [`src/${name}.py`]);
    assertEquals(text.match(/deno run .*/g), [`deno run scripts/${name}.ts`]);
    assertEquals(text.split("\n\n").at(-1), "if (import.meta.main) main();\n");
    assertEquals(text.match(/\b(Deno|Bun|process)\.|from "(?!node:).*/g), null);
  }
});

// The exercises of README.md, in its order.

test(
  "if task 1 of yield.ts sleeps for 1 s, a cycle takes 1.5 s",
  "yield",
  1.5,
  [["sleep(0.5)", "sleep(1)"]],
  `0 s: 1 before main 2 before 1 after
1 s: 1 before main 2 after
1.5 s: 2 before 1 after`,
);

test(
  "without its yield, task 1 of yield.ts never gives control back",
  "yield",
  1,
  [["    yield;\n", ""]],
  `0 s: 1 before 1 after
0.5 s: 1 before 1 after
1 s: 1 before 1 after`,
);

test(
  "if task 1 of async.ts sleeps for 2 s, it is first at 2 s, as its sleep began first",
  "async",
  2,
  [["sleep(1)", "sleep(2)"]],
  `0 s: 1 before 2 before
1 s: 2 after 2 before
2 s: 1 after 1 before 2 after 2 before`,
);

Deno.test("yield for yield* in a task, and yield* for yield in sleep, end async.ts with an error", async () => {
  const advice = "Yield a promise, or yield* a generator";
  for (
    const [from, to, message] of [
      ["yield* sleep(1)", "yield sleep(1)", advice],
      ["yield new Promise", "yield* new Promise", "is not iterable"],
    ]
  ) {
    const run = () => printed("async", 1, [[from, to]]);
    await assertRejects(run, TypeError, message);
  }
});

Deno.test("without yield* or await, a sleep keeps nobody waiting", async () => {
  for (const [name, wait] of [["async", "yield* "], ["async2", "await "]]) {
    const run = () => printed(name, 1, [[`${wait}sleep(1)`, "sleep(1)"]]);
    await assertRejects(run, Error, "times up to 0 s");
  }
});

test(
  "a sleep that blocks in task 1 of async2.ts lets nobody else run",
  "async2",
  1,
  [ADD_BLOCK, ["await sleep(1)", "block(1)"]],
  `0 s: 1 before
1 s: 1 after 1 before`,
);

test(
  "a sleep that blocks in task 2 of async2.ts lets nobody else run once it begins",
  "async2",
  2,
  [ADD_BLOCK, [
    "2!--before ${currentThread()}`);\n    await sleep(1)",
    "2!--before`);\n    block(1)",
  ]],
  `0 s: 1 before 2 before
1 s: 2 after 2 before
2 s: 2 after 2 before`,
);

const AWAIT_BLOCK = ["await sleep(1)", "await block(0.5)"];

test(
  "await before a sleep that blocks lets both tasks of async2.ts take turns",
  "async2",
  1.5,
  [ADD_BLOCK, AWAIT_BLOCK, AWAIT_BLOCK],
  `0 s: 1 before
0.5 s: 2 before
1 s: 1 after 1 before
1.5 s: 2 after 2 before`,
);

test(
  "await before a sleep that blocks lets no timer go off",
  "async2",
  1.5,
  [ADD_BLOCK, AWAIT_BLOCK],
  `0 s: 1 before
0.5 s: 2 before 1 after 1 before
1 s: 1 after 1 before
1.5 s: 1 after 1 before`,
);

Deno.test("if one task fails, async.ts and async2.ts end with its error", async () => {
  for (const [name, wait] of [["async", "yield* "], ["async2", "await "]]) {
    const fails = `${wait}sleep(1);\n    throw new RangeError("a mistake")`;
    const run = () => printed(name, 5, [[`${wait}sleep(1)`, fails]]);
    await assertRejects(run, RangeError, "a mistake");
  }
});

// What `coroutine` promises.

Deno.test("a coroutine gets the value or the error of each promise that it yields", async () => {
  const coroutine = await importCoroutine();
  const values = [
    new RangeError("an error"),
    coroutine,
    0,
    "",
    null,
    undefined,
  ];
  const task = coroutine(function* () {
    const got: unknown[] = [];
    for (const value of values) {
      got.push(yield Promise.resolve(value));
      try {
        yield Promise.reject(value);
      } catch (error) {
        got.push(error);
      }
    }
    return got;
  });
  assertEquals(await task(), values.flatMap((value) => [value, value]));
});

Deno.test("a coroutine is fulfilled with what it returns, and rejected with what it throws or does not catch", async () => {
  const coroutine = await importCoroutine();
  for (const value of [new RangeError("an error"), 0, "", null, undefined]) {
    for (let yields = 0; yields < 3; yields++) {
      const end = (way: "return" | "throw" | "yield") =>
        coroutine(function* () {
          for (let i = 0; i < yields; i++) yield Promise.resolve();
          if (way === "throw") throw value;
          if (way === "yield") yield Promise.reject(value);
          return Promise.resolve(value);
        })();
      assertEquals(await end("return"), value);
      assertEquals(await end("throw").catch((error) => [error]), [value]);
      assertEquals(await end("yield").catch((error) => [error]), [value]);
    }
  }
});

Deno.test("a coroutine that yields no promise gets an error, which it can catch", async () => {
  const coroutine = await importCoroutine();
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

Deno.test("a coroutine that fails does not do so in silence, though nobody waits for it", async () => {
  const coroutine = await importCoroutine();
  const task = coroutine(function* () {
    yield Promise.reject(new RangeError("nobody waits"));
  });
  const load = () => Promise.resolve({ main: () => void task() });
  await assertRejects(() => record(load, 1), RangeError, "nobody waits");
});
