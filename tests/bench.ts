// `deno task bench` measures what README.md compares: a switch there and back, in
// times of a generator's, and the memory that one of each takes.

import { coroutine } from "../scripts/async.ts";

const COUNT = 100_000;
const settled = Promise.resolve();
const never = new Promise<void>(() => {});
const kept: unknown[] = [];

/** The best of many rounds, since noise only adds: milliseconds for a switch. */
async function time(switches: number, run: () => unknown) {
  let best = Infinity;
  for (let round = 0; round < 200; round++) {
    const begun = performance.now();
    await run();
    best = Math.min(best, performance.now() - begun);
  }
  return best / switches;
}

type Memory = "heapUsed" | "rss";
/** How many bytes each of so many takes. */
async function weigh(count: number, memory: Memory, make: () => unknown) {
  const { gc } = globalThis as unknown as { gc: () => void };
  gc();
  const before = Deno.memoryUsage()[memory];
  for (let i = 0; i < count; i++) kept.push(await make());
  gc();
  return (Deno.memoryUsage()[memory] - before) / count;
}

function* task(): Generator {
  while (true) yield;
}
const yieldTo = (promise: Promise<void>) =>
  coroutine(function* () {
    for (let i = 0; i < COUNT; i++) yield promise;
  });
async function awaitTo(promise: Promise<void>) {
  for (let i = 0; i < COUNT; i++) await promise;
}
const waiting = yieldTo(never);
const generator = task();

/** Starts a thread, which waits for its turn and gives it back. */
async function thread() {
  const turn = new Int32Array(new SharedArrayBuffer(4));
  const code = `onmessage = ({ data }) => {
    for (postMessage(0);; Atomics.notify(data, 0)) {
      Atomics.wait(data, 0, 0);
      Atomics.store(data, 0, 0);
    }
  };`;
  const url = `data:text/javascript,${encodeURIComponent(code)}`;
  const worker = new Worker(url, { type: "module" });
  worker.postMessage(turn);
  await new Promise((resolve) => worker.onmessage = resolve);
  return turn;
}
const turn = await thread();

const switches = {
  generator: await time(COUNT, () => {
    for (let i = 0; i < COUNT; i++) generator.next();
  }),
  "async function": await time(COUNT, () => awaitTo(settled)),
  coroutine: await time(COUNT, yieldTo(settled)),
  thread: await time(300, () => {
    for (let i = 0; i < 300; i++) {
      Atomics.store(turn, 0, 1);
      Atomics.notify(turn, 0);
      Atomics.wait(turn, 0, 1);
    }
  }),
};
const bytes = {
  generator: await weigh(COUNT, "heapUsed", task),
  "async function": await weigh(COUNT, "heapUsed", () => void awaitTo(never)),
  coroutine: await weigh(COUNT, "heapUsed", () => void waiting()),
  thread: await weigh(16, "rss", thread),
};
const round = (figure: number) => Number(figure.toPrecision(2));
console.table(Object.fromEntries(
  Object.entries(switches).map(([name, ms]) => [name, {
    "a switch, × a generator's": round(ms / switches.generator),
    bytes: round(bytes[name as keyof typeof bytes]),
  }]),
));
Deno.exit();
