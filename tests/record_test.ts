import { assertEquals, assertRejects } from "@std/assert";
import { stub } from "@std/testing/mock";
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

Deno.test("timers go off at their own time, after whole milliseconds and no less than one", async () => {
  const delays = [1000 / 3, 100, -5, NaN, 0.5, 1.9, 10.9, Infinity, undefined];
  const { lines } = await record(() => {
    for (const delay of delays) setTimeout(() => print(`${delay}\n`), delay);
    return sleep(1);
  }, 0.5);
  assertEquals(lines.map(({ text, seconds }) => `${text} at ${seconds}`), [
    // In the order in which they were set, as in Deno.
    "-5 at 0.001",
    "NaN at 0.001",
    "0.5 at 0.001",
    "1.9 at 0.001",
    "Infinity at 0.001",
    "undefined at 0.001",
    "10.9 at 0.01",
    "100 at 0.1",
    "333.3333333333333 at 0.333",
  ]);
});

Deno.test("a timer gets its arguments, and one that is cleared does not go off", async () => {
  const { output, sleeps } = await record(async () => {
    setTimeout((text: string) => print(text), 10, "an argument\n");
    const timer = setTimeout(() => print("cleared\n"), 500);
    await sleep(0.25);
    clearTimeout(timer);
    clearTimeout(undefined);
    await sleep(10);
  }, 1);
  assertEquals(output, "an argument\n");
  assertEquals(sleeps.map(({ from, to }) => [from, to]), [
    [0, 0.01],
    [0, 0.25],
    [0, 0.25],
    [0.25, 1],
  ]);
});

Deno.test("between two timers that are due together, all goes on that the first one resumes", async () => {
  const { output } = await record(async () => {
    const task = async (name: string) => {
      await sleep(1);
      print(`${name}1 `);
      await Promise.resolve();
      print(`${name}2 `);
    };
    await Promise.all([task("a"), task("b"), sleep(10)]);
  }, 1);
  assertEquals(output, "a1 a2 b1 b2 ");
});

Deno.test("timers whose order is left to chance are refused: of different lengths, and too close for how late they may be", async () => {
  const everyFew = async (...seconds: number[]) => {
    while (true) {
      for (const each of seconds) await sleep(each);
    }
  };
  const tasks: [number[], number[], boolean][] = [
    [[0.25], [0.5], false],
    [[0.2], [0.3], false],
    [[0.3], [0.195], false],
    [[0.05], [1.025, 9], false], // after 20 timers, each a little late
    [[0.5, 9], [0.504, 9], false],
    [[0.5, 9], [0.506, 9], true], // set together
    [[0.2, 9], [0.3, 9], true],
    [[0.1, 0.9], [0.5, 0.5], false],
    [[0.1, 1], [0.5, 1], true],
  ];
  for (const [a, b, fine] of tasks) {
    const main = () => Promise.all([everyFew(...a), everyFew(...b)]);
    const error = await record(main, 1.05).then(() => "", String);
    const chance = error.includes("In real time either may be the first");
    assertEquals([a, b, !chance], [a, b, fine]);
  }
});

Deno.test("blocking sleeps are recorded with who sleeps, cut off at the end, and add up", async () => {
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
  const { lines } = await record(() => {
    while (true) {
      block(0.1);
      print(".\n");
    }
  }, 1);
  assertEquals([lines.length, lines.at(-1)?.seconds], [10, 1]);
});

Deno.test("while the thread is blocked, no callback is called", async () => {
  const { lines, sleeps } = await record(async () => {
    print("asleep\n");
    setTimeout(() => print("awake\n"), 500);
    block(2);
    print("done\n");
    await sleep(10);
  }, 3);
  assertEquals(lines, [
    { text: "asleep", seconds: 0 },
    { text: "done", seconds: 2 },
    { text: "awake", seconds: 2 },
  ]);
  assertEquals(sleeps.map(({ after }) => after), ["asleep", "asleep", "done"]);
});

Deno.test("a line or a character that is written in pieces is one, when it is finished", async () => {
  const { lines, output, sleeps } = await record(async () => {
    const [first, ...rest] = new TextEncoder().encode("ä, one ");
    Deno.stdout.writeSync(Uint8Array.of(first));
    Deno.stdout.writeSync(Uint8Array.from(rest));
    await sleep(1);
    print("line\nunfinished");
    await sleep(10);
  }, 2);
  assertEquals(output, "ä, one line\nunfinished");
  assertEquals(sleeps.map(({ after }) => after), ["ä, one ", "unfinished"]);
  assertEquals(lines, [
    { text: "ä, one line", seconds: 1 },
    { text: "unfinished", seconds: 1 },
  ]);
});

Deno.test("a byte order mark is recorded, and what is no UTF-8 is refused", async () => {
  const { output } = await record(() => {
    print("\ufeff");
    return sleep(10);
  }, 1);
  assertEquals(output, "\ufeff");
  for (const bytes of [[0xff], [0xc3, 0x20]]) {
    const main = () => {
      Deno.stdout.writeSync(Uint8Array.from(bytes));
      return sleep(10);
    };
    await assertRejects(() => record(main, 1), Error, "UTF-8");
  }
});

Deno.test("a recording tells when main returned to the event loop", async () => {
  const { returned } = await record(() => {
    print("one\ntwo\n");
    block(0.5);
    return sleep(10);
  }, 1);
  assertEquals(returned, { seconds: 0.5, lines: 2 });
  const { returned: never } = await record(() => block(2), 1);
  assertEquals(never, undefined);
});

Deno.test("a main fails with its own error, whatever that is and whenever it comes", async () => {
  for (const error of [new RangeError("an error"), undefined, null, 0, ""]) {
    const ways = [
      () => {
        throw error;
      },
      () => sleep(1).then(() => Promise.reject(error)),
    ];
    for (const main of ways) {
      const failure = await record(main, 3).catch((error) => [error]);
      assertEquals(failure, [error]);
    }
  }
});

Deno.test("an error that nobody handles fails the recording, as it ends a script", async () => {
  const error = new RangeError("unhandled");
  const fail = () => {
    throw error;
  };
  const ways = [
    () => void Promise.reject(error),
    () => void setTimeout(fail, 10),
    () => queueMicrotask(fail),
  ];
  for (const way of ways) {
    const main = () => {
      way();
      return sleep(10);
    };
    await assertRejects(() => record(main, 1), RangeError, "unhandled");
  }
});

Deno.test("a main that ends fails, and one that has left timers goes on", async () => {
  const ends: [() => unknown, number][] = [
    [() => {}, 0],
    [() => ({ then() {} }), 0],
    [() => sleep(1), 1],
    [() => sleep(1).then(() => new Promise(() => {})), 1],
  ];
  for (const [main, seconds] of ends) {
    await assertRejects(
      () => record(main, 3),
      Error,
      `main ended at ${seconds} s, as nothing is left to wait for`,
    );
  }
  function tick() {
    print("tick\n");
    setTimeout(tick, 1_000);
  }
  const { lines } = await record(tick, 2);
  assertEquals(lines.map(({ seconds }) => seconds), [0, 1, 2]);
});

Deno.test("a main that prints without sleeping, or hardly sleeping, fails", async () => {
  const printing = (seconds: number) => () => {
    while (true) {
      print(".");
      block(seconds);
    }
  };
  const task = async () => {
    while (true) {
      print("line\n");
      await Promise.resolve();
    }
  };
  for (const main of [printing(0), printing(0.004), task]) {
    await assertRejects(
      () => record(main, 1),
      Error,
      "main printed more than 200 times within a second, at 0",
    );
  }
});

Deno.test("a main that takes more than half a second of real time fails", async () => {
  const main = () => {
    // This takes no virtual time: it is busy waiting.
    for (let i = 0; i < 100; i++) block(0);
    return sleep(10);
  };
  let realMs = 0;
  using _now = stub(performance, "now", () => realMs += 100);
  await assertRejects(
    () => record(main, 1),
    Error,
    "main took 600 ms of real time up to 0 s; it has to wait by sleeping.",
  );
});

const unrecordable: Record<string, () => unknown> = {
  "console": () => console.log("x"),
  "addEventListener": () => addEventListener("load", () => {}),
  "onload": () => globalThis.onload = null,
  "Intl.DateTimeFormat": () => new Intl.DateTimeFormat(),
  "Function": () => new Function("return 1"),
  "Deno.stdout.write": () => Deno.stdout.write(new Uint8Array(1)),
  "Deno.stdout.writable": () => Deno.stdout.writable.getWriter(),
  "Deno.stderr": () => Deno.stderr.writeSync(new Uint8Array(1)),
  "process": () => globalThis.process.stdout.write("x"),
  "alert": () => alert("x"),
  "setInterval": () => setInterval(() => {}, 1),
  "setImmediate": () => setImmediate(() => {}),
  "Atomics.waitAsync": () =>
    Atomics.waitAsync(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1),
  "AbortSignal.timeout": () => AbortSignal.timeout(1),
  "MessageChannel": () => new MessageChannel(),
  "Worker": () => new Worker("data:text/javascript,", { type: "module" }),
  "fetch": () => fetch("data:,"),
  "Date": () => Date.now(),
  "performance": () => performance.now(),
  "Temporal": () => (globalThis as Record<string, unknown>).Temporal,
  "Math.random": () => Math.random(),
  "crypto": () => crypto.randomUUID(),
  "Deno.permissions": () => Deno.permissions.requestSync({ name: "net" }),
  "Deno.readTextFileSync": () => Deno.readTextFileSync("x"),
  "Deno.exit": () => Deno.exit(),
};
Deno.test("a main that uses what can't be recorded fails with its name and what to do instead, even if it catches that", async () => {
  const errors: string[] = [];
  const main = async () => {
    await sleep(0.5);
    for (const use of Object.values(unrecordable)) {
      try {
        await use();
        errors.push("none");
      } catch (error) {
        errors.push(`${error}`);
      }
    }
    await sleep(10);
  };
  await assertRejects(() => record(main, 1), Error, "print by");
  assertEquals(
    errors.map((error) => error.replace(/ can't be recorded: .{20}.*/, "")),
    Object.keys(unrecordable).map((name) => `Error: ${name}`),
  );
});

Deno.test("a main that queues microtasks for ever fails", async () => {
  let turns = 0;
  const spin = () => {
    if (++turns < 1_000) queueMicrotask(spin);
    else return sleep(10);
  };
  let realMs = 0;
  using _now = stub(performance, "now", () => realMs += 10);
  await assertRejects(() => record(spin, 1), Error, "ms of real time");
});

Deno.test("a main that prints no bytes, or uses a timer for more than to clear it, is told so", async () => {
  const bad: [() => unknown, string][] = [
    [() => Deno.stdout.writeSync("text" as never), "encode it by TextEncoder"],
    [() => `${setTimeout(() => {}, 1)}`, "else than clearTimeout"],
    [() => setTimeout("text" as never, 1), "has to be a function"],
  ];
  for (const [use, message] of bad) {
    const main = () => {
      use();
      return sleep(10);
    };
    await assertRejects(() => record(main, 1), Error, message);
  }
});

Deno.test("there is one recording at a time", async () => {
  const first = record(() => sleep(10), 1);
  await assertRejects(() => record(() => sleep(10), 1), Error);
  await first;
});

Deno.test("after a recording, good or bad, everything is as it was", async () => {
  const globals = () => [
    setTimeout,
    clearTimeout,
    queueMicrotask,
    Atomics.wait,
    Deno.stdout.writeSync,
    Date,
    console,
  ];
  const real = globals();
  let faked: unknown = setTimeout;
  await record(() => {
    faked = setTimeout;
    return sleep(10);
  }, 1);
  await assertRejects(() => record(() => {}, 1), Error);
  assertEquals(faked === setTimeout, false);
  assertEquals(
    globals().map((value, i) => value === real[i]),
    Array(7).fill(true),
  );
});
