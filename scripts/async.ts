// Coroutines on the event loop, written with generators.
//
// Two tasks share one thread. While a task waits it is suspended, and the event
// loop resumes whichever task is ready to go on.
//
// Mirrors src/async.py. Start it with
//
//   deno run scripts/async.ts
//
// and end it with Ctrl-C. Look at the pauses: both tasks wait for their second
// at the same time, so a cycle of both takes one second.

import { isMainThread, threadId } from "node:worker_threads";

/**
 * Makes a coroutine of a generator function that yields promises, as Python's
 * `@asyncio.coroutine` did up to 3.10. Calling the coroutine starts it.
 *
 * Whenever the generator yields a promise, it is suspended until the promise is
 * settled. Then the event loop resumes it: with the promise's value, or by
 * throwing the promise's error into it.
 *
 * @returns A function that returns a promise of what the generator returns. The
 * promise is rejected with what the generator throws, or with a `TypeError` if
 * it yields anything but a promise.
 */
export function coroutine<T>(task: () => Generator<Promise<unknown>, T>) {
  return () =>
    new Promise<T>((resolve, reject) => {
      const generator = task();
      const onFulfilled = (value: unknown) => resume("next", value);
      const onRejected = (error: unknown) => resume("throw", error);

      // Returns at the next yield. No promise waits for another one, so memory
      // stays the same however long the generator runs (tj/co#180).
      function resume(method: "next" | "throw", sent?: unknown) {
        try {
          const { done, value } = generator[method](sent);
          if (done) resolve(value);
          else value.then(onFulfilled, onRejected);
        } catch (error) {
          reject(error);
        }
      }

      resume("next");
    });
}

// Python's asyncio.sleep. It suspends the task that calls it and leaves the
// thread to the others.
function* sleep(seconds: number) {
  yield new Promise((resolve) => setTimeout(resolve, seconds * 1000));
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
  // Each task runs to its first sleep. From there on the event loop resumes
  // them; Deno has one running already, and ends it when nothing is left to do.
  const tasks = [task1(), task2()];
  return Promise.all(tasks);
}

if (import.meta.main) main();
