// Coroutines on the event loop, written with generators.
//
// A task that has to wait is suspended. When its wait is over, the event loop
// resumes it.
//
// Mirrors src/async.py of the tutorial 异步IO (asynchronous IO). Start it with
//
//   deno run scripts/async.ts
//
// and end it with Ctrl-C. Look at the pauses: both tasks sleep for one second,
// and they do so at the same time.

import { isMainThread, threadId } from "node:worker_threads";

const task1 = coroutine(function* () {
  while (true) {
    print(`--This is task 1!--before ${currentThread()}`);
    yield* sleep(1);
    print(`--This is task 1!--after ${currentThread()}`);
  }
});

const task2 = coroutine(function* () {
  while (true) {
    print(`--This is task 2!--before ${currentThread()}`);
    yield* sleep(1);
    print(`--This is task 2!--after ${currentThread()}`);
  }
});

/** Runs both tasks, for ever. Rejects if the output can't be written. */
export function main() {
  // Each call starts a task, which runs to its first sleep.
  const tasks = [task1(), task2()];
  // Promise.all starts nothing, it makes a promise. From here on Deno's event
  // loop resumes the tasks.
  return Promise.all(tasks);
}

// From here on: what Python brings with it.

/**
 * Makes a coroutine function of a generator function that yields promises, much
 * as Python's `@asyncio.coroutine` did up to 3.10. Calling it starts a coroutine
 * at once; Python leaves that to the event loop, or to whoever awaits it.
 *
 * A promise that the generator yields suspends it until the promise is settled.
 * Then the event loop resumes it: with the value of the promise, or by throwing
 * the error of the promise into it. If it yields anything else, a `TypeError` is
 * thrown into it. `yield task2()` waits for another coroutine.
 *
 * @returns A function that starts a coroutine and returns a promise. What the
 * generator returns resolves it, and what the generator throws rejects it.
 */
export function coroutine<T>(
  generatorFunction: () => Generator<Promise<unknown>, T>,
) {
  return () =>
    new Promise<T>((resolve, reject) => {
      const generator = generatorFunction();
      const onFulfilled = (value: unknown) => resume("next", value);
      const onRejected = (error: unknown) => resume("throw", error);

      // Runs the generator to its next yield. It returns nothing: if it returned
      // promises, each would wait for the next one, and that chain would fill the
      // memory in the end (https://github.com/tj/co/issues/180).
      function resume(method: "next" | "throw", sent?: unknown) {
        try {
          const { done, value } = generator[method](sent);
          if (done) {
            resolve(value);
          } else if (value instanceof Promise) {
            value.then(onFulfilled, onRejected);
          } else {
            onRejected(new TypeError("Yield a promise, or yield* a generator"));
          }
        } catch (error) {
          reject(error);
        }
      }

      resume("next");
    });
}

// Python's asyncio.sleep. It suspends the task that waits for it, and leaves the
// thread to the others.
function* sleep(seconds: number) {
  yield new Promise((resolve) => setTimeout(resolve, seconds * 1000));
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
