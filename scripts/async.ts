// Coroutines made of generators: two tasks take turns on an event loop.
//
// Mirrors src/async.py of the tutorial 异步IO (asynchronous IO). Start it with
//   deno run scripts/async.ts
// and end it with Ctrl-C.

import { isMainThread, threadId } from "node:worker_threads";

const task1 = coroutine(function* () {
  while (true) {
    console.log(`--This is task 1!--before ${currentThread()}`);
    yield* sleep(1);
    console.log(`--This is task 1!--after ${currentThread()}`);
  }
});

const task2 = coroutine(function* () {
  while (true) {
    console.log(`--This is task 2!--before ${currentThread()}`);
    yield* sleep(1);
    console.log(`--This is task 2!--after ${currentThread()}`);
  }
});

export function main() {
  const tasks = [task1(), task2()]; // Each call runs a task to its first sleep.
  return Promise.all(tasks); // From here on the event loop resumes them.
}

// Python's @asyncio.coroutine, plus the part of the event loop that calls next.
// In Python, calling task1 runs nothing; here, it starts the task.
export function coroutine(generatorFunction: () => Generator) {
  return () =>
    // 1. A call of task1 begins here. The promise is for the end of the task.
    new Promise((resolve, reject) => {
      const generator = generatorFunction(); // 2. Nothing in it has run yet.
      const resume = (value?: unknown) => run(() => generator.next(value));
      const fail = (error: unknown) => run(() => generator.throw(error));

      function run(step: () => IteratorResult<unknown>) {
        try {
          const { done, value } = step(); // 4. The task runs to its next yield.
          if (done) resolve(value); // 6. The task has returned.
          // 5. When value is settled, the event loop calls resume or fail.
          else if (value instanceof Promise) value.then(resume, fail);
          else fail(new TypeError("Yield a promise, or yield* a generator"));
        } catch (error) {
          reject(error); // 6. Nothing in the task has caught the error.
        }
      }

      resume(); // 3. Start the task.
    });
}

// Python's asyncio.sleep. It suspends its task; the thread is free meanwhile.
function* sleep(seconds: number) {
  yield new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

// Python's threading.currentThread: the runtime's answer, in Python's words.
function currentThread() {
  const name = isMainThread ? "_MainThread(MainThread" : "Thread(Thread";
  return `<${name}, started ${threadId})>`;
}

if (import.meta.main) main();
