// `deno task bench` measures what README.md compares: a switch there and back, in
// times of a generator's, and the memory that one of each takes.

import { coroutine } from "../scripts/async.ts";

const settled = Promise.resolve();
const MANY = 100_000;
const kept: unknown[] = [];

/** The best of many rounds, since noise only adds: nanoseconds for a switch. */
async function time(switches: number, run: () => unknown) {
  let best = Infinity;
  for (let round = 0; round < 200; round++) {
    const begun = performance.now();
    await run();
    best = Math.min(best, performance.now() - begun);
  }
  return best / switches * 1e6;
}

/** How many bytes each of so many takes. */
async function weigh(
  count: number,
  memory: "heapUsed" | "rss",
  make: () => unknown,
) {
  const { gc } = globalThis as unknown as { gc: () => void };
  gc();
  const before = Deno.memoryUsage()[memory];
  for (let i = 0; i < count; i++) kept.push(make());
  await Promise.all(kept.slice(-16));
  gc();
  return (Deno.memoryUsage()[memory] - before) / count;
}

function* task(): Generator {
  while (true) yield;
}

function suspended() {
  const generator = task();
  generator.next();
  return generator;
}

/** Starts a thread that hands the turn back whenever it gets it. */
async function thread() {
  const turn = new Int32Array(new SharedArrayBuffer(4));
  const code = `onmessage = ({ data: turn }) => {
    for (postMessage("ready");;) {
      Atomics.wait(turn, 0, 0);
      Atomics.store(turn, 0, 0);
      Atomics.notify(turn, 0);
    }
  };`;
  const url = `data:text/javascript,${encodeURIComponent(code)}`;
  const worker = new Worker(url, { type: "module" });
  worker.postMessage(turn);
  await new Promise((resolve) => worker.onmessage = resolve);
  return turn;
}

const never = new Promise<void>(() => {});
const yieldTo = (promise: Promise<void>, times: number) =>
  coroutine(function* () {
    for (let i = 0; i < times; i++) yield promise;
  });
async function awaitOf(promise: Promise<void>, times: number) {
  for (let i = 0; i < times; i++) await promise;
}
const waiting = yieldTo(never, 1);
const generator = suspended();
const turn = await thread();

const rows: [string, number, number][] = [
  [
    "generators, by next",
    await time(MANY, () => {
      for (let i = 0; i < MANY; i++) generator.next();
    }),
    await weigh(MANY, "heapUsed", suspended),
  ],
  [
    "async functions, by await",
    await time(MANY, () => awaitOf(settled, MANY)),
    await weigh(MANY, "heapUsed", () => void awaitOf(never, 1)),
  ],
  [
    "coroutines of async.ts, by yield",
    await time(MANY, yieldTo(settled, MANY)),
    await weigh(MANY, "heapUsed", () => void waiting()),
  ],
  [
    "threads, by the operating system",
    await time(300, () => {
      for (let i = 0; i < 300; i++) {
        Atomics.store(turn, 0, 1);
        Atomics.notify(turn, 0);
        Atomics.wait(turn, 0, 1);
      }
    }),
    await weigh(16, "rss", thread),
  ],
];
for (const [what, ns, bytes] of rows) {
  const ratio = (ns / rows[0][1]).toPrecision(2);
  console.log(
    `${what.padEnd(34)}× ${Number(ratio)}`.padEnd(46) +
      `${Number(bytes.toPrecision(2))} bytes`,
  );
}
Deno.exit();
