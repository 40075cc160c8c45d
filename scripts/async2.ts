// Coroutines on the event loop, written with async and await.
//
// A task that has to wait is suspended. When its wait is over, the event loop
// resumes it.
//
// Mirrors src/async2.py of the tutorial 异步IO (asynchronous IO). Start it with
//
//   deno run scripts/async2.ts
//
// and end it with Ctrl-C. Look at the pauses: both tasks sleep for one second,
// and they do so at the same time.

import { isMainThread, threadId } from "node:worker_threads";

async function task1() {
  while (true) {
    print(`--This is task 1!--before ${currentThread()}`);
    await sleep(1);
    print(`--This is task 1!--after ${currentThread()}`);
  }
}

async function task2() {
  while (true) {
    print(`--This is task 2!--before ${currentThread()}`);
    await sleep(1);
    print(`--This is task 2!--after ${currentThread()}`);
  }
}

/** Runs both tasks, for ever. Rejects if the output can't be written. */
export function main() {
  // Each call starts a task, which runs to its first sleep.
  const tasks = [task1(), task2()];
  // Promise.all starts nothing, it makes a promise. From here on Deno's event
  // loop resumes the tasks.
  return Promise.all(tasks);
}

// From here on: what Python brings with it.

// Python's asyncio.sleep. It suspends the task that waits for it, and leaves the
// thread to the others.
async function sleep(seconds: number) {
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

// Python's threading.currentThread, much as Python prints it. The number is
// Deno's; the main thread has 0.
function currentThread() {
  return isMainThread
    ? `<_MainThread(MainThread, started ${threadId})>`
    : `<Thread(Thread-${threadId}, started ${threadId})>`;
}

// Python's print. When nobody reads the output any more, this one throws, and
// that ends the script; console.log would go on for ever.
function print(text: string) {
  Deno.stdout.writeSync(new TextEncoder().encode(text + "\n"));
}

if (import.meta.main) main();
