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

// Python's @asyncio.coroutine. The function that it returns starts a task, and
// resumes it whenever the promise that it has yielded is settled.
export function coroutine(generatorFunction: () => Generator) {
  return () =>
    new Promise((fulfill, reject) => {
      const generator = generatorFunction();
      const resume = (value?: unknown) => run(() => generator.next(value));
      const fail = (error: unknown) => run(() => generator.throw(error));

      function run(step: () => IteratorResult<unknown>) {
        try {
          const { done, value } = step();
          if (done) fulfill(value);
          else if (value instanceof Promise) value.then(resume, fail);
          else fail(new TypeError("Yield a promise, or yield* a generator"));
        } catch (error) {
          reject(error); // Nothing in the task has caught it.
        }
      }

      resume();
    });
}

// Python's asyncio.sleep. It suspends its task, and leaves the thread to others.
function* sleep(seconds: number) {
  yield new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

// Python's threading.currentThread, in Python's words. It says what the runtime
// says; in a Web Worker of Deno that is wrong.
function currentThread() {
  const name = isMainThread ? "_MainThread(MainThread" : "Thread(Thread";
  return `<${name}, started ${threadId})>`;
}

if (import.meta.main) main();
