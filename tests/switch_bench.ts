// What one switch costs: to hand control over and to get it back. An iteration
// makes 1,000 switches, so its microseconds are the nanoseconds of one switch.

import { coroutine } from "../scripts/async.ts";

const SWITCHES = 1_000;
const settled = Promise.resolve();
const group = "1,000 switches";

const generator = (function* () {
  while (true) yield;
})();

Deno.bench("generator: next()", { group, baseline: true }, () => {
  for (let i = 0; i < SWITCHES; i++) generator.next();
});

const yieldOften = coroutine(function* () {
  for (let i = 0; i < SWITCHES; i++) yield settled;
});

Deno.bench("coroutine: yield a promise", { group }, async () => {
  await yieldOften();
});

Deno.bench("async function: await a promise", { group }, async () => {
  for (let i = 0; i < SWITCHES; i++) await settled;
});

// Whose turn it is: 0 stands for the main thread, 1 for the worker.
const turn = new Int32Array(new SharedArrayBuffer(4));
const workerCode = `onmessage = ({ data: turn }) => {
  while (true) {
    Atomics.wait(turn, 0, 0);
    Atomics.store(turn, 0, 0);
    Atomics.notify(turn, 0);
  }
}`;
new Worker(URL.createObjectURL(new Blob([workerCode])), { type: "module" })
  .postMessage(turn);

Deno.bench("thread: a round trip to a worker", { group }, () => {
  for (let i = 0; i < SWITCHES; i++) {
    Atomics.store(turn, 0, 1);
    Atomics.notify(turn, 0);
    Atomics.wait(turn, 0, 1);
  }
});

const child = new Deno.Command(Deno.execPath(), {
  args: [
    "eval",
    "const byte = new Uint8Array(1);" +
    "while (Deno.stdin.readSync(byte)) Deno.stdout.writeSync(byte);",
  ],
  stdin: "piped",
  stdout: "piped",
}).spawn();
child.unref();
const toChild = child.stdin.getWriter();
const fromChild = child.stdout.getReader();

Deno.bench("process: a round trip to a child", { group }, async () => {
  const byte = new Uint8Array(1);
  for (let i = 0; i < SWITCHES; i++) {
    await toChild.write(byte);
    await fromChild.read();
  }
});

// Does a switch cost more when there are many to switch between? Here it is ten
// million switches an iteration: its milliseconds are tenths of a nanosecond.
for (const alive of [1, 1_000, 100_000]) {
  Deno.bench(`coroutines alive: ${alive}`, {
    group: "10,000,000 switches",
    n: 5,
    warmup: 1,
  }, async (bench) => {
    const { promise: start, resolve } = Promise.withResolvers<void>();
    const task = coroutine(function* () {
      yield start;
      for (let i = 0; i < 10_000_000 / alive; i++) yield settled;
    });
    const tasks = Array.from({ length: alive }, task);
    bench.start();
    resolve();
    await Promise.all(tasks);
    bench.end();
  });
}
