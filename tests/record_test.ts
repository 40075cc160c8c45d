import { assertEquals, assertRejects } from "@std/assert";
import { record } from "./record.ts";

function print(text: string) {
  return Deno.stdout.writeSync(new TextEncoder().encode(text));
}

function sleep(seconds: number) {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

function block(seconds: number, expected = 0) {
  const number = new Int32Array(new SharedArrayBuffer(4));
  return Atomics.wait(number, 0, expected, seconds * 1000);
}

Deno.test("a recording has every line with its time, both ends included", async () => {
  const { output, lines, seconds } = await record(async () => {
    for (let second = 0;; second++) {
      print(`line ${second}\n`);
      await sleep(1);
    }
  }, 2);
  assertEquals(seconds, 2);
  assertEquals(output, "line 0\nline 1\nline 2\n");
  assertEquals(lines, [
    { text: "line 0", seconds: 0 },
    { text: "line 1", seconds: 1 },
    { text: "line 2", seconds: 2 },
  ]);
});

Deno.test("a recording has what is printed at the end, but nothing later, however many steps it takes", async () => {
  const { output } = await record(async () => {
    await sleep(1);
    for (let step = 0; step < 10; step++) await Promise.resolve();
    print("at the end");
    await sleep(0.001);
    print("after the end");
  }, 1);
  assertEquals(output, "at the end");
});

Deno.test("to the script, printing and blocking answer as they do for real", async () => {
  const answers: unknown[] = [];
  const { sleeps } = await record(() => {
    answers.push(print("täxt\n"));
    answers.push(block(1, 5)); // The number is not 5, so there is no sleep.
    answers.push(block(0.5));
    block(NaN); // for ever
  }, 1);
  assertEquals(answers, [6, "not-equal", "timed-out"]);
  assertEquals(sleeps, [
    { from: 0, to: 0.5, after: "täxt", blocking: true },
    { from: 0.5, to: 1, after: "täxt", blocking: true },
  ]);
});

Deno.test("timers go off at their own time, and in the order in which they are due", async () => {
  const { lines } = await record(async () => {
    setTimeout(() => print("once\n"), 100);
    const task = async (name: string, seconds: number) => {
      while (true) {
        await sleep(seconds);
        print(`${name}\n`);
      }
    };
    await Promise.all([task("slow", 0.3), task("fast", 0.2)]);
  }, 0.7);
  assertEquals(lines, [
    { text: "once", seconds: 0.1 },
    { text: "fast", seconds: 0.2 },
    { text: "slow", seconds: 0.3 },
    { text: "fast", seconds: 0.4 },
    { text: "slow", seconds: 0.6 },
    { text: "fast", seconds: 0.6 },
  ]);
});

Deno.test("a blocking sleep is recorded with who sleeps, and cut off at the end", async () => {
  const { sleeps } = await record(() => {
    while (true) {
      print("before\n\n");
      block(0.75);
    }
  }, 1);
  assertEquals(sleeps, [
    { from: 0, to: 0.75, after: "before", blocking: true },
    { from: 0.75, to: 1, after: "before", blocking: true },
  ]);
});

Deno.test("while the thread is blocked, tasks whose time has come have to wait", async () => {
  const { lines } = await record(async () => {
    const awake = sleep(0.5).then(() => print("awake"));
    block(2);
    await awake;
    await sleep(10);
  }, 3);
  assertEquals(lines, [{ text: "awake", seconds: 2 }]);
});

Deno.test("a main that throws fails with its own error", async () => {
  await assertRejects(
    () =>
      record(() => {
        throw new RangeError("at once");
      }, 1),
    RangeError,
    "at once",
  );
  await assertRejects(
    () =>
      record(
        () => sleep(1).then(() => Promise.reject(new RangeError("later"))),
        3,
      ),
    RangeError,
    "later",
  );
});

Deno.test("a main that returns fails", async () => {
  const message = (seconds: number) =>
    `main returned at ${seconds} s; it has to go on for ever.`;
  await assertRejects(() => record(() => {}, 1), Error, message(0));
  await assertRejects(() => record(() => sleep(1), 3), Error, message(1));
});

Deno.test("a main that prints without sleeping, or hardly sleeping, fails", async () => {
  const printing = (seconds: number) => () => {
    while (true) {
      print("line\n");
      block(seconds);
    }
  };
  const task = async () => {
    while (true) {
      print("line\n");
      await Promise.resolve();
    }
  };
  const tasks = () => Promise.all([task(), task()]);
  const message = (seconds: number) =>
    `main printed 100 lines within a millisecond, at ${seconds} s; it has to sleep between them.`;
  await assertRejects(() => record(printing(0), 1), Error, message(0));
  await assertRejects(() => record(printing(2 ** -20), 1), Error, "within a");
  await assertRejects(() => record(tasks, 1), Error, message(0));
});

Deno.test("after a recording, good or bad, the real clock and the real output are back", async () => {
  const globals = () => [setTimeout, Deno.stdout.writeSync, Atomics.wait];
  const real = globals();
  let fake = real;
  await record(() => {
    fake = globals();
    return sleep(10);
  }, 1);
  await assertRejects(() => record(() => {}, 1), Error);
  assertEquals(real.map((value, i) => value === fake[i]), [
    false,
    false,
    false,
  ]);
  assertEquals(globals().map((value, i) => value === real[i]), [
    true,
    true,
    true,
  ]);
});
