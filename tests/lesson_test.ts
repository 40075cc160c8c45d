// What the lesson says of its scripts: what they do, and what they would do if a
// line was another.

import { assertEquals, assertRejects } from "@std/assert";
import { lessons, mainOf, read } from "./lessons.ts";
import { record, type Recording } from "./record.ts";

function lesson(name: string) {
  const found = lessons.find((lesson) => lesson.name === name);
  if (found) return found;
  throw new Error(
    `tests/lessons.ts has no lesson "${name}", which this test is about: ` +
      "put it back, or remove the test.",
  );
}

const textOf = (name: string) => read(lesson(name).script);

async function recordLesson(name: string, seconds: number) {
  return record(await mainOf(lesson(name)), seconds);
}

/** `coroutine` of async.ts, once it is sure that importing that is safe. */
async function importCoroutine() {
  await mainOf(lesson("async"));
  return (await import("../scripts/async.ts")).coroutine;
}

/** Replaces the first place of `from`, which has to be there. */
function replace(text: string, from: string, to: string) {
  assertEquals([from, text.includes(from)], [from, true]);
  return text.replace(from, () => to);
}

/** Records a script in which the first of each pair is replaced by the second. */
async function recordWith(
  name: string,
  seconds: number,
  ...changes: [string, string][]
) {
  let text = await textOf(name);
  for (const [from, to] of changes) text = replace(text, from, to);
  const { main } = await import(
    `data:text/typescript;charset=utf-8,${encodeURIComponent(text)}`
  );
  return record(main, seconds);
}

/** What was printed when, without the name of the thread. */
function printed({ lines }: Recording) {
  return lines.filter(({ text }) => text).map(({ text, seconds }) =>
    `${seconds} s ${
      text.replace(
        /^--This is (.*)!--(\w+)( <_MainThread\(MainThread, started 0\)>)?$/,
        "$1 $2",
      )
    }`
  );
}

/** Who slept from when to when, and whether that blocked the thread. */
function slept({ sleeps }: Recording) {
  return sleeps.map(({ from, to, after, blocking }) =>
    `${from} s to ${to} s ${after.match(/task \d/)}${blocking ? " blocks" : ""}`
  );
}

Deno.test("in yield.ts the first round takes no time, and then each sleep blocks the thread", async () => {
  const recording = await recordLesson("yield", 1);
  assertEquals(printed(recording), [
    "0 s task 1 before",
    "0 s The main thread!",
    "0 s task 2 before",
    "0 s task 1 after",
    "0.5 s task 1 before",
    "0.5 s The main thread!",
    "0.5 s task 2 after",
    "1 s task 2 before",
    "1 s task 1 after",
  ]);
  assertEquals(slept(recording), [
    "0 s to 0.5 s task 1 blocks",
    "0.5 s to 1 s task 2 blocks",
  ]);
});

Deno.test("in async.ts both tasks sleep at the same time, and never block the thread", async () => {
  const recording = await recordLesson("async", 2);
  assertEquals(printed(recording).slice(0, 6), [
    "0 s task 1 before",
    "0 s task 2 before",
    "1 s task 1 after",
    "1 s task 1 before",
    "1 s task 2 after",
    "1 s task 2 before",
  ]);
  assertEquals(slept(recording), [
    "0 s to 1 s task 1",
    "0 s to 1 s task 2",
    "1 s to 2 s task 1",
    "1 s to 2 s task 2",
  ]);
});

Deno.test("async.ts and async2.ts do the same at the same times", async () => {
  assertEquals(
    await recordLesson("async", 3),
    await recordLesson("async2", 3),
  );
});

Deno.test("two replacements turn all of async.ts below its header into async2.ts", async () => {
  const below = (text: string) => text.slice(text.indexOf("\nimport "));
  const replaced = below(await textOf("async"))
    // async2.ts has no need of coroutine, so it has none.
    .replace(
      /\/\*\*(?:(?!\*\/)[^])*\*\/\nexport function coroutine.*?^}\n\n/ms,
      "",
    )
    .replaceAll(/const (\w+) = coroutine\(function\* /g, "async function $1")
    .replaceAll(/^}\);$/gm, "}")
    .replaceAll("function*", "async function")
    .replaceAll(/\byield\*|\byield\b/g, "await");
  assertEquals(replaced, below(await textOf("async2")));
});

Deno.test("each script's header names the program of the tutorial that it mirrors", async () => {
  for (const name of ["yield", "async", "async2"]) {
    const [header] = (await textOf(name)).split("\n\n");
    assertEquals(header.match(/src\/.*?\.py/g), [`src/${name}.py`]);
  }
});

// What if a line was another?

Deno.test("without yield* or await a sleep keeps nobody waiting, and nothing says so", async () => {
  for (const [name, wait] of [["async", "yield*"], ["async2", "await"]]) {
    const recording = await recordWith(
      name,
      1,
      ["while (true)", "for (let turn = 0; turn < 2; turn++)"],
      [`${wait} sleep(1)`, "sleep(1)"],
    );
    assertEquals(printed(recording).slice(0, 5), [
      "0 s task 1 before",
      "0 s task 1 after",
      "0 s task 1 before",
      "0 s task 1 after",
      "0 s task 2 before",
    ]);
  }
});

Deno.test("yield for yield* in a task, and yield* for yield in sleep, are errors", async () => {
  await assertRejects(
    () => recordWith("async", 1, ["yield* sleep(1)", "yield sleep(1)"]),
    TypeError,
    "Yield a promise, or yield* a generator",
  );
  await assertRejects(
    () => recordWith("async", 1, ["yield new Promise", "yield* new Promise"]),
    TypeError,
    "is not iterable",
  );
});

// The sleep of yield.ts, for async2.ts.
const blockingSleep = `function block(seconds: number) {
  const number = new Int32Array(new SharedArrayBuffer(4));
  Atomics.wait(number, 0, 0, seconds * 1000);
}
if (import.meta.main) main();`;
const addBlock: [string, string] = [
  "if (import.meta.main) main();",
  blockingSleep,
];

Deno.test("a sleep that blocks stops async2.ts's other task, wherever it stands", async () => {
  const inTask1 = await recordWith("async2", 2, addBlock, [
    "await sleep(1)",
    "block(1)",
  ]);
  assertEquals(printed(inTask1), [
    "0 s task 1 before",
    "1 s task 1 after",
    "1 s task 1 before",
    "2 s task 1 after",
    "2 s task 1 before",
  ]);

  const inTask2 = await recordWith(
    "async2",
    2,
    addBlock,
    ["await sleep(1)", "await  sleep(1)"],
    ["await sleep(1)", "block(1)"],
  );
  assertEquals(printed(inTask2), [
    "0 s task 1 before",
    "0 s task 2 before",
    "1 s task 2 after",
    "1 s task 2 before",
    "2 s task 2 after",
    "2 s task 2 before",
  ]);
});

Deno.test("await before a sleep that blocks lets the tasks take turns, but no two sleeps overlap", async () => {
  const recording = await recordWith(
    "async2",
    2,
    addBlock,
    ["await sleep(1)", "await block(0.5)"],
    ["await sleep(1)", "await block(0.5)"],
  );
  assertEquals(printed(recording), [
    "0 s task 1 before",
    "0.5 s task 2 before",
    "1 s task 1 after",
    "1 s task 1 before",
    "1.5 s task 2 after",
    "1.5 s task 2 before",
    "2 s task 1 after",
    "2 s task 1 before",
  ]);
});

Deno.test("main fails as soon as one task does", async () => {
  await assertRejects(
    () =>
      recordWith("async2", 5, [
        "await sleep(1)",
        'await sleep(1); throw new RangeError("task 1 failed")',
      ]),
    RangeError,
    "task 1 failed",
  );
});

// Generators, coroutines and async functions in themselves.

Deno.test("a generator starts at the first next; yield hands a value out, and next hands one in", () => {
  const steps: unknown[] = [];
  const generator = (function* () {
    steps.push("started");
    steps.push(yield "out");
    return "returned";
  })();
  assertEquals(steps, []);
  assertEquals(generator.next(), { value: "out", done: false });
  assertEquals(steps, ["started"]);
  assertEquals(generator.next("in"), { value: "returned", done: true });
  assertEquals(steps, ["started", "in"]);
});

Deno.test("a coroutine and an async function start when they are called, and stop at the first wait", async () => {
  const coroutine = await importCoroutine();
  const steps: string[] = [];
  coroutine(function* () {
    steps.push("coroutine started");
    yield Promise.resolve();
    steps.push("coroutine resumed");
  })();
  (async () => {
    steps.push("async function started");
    await Promise.resolve();
    steps.push("async function resumed");
  })();
  assertEquals(steps, ["coroutine started", "async function started"]);
});

Deno.test("await lets the others run, even if there is nothing to wait for", async () => {
  const steps: string[] = [];
  const task = async (name: string) => {
    for (const turn of [1, 2]) {
      steps.push(`${name}${turn}`);
      await undefined;
    }
  };
  await Promise.all([task("a"), task("b")]);
  assertEquals(steps, ["a1", "b1", "a2", "b2"]);
});

Deno.test("no timer goes off while a task goes on awaiting settled promises", async () => {
  let wentOff = false;
  const timer = new Promise<void>((resolve) =>
    setTimeout(() => {
      wentOff = true;
      resolve();
    })
  );
  // The timer is due after a millisecond.
  for (const end = performance.now() + 2; performance.now() < end;) await null;
  assertEquals(wentOff, false);
  await timer;
});

Deno.test("a coroutine gets the value of each promise that it yields, another coroutine's too", async () => {
  const coroutine = await importCoroutine();
  const task2 = coroutine(function* () {
    return yield Promise.resolve("a result");
  });
  const task1 = coroutine(function* () {
    const values: unknown[] = [yield task2()];
    for (const value of [0, "", null, undefined]) {
      values.push(yield Promise.resolve(value));
    }
    return values;
  });
  assertEquals(await task1(), ["a result", 0, "", null, undefined]);
});

Deno.test("a coroutine can catch the error of the promise that it yields, and go on", async () => {
  const coroutine = await importCoroutine();
  const errors = [new RangeError("an error"), "second", 0, "", null, undefined];
  const task = coroutine(function* () {
    const caught: unknown[] = [];
    for (const error of errors) {
      try {
        yield Promise.reject(error);
      } catch (error) {
        caught.push(error);
      }
    }
    return [...caught, yield Promise.resolve("a value")];
  });
  assertEquals(await task(), [...errors, "a value"]);
});

Deno.test("a coroutine is fulfilled with what its generator returns, and rejected with what it throws or doesn't catch", async () => {
  const coroutine = await importCoroutine();
  for (const value of [new RangeError("an error"), 0, "", null, undefined]) {
    for (let yields = 0; yields < 3; yields++) {
      const end = (way: "return" | "throw" | "yield") =>
        coroutine(function* () {
          for (let i = 0; i < yields; i++) yield Promise.resolve();
          if (way === "return") return value;
          if (way === "throw") throw value;
          yield Promise.reject(value);
        })();
      assertEquals(await end("return"), value);
      assertEquals(await end("throw").catch((error) => [error]), [value]);
      assertEquals(await end("yield").catch((error) => [error]), [value]);
    }
  }
});

Deno.test("a generator that yields anything but a promise gets an error, which it can catch", async () => {
  const coroutine = await importCoroutine();
  for (const value of [undefined, (function* () {})(), { then() {} }]) {
    const steps: unknown[] = [];
    const task = coroutine(function* () {
      try {
        yield value as never;
      } catch (error) {
        steps.push(`${error}`);
        return yield Promise.resolve("a value");
      } finally {
        steps.push("finally");
      }
    });
    assertEquals(await task(), "a value");
    assertEquals(steps, [
      "TypeError: Yield a promise, or yield* a generator",
      "finally",
    ]);
  }
});

Deno.test("each call of a coroutine function starts a coroutine of its own", async () => {
  const coroutine = await importCoroutine();
  let calls = 0;
  const task = coroutine(function* () {
    const call = ++calls;
    yield Promise.resolve();
    return call;
  });
  assertEquals(await Promise.all([task(), task()]), [1, 2]);
});

Deno.test("no promise of a coroutine waits for a later one, so that memory does not grow", async () => {
  const coroutine = await importCoroutine();
  const returned: unknown[] = [];
  class Watched extends Promise<unknown> {
    override then(
      ...[onFulfilled, onRejected]: Parameters<Promise<unknown>["then"]>
    ) {
      return super.then(
        (value) => void returned.push(onFulfilled?.(value)),
        onRejected,
      ) as never;
    }
  }
  await coroutine(function* () {
    yield Watched.resolve();
    yield Watched.resolve();
  })();
  assertEquals(returned, [undefined, undefined]);
});

Deno.test("a coroutine that waits for nothing goes on before any timer, and nearly as fast as an async function", async () => {
  const coroutine = await importCoroutine();
  const settled = Promise.resolve();
  const yieldOften = coroutine(function* () {
    for (let i = 0; i < 1_000; i++) yield settled;
  });
  const awaitOften = async () => {
    for (let i = 0; i < 1_000; i++) await settled;
  };
  let best = [Infinity, Infinity];
  for (let run = 0; run < 5; run++) {
    const times: number[] = [];
    for (const task of [yieldOften, awaitOften]) {
      const start = performance.now();
      await task();
      times.push(performance.now() - start);
    }
    best = best.map((time, i) => Math.min(time, times[i]));
  }
  // It takes about twice the time. The best of five runs is out of noise's reach.
  assertEquals(best[0] < 100 * best[1], true);
});
