// Generators: coroutines that take turns by hand.
//
// A task runs until it yields. There it is suspended until main resumes it.
//
// Mirrors src/yield.py of the tutorial 异步IO (asynchronous IO). Start it with
//
//   deno run scripts/yield.ts
//
// and end it with Ctrl-C. Look at the pauses: after each "after" a task sleeps
// for half a second, and nothing else can run.

function* task1() {
  while (true) {
    print("--This is task 1!--before");
    yield;
    print("--This is task 1!--after");
    sleep(0.5);
  }
}

function* task2() {
  while (true) {
    print("--This is task 2!--before");
    yield;
    print("--This is task 2!--after");
    sleep(0.5);
  }
}

/** Resumes the tasks in turn, for ever. Throws if the output can't be written. */
export function main() {
  // Nothing in the tasks has run yet.
  const t1 = task1();
  const t2 = task2();
  while (true) {
    // 1. Start t1 or, later, resume it at the yield where it is suspended. It
    //    runs to its next yield, and no further.
    t1.next();
    // 2. That yield gave control back to main.
    print("\nThe main thread!\n");
    // 3. The same for t2.
    t2.next();
  }
}

// From here on: what Python brings with it.

// Python's time.sleep. It waits to be woken by another thread. None does that,
// so the thread is blocked until the time is up: nothing else runs on it.
function sleep(seconds: number) {
  const number = new Int32Array(new SharedArrayBuffer(4));
  Atomics.wait(number, 0, 0, seconds * 1000);
}

// Python's print. When nobody reads the output any more, this one throws, and
// that ends the script; console.log would go on for ever.
function print(text: string) {
  Deno.stdout.writeSync(new TextEncoder().encode(text + "\n"));
}

if (import.meta.main) main();
