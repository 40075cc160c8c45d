import { assertEquals, assertRejects } from "@std/assert";
import { coroutine } from "../scripts/async.ts";
import { lessons } from "./lessons.ts";
import { record } from "./record.ts";

const [generators, generatorCoroutines, asyncAwait] = lessons;

Deno.test("in yield.ts the tasks block the thread in turn, half a second each", async () => {
  const { blocked, lines } = await record(generators.main, 3);
  assertEquals(blocked, [
    { from: 0, to: 0.5, after: "--This is task 1!--after" },
    { from: 0.5, to: 1, after: "--This is task 2!--after" },
    { from: 1, to: 1.5, after: "--This is task 1!--after" },
    { from: 1.5, to: 2, after: "--This is task 2!--after" },
    { from: 2, to: 2.5, after: "--This is task 1!--after" },
    { from: 2.5, to: 3, after: "--This is task 2!--after" },
  ]);
  assertEquals(linesPerTime(lines), {
    "0": 6,
    "0.5": 5,
    "1": 2,
    "1.5": 5,
    "2": 2,
    "2.5": 5,
    "3": 2,
  });
});

Deno.test("in async.ts both tasks wait for the same second and never block the thread", async () => {
  const { blocked, lines } = await record(generatorCoroutines.main, 3);
  assertEquals(blocked, []);
  assertEquals(linesPerTime(lines), { "0": 2, "1": 4, "2": 4, "3": 4 });
});

function linesPerTime(lines: { seconds: number }[]) {
  const groups = Map.groupBy(lines, ({ seconds }) => `${seconds}`);
  return Object.fromEntries(
    groups.entries().map(([seconds, { length }]) => [seconds, length]),
  );
}

Deno.test("async.ts and async2.ts print the same lines at the same times", async () => {
  assertEquals(
    await record(generatorCoroutines.main, 3),
    await record(asyncAwait.main, 3),
  );
});

Deno.test("two replacements turn the tasks of async.ts into those of async2.ts", async () => {
  const before = tasks((await generatorCoroutines.script()).default);
  const after = tasks((await asyncAwait.script()).default);
  assertEquals(after.length, 2);
  assertEquals(
    before.map((task) =>
      task
        .replace(/^const (\w+) = coroutine\(function\* /, "async function $1")
        .replace(/\);$/, "")
        .replace("yield*", "await")
    ),
    after,
  );
});

/** The definitions of the tasks in a script, from the name to the last brace. */
function tasks(script: string) {
  return script.match(/^(const|async function) task\d.*?^}(\);)?$/gms) ?? [];
}

Deno.test("each script stands alone: it imports only what the runtime has built in", async () => {
  const imports: string[] = [];
  for (const { script } of lessons) {
    const { default: source } = await script();
    const names = source.matchAll(/\b(?:from|import)\b[\s(]*["'](.*?)["']/g);
    imports.push(...names.map(([, name]) => name));
  }
  assertEquals(imports.filter((name) => !name.startsWith("node:")), []);
});

Deno.test("currentThread says what the runtime says", async () => {
  for (const { script } of [generatorCoroutines, asyncAwait]) {
    const { default: source } = await script();
    const [definition] = source.match(/^function currentThread.*?^}/ms) ?? [];
    const currentThread = new Function(
      "isMainThread",
      "threadId",
      `${definition} return currentThread();`,
    );
    const main = "<_MainThread(MainThread, started 0)>";
    assertEquals(currentThread(true, 0), main);
    assertEquals(currentThread(false, 7), "<Thread(Thread-7, started 7)>");
  }
});

Deno.test("a coroutine starts when it is called and stops at its first yield", () => {
  const steps: string[] = [];
  coroutine(function* () {
    steps.push("started");
    yield Promise.resolve();
    steps.push("resumed");
  })();
  assertEquals(steps, ["started"]);
});

Deno.test("a coroutine gets the value of the promise that it yields", async () => {
  const task = coroutine(function* () {
    const values: unknown[] = [];
    values.push(yield Promise.resolve("first"));
    values.push(yield Promise.resolve("second"));
    return values;
  });
  assertEquals(await task(), ["first", "second"]);
});

Deno.test("a coroutine can catch the error of the promise that it yields, and go on", async () => {
  const task = coroutine(function* () {
    try {
      yield Promise.reject("an error");
    } catch (error) {
      return [error, yield Promise.resolve("a value")];
    }
  });
  assertEquals(await task(), ["an error", "a value"]);
});

Deno.test("a coroutine is rejected with what its generator throws", async () => {
  const failAfter = (yields: number) =>
    coroutine(function* () {
      for (let i = 0; i < yields; i++) yield Promise.resolve();
      throw new RangeError(`after ${yields} yields`);
    });
  await assertRejects(failAfter(0), RangeError, "after 0 yields");
  await assertRejects(failAfter(2), RangeError, "after 2 yields");
});

Deno.test("a coroutine is rejected if the generator yields anything but a promise", async () => {
  // The mistake it is for: `yield sleep(1)` where `yield* sleep(1)` is meant.
  const task = coroutine(function* () {
    yield (function* () {})() as never;
  });
  await assertRejects(task, TypeError);
});

Deno.test("each call of a coroutine runs a generator of its own", async () => {
  let calls = 0;
  const task = coroutine(function* () {
    const call = ++calls;
    yield Promise.resolve();
    return call;
  });
  assertEquals(await Promise.all([task(), task()]), [1, 2]);
});
