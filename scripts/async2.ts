// Coroutines by async and await: two tasks take turns on an event loop.
//
// Mirrors src/async2.py of the tutorial 异步IO (asynchronous IO). Start it with
//   deno run scripts/async2.ts
// and end it with Ctrl-C.

import { isMainThread, threadId } from "node:worker_threads";

async function task1() {
  while (true) {
    console.log(`--This is task 1!--before ${currentThread()}`);
    await sleep(1);
    console.log(`--This is task 1!--after ${currentThread()}`);
  }
}

async function task2() {
  while (true) {
    console.log(`--This is task 2!--before ${currentThread()}`);
    await sleep(1);
    console.log(`--This is task 2!--after ${currentThread()}`);
  }
}

export function main() {
  const tasks = [task1(), task2()]; // Each call runs a task to its first sleep.
  return Promise.all(tasks); // From here on the event loop resumes them.
}

// Python's asyncio.sleep. It suspends its task; the thread is free meanwhile.
async function sleep(seconds: number) {
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

// Python's threading.currentThread: the runtime's answer, in Python's words.
function currentThread() {
  const name = isMainThread ? "_MainThread(MainThread" : "Thread(Thread";
  return `<${name}, started ${threadId})>`;
}

if (import.meta.main) main();
