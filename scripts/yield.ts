// Coroutines that take turns by hand: generators.
//
// Two tasks and the main thread take turns. A task runs until it yields, and is
// suspended there until the main thread gives it another turn.
//
// Mirrors src/yield.py. Start it with
//
//   deno run scripts/yield.ts
//
// and end it with Ctrl-C. Look at the pauses: when a task sleeps, after it has
// printed "after", everything stands still for half a second.

// Python's time.sleep. It waits for a number to change that nobody changes, and
// so blocks the whole thread: nothing else runs until the time is up.
function sleep(seconds: number) {
  const number = new Int32Array(new SharedArrayBuffer(4));
  Atomics.wait(number, 0, 0, seconds * 1000);
}

// Python's print. It throws when nobody reads the output any more, and that
// ends the script; console.log would go on for ever.
function print(text: string) {
  Deno.stdout.writeSync(new TextEncoder().encode(text + "\n"));
}

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

/** Gives each task its turn, for ever. Throws if the output can't be written. */
export function main() {
  // Two generator objects. Nothing in the tasks has run yet.
  const t1 = task1();
  const t2 = task2();
  while (true) {
    // 1. Resume t1. It runs to its next yield, where it is suspended with all
    //    its state; its next turn goes on from there.
    t1.next();
    // 2. That yield gave control back, so the main thread goes on.
    print("\nThe main thread!\n");
    // 3. Resume t2, likewise.
    t2.next();
  }
}

if (import.meta.main) main();
