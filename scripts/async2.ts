// Coroutines on the event loop, written with async and await.
//
// Two tasks share one thread. While a task waits it is suspended, and the event
// loop resumes whichever task is ready to go on.
//
// Mirrors src/async2.py. Start it with
//
//   deno run scripts/async2.ts
//
// and end it with Ctrl-C. Look at the pauses: both tasks wait for their second
// at the same time, so a cycle of both takes one second.

import { isMainThread, threadId } from "node:worker_threads";

// Python's asyncio.sleep. It suspends the task that calls it and leaves the
// thread to the others.
function sleep(seconds: number) {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

// Python's threading.currentThread, as Python prints it.
function currentThread() {
  return isMainThread
    ? `<_MainThread(MainThread, started ${threadId})>`
    : `<Thread(Thread-${threadId}, started ${threadId})>`;
}

// Python's print. It throws when nobody reads the output any more, and that
// ends the script; console.log would go on for ever.
function print(text: string) {
  Deno.stdout.writeSync(new TextEncoder().encode(text + "\n"));
}

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
  // Each task runs to its first sleep. From there on the event loop resumes
  // them; Deno has one running already, and ends it when nothing is left to do.
  const tasks = [task1(), task2()];
  return Promise.all(tasks);
}

if (import.meta.main) main();
