// `deno task bench` measures what README.md compares: a switch there and back, in
// times of a generator's, and the memory that one of each takes.

import { coroutine } from "../scripts/async.ts";

const COUNT = 100_000;
const settled = Promise.resolve();
const never = new Promise<void>(() => {});
const kept: unknown[] = [];

/** The best of many rounds, since noise only adds: milliseconds for `COUNT`. */
async function time(run: () => unknown) {
  let best = Infinity;
  for (let round = 0; round < 200; round++) {
    const begun = performance.now();
    await run();
    best = Math.min(best, performance.now() - begun);
  }
  return best;
}

/** How many bytes of memory each of `COUNT` takes. */
function weigh(make: () => unknown) {
  const { gc } = globalThis as unknown as { gc: () => void };
  gc();
  const before = Deno.memoryUsage().heapUsed;
  for (let i = 0; i < COUNT; i++) kept.push(make());
  gc();
  return (Deno.memoryUsage().heapUsed - before) / COUNT;
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

const generator = task();
const unit = await time(() => {
  for (let i = 0; i < COUNT; i++) generator.next();
});
const row = (ms: number, bytes: number) => ({
  "a switch, × a generator's": Number((ms / unit).toPrecision(2)),
  bytes: Number(bytes.toPrecision(2)),
});
console.table({
  generator: row(unit, weigh(task)),
  "async function": row(
    await time(() => awaitTo(settled)),
    weigh(() => awaitTo(never)),
  ),
  coroutine: row(await time(yieldTo(settled)), weigh(yieldTo(never))),
});
