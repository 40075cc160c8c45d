// Generators: two tasks and main take turns on one thread.
//
// Mirrors src/yield.py of the tutorial 异步IO (asynchronous IO). Start it with
//   deno run scripts/yield.ts
// and end it with Ctrl-C.

function* task1() {
  while (true) {
    console.log("--This is task 1!--before");
    yield;
    console.log("--This is task 1!--after");
    sleep(0.5);
  }
}

function* task2() {
  while (true) {
    console.log("--This is task 2!--before");
    yield;
    console.log("--This is task 2!--after");
    sleep(0.5);
  }
}

export function main() {
  const t1 = task1(); // a generator: nothing in it has run yet
  const t2 = task2();
  while (true) {
    t1.next(); // 1. Start t1 or, later, resume it. It runs to its next yield.
    console.log("\nThe main thread!\n"); // 2. That yield gave control back.
    t2.next(); // 3. The same for t2.
  }
}

// Python's time.sleep. It blocks the thread: nothing else runs on it meanwhile.
// (Only another thread could end this wait early, and there is none.)
function sleep(seconds: number) {
  const shared = new Int32Array(new SharedArrayBuffer(4));
  Atomics.wait(shared, 0, 0, seconds * 1000);
}

if (import.meta.main) main();
