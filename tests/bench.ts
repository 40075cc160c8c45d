// What a switch costs, and what one coroutine, thread or process weighs. Without
// arguments it measures everything and prints a table; with the name of one
// measurement, in a process of its own, only that: nanoseconds or bytes.

import { coroutine } from "../scripts/async.ts";

const ROUNDS = 60;
const [measurement] = Deno.args;

/** The times of one switch in so many rounds, in nanoseconds, sorted. */
async function times(switches: number, run: () => unknown) {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    await run();
    times.push((performance.now() - start) / switches * 1e6);
  }
  return times.sort((a, b) => a - b);
}

/** The best of them: where nothing else is involved, noise only adds to it. */
async function best(switches: number, run: () => unknown) {
  return (await times(switches, run))[0];
}

/** The median: where the system decides, it does so now this way, now that. */
async function median(switches: number, run: () => unknown) {
  return (await times(switches, run))[ROUNDS / 2];
}

/** The memory that one takes of those that `make` makes, in bytes. */
async function weight(count: number, make: () => unknown) {
  const { gc } = globalThis as unknown as { gc: () => void };
  gc();
  const before = Deno.memoryUsage().heapUsed;
  const kept = Array.from({ length: count }, make);
  await Promise.resolve();
  gc();
  const bytes = (Deno.memoryUsage().heapUsed - before) / kept.length;
  return bytes - 8; // its place in the list
}

const settled = Promise.resolve();
const aDay = 86_400_000;

function* sleep() {
  yield new Promise((resolve) => setTimeout(resolve, aDay));
}

function* task() {
  while (true) yield;
}

/** A generator such as those of yield.ts, at its yield. */
function suspended() {
  const generator = task();
  generator.next();
  return generator;
}

const yieldOften = (switches: number) =>
  coroutine(function* () {
    for (let i = 0; i < switches; i++) yield settled;
  });

/** The time of a switch through `coroutine`, when there are so many of them. */
async function switchAmong(alive: number) {
  const switches = 2_000_000;
  const times = [];
  for (let round = 0; round < 5; round++) {
    const { promise: start, resolve } = Promise.withResolvers<void>();
    const task = coroutine(function* () {
      yield start;
      for (let i = 0; i < switches / alive; i++) yield settled;
    });
    const tasks = Array.from({ length: alive }, task);
    const before = performance.now();
    resolve();
    await Promise.all(tasks);
    times.push(performance.now() - before);
  }
  return Math.min(...times) / switches * 1e6;
}

const measurements: Record<string, () => unknown> = {
  "generator switch": () => {
    const generator = suspended();
    return best(100_000, () => {
      for (let i = 0; i < 100_000; i++) generator.next();
    });
  },
  "async function switch": () =>
    best(50_000, async () => {
      for (let i = 0; i < 50_000; i++) await settled;
    }),
  "coroutine switch": () => best(50_000, yieldOften(50_000)),
  "coroutine switch among 1000": () => switchAmong(1_000),
  "coroutine switch among 100000": () => switchAmong(100_000),
  "event loop turn": () =>
    median(5, async () => {
      for (let i = 0; i < 5; i++) {
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
    }),
  "thread switch": async () => {
    // Whose turn it is: 0 stands for the main thread, 1 for the worker.
    const turn = new Int32Array(new SharedArrayBuffer(4));
    const code = `onmessage = ({ data: turn }) => {
      while (true) {
        Atomics.wait(turn, 0, 0);
        Atomics.store(turn, 0, 0);
        Atomics.notify(turn, 0);
      }
    }`;
    const url = URL.createObjectURL(new Blob([code]));
    new Worker(url, { type: "module" }).postMessage(turn);
    return await median(500, () => {
      for (let i = 0; i < 500; i++) {
        Atomics.store(turn, 0, 1);
        Atomics.notify(turn, 0);
        Atomics.wait(turn, 0, 1);
      }
    });
  },
  // These two are the ends of two pipes, and block while they read.
  "process switch": () => {
    const byte = new Uint8Array(1);
    return median(500, () => {
      for (let i = 0; i < 500; i++) {
        Deno.stdout.writeSync(byte);
        Deno.stdin.readSync(byte);
      }
    });
  },
  "echo": () => {
    const byte = new Uint8Array(1);
    while (Deno.stdin.readSync(byte)) Deno.stdout.writeSync(byte);
  },

  "generator weight": () => weight(100_000, suspended),
  "coroutine weight": () => weight(100_000, coroutine(sleep)),
  "async function weight": () =>
    weight(100_000, async () => {
      await new Promise((resolve) => setTimeout(resolve, aDay));
    }),
  "a million coroutines": async () => {
    const kept = Array.from({ length: 1_000_000 }, coroutine(sleep));
    await Promise.resolve();
    return kept.length && Deno.memoryUsage().rss;
  },
  "thread weight": async () => {
    const before = Deno.memoryUsage().rss;
    const code = URL.createObjectURL(new Blob(["postMessage(0)"]));
    for (let i = 0; i < 16; i++) {
      const worker = new Worker(code, { type: "module" });
      await new Promise((resolve) => worker.onmessage = resolve);
    }
    return (Deno.memoryUsage().rss - before) / 16;
  },
  "process weight": () => Deno.memoryUsage().rss,
};

const python = `
import asyncio, sys, threading, time, tracemalloc

def times(switches, run):
    times = []
    for _ in range(50):
        start = time.perf_counter()
        run()
        times.append((time.perf_counter() - start) / switches * 1e9)
    return sorted(times)

def best(switches, run):
    return times(switches, run)[0]

def median(switches, run):
    return times(switches, run)[25]

def weight(count, make):
    tracemalloc.start()
    kept = [make() for _ in range(count)]
    return tracemalloc.get_traced_memory()[0] / count - 8

def task():
    while True:
        yield

def suspended():
    generator = task()
    next(generator)
    return generator

async def nothing():
    pass

async def await_often():
    for _ in range(10_000):
        await nothing()

async def sleep_often():
    for _ in range(2_000):
        await asyncio.sleep(0)

def generator_switch():
    generator = suspended()
    def run():
        for _ in range(20_000):
            next(generator)
    return best(20_000, run)

def thread_switch():
    mine, other = threading.Semaphore(0), threading.Semaphore(0)
    def echo():
        while True:
            other.acquire()
            mine.release()
    threading.Thread(target=echo, daemon=True).start()
    def run():
        for _ in range(500):
            other.release()
            mine.acquire()
    return median(500, run)

async def task_weight():
    tracemalloc.start()
    tasks = [asyncio.ensure_future(asyncio.sleep(86_400)) for _ in range(100_000)]
    await asyncio.sleep(0)
    bytes = tracemalloc.get_traced_memory()[0] / len(tasks) - 8
    for task in tasks:
        task.cancel()
    return bytes

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096

def thread_weight():
    before, end = resident(), threading.Event()
    for _ in range(200):
        threading.Thread(target=end.wait, daemon=True).start()
    return (resident() - before) / 200

print({
    "version": lambda: sys.version.split()[0],
    "generator switch": generator_switch,
    "async function switch": lambda: best(10_000, lambda: asyncio.run(await_often())),
    "event loop turn": lambda: best(2_000, lambda: asyncio.run(sleep_often())),
    "thread switch": thread_switch,
    "generator weight": lambda: weight(100_000, suspended),
    "coroutine weight": lambda: asyncio.run(task_weight()),
    "thread weight": thread_weight,
    "process weight": resident,
}[sys.argv[1]]())
`;

if (measurement) {
  const figure = await measurements[measurement]();
  if (figure !== undefined) console.error(figure);
} else {
  await measureAll();
}
Deno.exit();

/** Runs a command and returns the last line that it prints, or nothing. */
async function run(command: string, ...args: string[]) {
  try {
    const { stdout, stderr, success } = await new Deno.Command(command, {
      args,
    })
      .output();
    const text = new TextDecoder().decode(stdout.length > 0 ? stdout : stderr);
    return success ? text.trim().split("\n").at(-1) : undefined;
  } catch {
    return undefined; // There is no such command here.
  }
}

async function measureAll() {
  const deno = [
    Deno.execPath(),
    ...[
      "run",
      "--no-check",
      "--v8-flags=--expose-gc",
      import.meta.filename!,
    ],
  ];
  const version = await run("python3", "-c", python, "version");
  const oneCore = await run("taskset", "-c", "0", "true") !== undefined;
  console.log(
    `This takes about a minute. Deno ${Deno.version.deno}, ${
      version
        ? `CPython ${version}`
        : "and no python3 here, so none of its figures"
    }.${
      oneCore
        ? ""
        : "\nThere is no taskset here, so nothing is held to one core."
    }`,
  );

  const row = (what: string, ...cells: unknown[]) =>
    console.log(
      what.padEnd(what.startsWith("\n") ? 45 : 44) +
        cells.map((cell) => `${cell}`.padStart(12)).join(""),
    );
  const ofDeno = async (name: string, ...before: string[]) => {
    const [command, ...args] = [...before, ...deno, name];
    return Number(await run(command, ...args) ?? NaN);
  };
  const ofPython = async (name: string, ...before: string[]) => {
    if (!version) return NaN;
    const [command, ...args] = [...before, "python3", "-c", python, name];
    return Number(await run(command, ...args) ?? NaN);
  };
  // Two processes, each at the other's end of two pipes.
  const pipes = (name: string) => [
    "sh",
    "-c",
    `folder=$(mktemp -d) && mkfifo "$folder/back" || exit
    "$@" "${name}" < "$folder/back" | "$@" echo > "$folder/back"
    rm -r "$folder"`,
    "sh",
    ...deno,
  ];
  // What the program does alone is disturbed only by others, now here, now
  // there. So it is measured five times in turn, and the best of all counts.
  const alone = [
    "generator switch",
    "async function switch",
    "coroutine switch",
    "coroutine switch among 1000",
    "coroutine switch among 100000",
  ];
  const ns = new Map(alone.map((name) => [name, Infinity]));
  const nsOfPython = new Map(ns);
  for (let pass = 1; pass <= 5; pass++) {
    console.log(`Switches between coroutines, pass ${pass} of 5 …`);
    for (const name of alone) {
      ns.set(name, Math.min(ns.get(name)!, await ofDeno(name)));
      const python = await ofPython(name);
      nsOfPython.set(name, Math.min(nsOfPython.get(name)!, python));
    }
  }
  const generator = ns.get("generator switch")!;

  row("\na switch there and back", "Deno", "x generator", "CPython");
  const time = (what: string, deno: number, python = NaN) =>
    row(what, inTime(deno), round(deno / generator), inTime(python));
  const whats = [
    "generator: next",
    "async function: await a settled promise",
    "coroutine: yield a settled promise",
    "  with 1,000 of them alive",
    "  with 100,000 of them alive",
  ];
  for (const [i, name] of alone.entries()) {
    time(whats[i], ns.get(name)!, nsOfPython.get(name));
  }
  time(
    "a turn of the event loop: a sleep of 0 s",
    await ofDeno("event loop turn"),
    await ofPython("event loop turn"),
  );
  const places: [string, string[]][] = [
    ["wherever the system puts it", []],
  ];
  if (oneCore) places.unshift(["both on one core", ["taskset", "-c", "0"]]);
  for (const [where, pinned] of places) {
    time(
      `thread, ${where}`,
      await ofDeno("thread switch", ...pinned),
      await ofPython("thread switch", ...pinned),
    );
  }
  for (const [where, pinned] of places) {
    const [command, ...args] = [...pinned, ...pipes("process switch")];
    time(`process, ${where}`, Number(await run(command, ...args) ?? NaN));
  }

  row("\nthe memory of one", "Deno", "", "CPython");
  for (
    const [what, name] of [
      ["generator", "generator weight"],
      ["async function, its promise and its timer", "async function weight"],
      ["coroutine, its promise and its timer", "coroutine weight"],
      ["thread", "thread weight"],
      ["process", "process weight"],
    ]
  ) {
    const other = name.startsWith("async") ? NaN : await ofPython(name);
    row(what, inBytes(await ofDeno(name)), "", inBytes(other));
  }
  row(
    "a program with a million coroutines asleep",
    inBytes(await ofDeno("a million coroutines")),
  );
}

/** Two significant digits. */
function round(figure: number) {
  return Number(figure.toPrecision(2)).toLocaleString("en");
}

function inTime(ns: number) {
  if (Number.isNaN(ns)) return "-";
  if (ns < 1_000) return `${round(ns)} ns`;
  return ns < 1e6 ? `${round(ns / 1e3)} µs` : `${round(ns / 1e6)} ms`;
}

function inBytes(bytes: number) {
  if (Number.isNaN(bytes)) return "-";
  return bytes < 1e5 ? `${round(bytes)} bytes` : `${round(bytes / 1e6)} MB`;
}
