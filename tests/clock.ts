import { FakeTime } from "@std/testing/time";

/** The date on the fake clock when a program begins: neither today's, nor 0. */
const START_MS = Date.UTC(2001, 1, 3, 4, 5, 6);

const TOOLS = new URL(".", import.meta.url).href;
const { queueMicrotask, setImmediate, clearImmediate } = globalThis;
const { wait } = Atomics;
const { then } = Promise.prototype;
type Callback = (...args: unknown[]) => void;

/** Something that a program does, `at` so many milliseconds since it began. */
export interface Event {
  at: number;
  /** Once it leaves main, the event loop has control. */
  does: "prints" | "sets" | "fires" | "blocks" | "unblocks" | "leaves" | "ends";
  text?: string;
  timer?: number;
  /** How many timers have fired. */
  turn: number;
  /** Whether it's in the main program, after an `await`, or in which callback. */
  by: "main" | "await" | number;
  /** Whether it's in what the last timer has made go on, and not later. */
  first: boolean;
  /** What is running, from the inside out. */
  running: Running[];
}

/** What is printed, and a function that really prints it. */
type Printed = { args: unknown[]; print: () => void };

/** A function, by its name, or a generator, by its number, and its call. */
export type Running = { key: string | number; call?: number; method?: string };

/**
 * Puts a fake clock in place of the real one, until it is stopped. It stands
 * still while code runs, and jumps ahead when all wait, so no real time is waited
 * for. `setTimeout`, `setInterval`, `Atomics.wait`, `Date` and `performance.now`
 * follow it. `tell` gets each event; the program gets what it throws. `rest` is
 * called when no timer is left.
 *
 * Timers go off as in Deno: after whole milliseconds, at least one; by the time at
 * which they are due, then in the order in which they were set; one at a time, and
 * all promises that can go on do so before the next. None goes off while the
 * thread is blocked.
 */
export function fakeClock(
  tell: (event: Event, printed?: Printed) => void,
  rest = () => {},
) {
  const undo = new DisposableStack();
  const time = undo.use(new FakeTime(START_MS));
  replace(Error, "stackTraceLimit", Infinity); // The outermost function counts.

  function replace<T extends object>(object: T, name: keyof T, value: unknown) {
    const real = object[name];
    object[name] = value as T[keyof T];
    undo.defer(() => object[name] = real);
  }

  let by: Event["by"] = "main";
  let first = false;
  let turn = 0;
  let callbackCount = 0;
  let generators: Running[] = [];

  /** To be called in main: this goes on first, once main has returned. */
  const begin = () => queueMicrotask(leave);

  /** To be called when the main program has given control away. */
  function leave() {
    if (by !== "main") return;
    by = "await";
    see("leaves");
  }

  function see(does: Event["does"], timer?: number, printed?: Printed) {
    const here = new Error();
    const inside = generators;
    const event = {
      at: Math.round(time.now - START_MS),
      does,
      timer,
      turn,
      by,
      first,
      get running() { // To read a stack takes ten times as long as to keep it.
        return runningOn(here.stack!, inside);
      },
    };
    tell(event, printed);
  }

  for (const name of ["log", "info", "debug", "dir", "table"] as const) {
    const real = console[name] as Callback;
    const fake = (...args: unknown[]) =>
      see("prints", undefined, { args, print: () => real(...args) });
    replace(console, name, fake);
  }

  /** Lets a callback tell that it is one. */
  function asCallback(callback: Callback) {
    if (typeof callback !== "function") return callback;
    return (...args: unknown[]) => {
      leave();
      by = ++callbackCount;
      try {
        return callback(...args);
      } finally {
        by = "await";
      }
    };
  }
  const fakeMicrotask = (callback: Callback) =>
    queueMicrotask(asCallback(callback));
  const fakeThen = function (this: Promise<void>, ...callbacks: Callback[]) {
    return then.apply(this, callbacks.map(asCallback) as []);
  };
  replace(globalThis, "queueMicrotask", fakeMicrotask);
  replace(Promise.prototype, "then", fakeThen);

  /** By their numbers, in the order in which they were set. */
  const timers = new Map<unknown, { due: number; fire: () => void }>();
  type Timer = { repeat: boolean; callback: Callback; ms: number };
  let count = 0;

  /** An interval keeps its number when it is set again. */
  function set({ repeat, callback, ms }: Timer, id = count + 1) {
    const timer = ++count;
    const fire = asCallback(() => {
      timers.delete(id);
      if (repeat) set({ repeat, callback, ms }, id);
      turn++;
      see("fires", timer);
      first = true;
      callback();
      queueMicrotask(() => first = false);
    });
    timers.set(id, { due: time.now + (ms >= 1 ? Math.trunc(ms) : 1), fire });
    see("sets", timer);
    schedule();
    return id;
  }
  const clear = (id: unknown) => void timers.delete(id);
  for (const name of ["Timeout", "Interval"] as const) {
    const repeat = name === "Interval";
    const fake = (callback: Callback, ms?: unknown, ...args: unknown[]) =>
      set({ repeat, callback: () => callback(...args), ms: Number(ms) });
    replace(globalThis, `set${name}`, fake);
    replace(globalThis, `clear${name}`, clear);
  }

  // Each turn is one of the real event loop: all promises go on in between.
  let next: ReturnType<typeof setImmediate> | undefined;
  undo.defer(() => clearImmediate(next));
  function schedule() {
    next ??= setImmediate(() => {
      next = undefined;
      const [timer] = [...timers.values()].sort((a, b) => a.due - b.due);
      if (!timer) return rest();
      time.tick(Math.max(0, timer.due - time.now));
      timer.fire();
      schedule();
    });
  }

  function block(array: Int32Array, i: number, value: number, ms = Infinity) {
    // Given no time, the real function tells whether it would wait at all.
    const outcome = wait(array, i, value, 0);
    if (outcome !== "timed-out") return outcome;
    see("blocks");
    time.tick(Math.min(Math.max(0, ms), 1e9)); // For ever is eleven days.
    see("unblocks");
    return outcome;
  }
  replace(Atomics, "wait", block);
  replace(performance, "now", () => time.now - START_MS);

  const keys = new WeakMap<object, number>();
  let calls = 0;
  for (const sample of [function* () {}, async function* () {}]) {
    const { prototype } = Object.getPrototypeOf(sample);
    for (const method of ["next", "throw", "return"]) {
      const real = prototype[method];
      const step = function (this: object, ...args: unknown[]) {
        const call = ++calls;
        const key = keys.get(this) ?? call;
        keys.set(this, key);
        const outside = generators;
        generators = [{ key, call, method }, ...outside];
        try {
          return real.apply(this, args);
        } finally {
          generators = outside;
        }
      };
      replace(prototype, method, step);
    }
  }

  return { begin, leave, see, schedule, stop: () => undo.dispose() };
}

/** What is running by a call stack and a list of generators, each inside out. */
function runningOn(stack: string, generators: Running[]) {
  const [synchronous] = stack.split("\n    at async ", 1);
  const frames = synchronous.matchAll(/^ +at (?:(.*) \()?(.*?):\d+:\d+\)?$/gm);
  const inside = [...generators];
  const running: Running[] = [];
  for (const [, key = "", file] of frames) {
    if (file === import.meta.url) {
      if (/\bstep$/.test(key)) running.push(inside.shift()!);
    } else if (!/^(ext|node):/.test(file)) {
      running.push({ key: file.startsWith(TOOLS) ? "" : key });
    }
  }
  return running;
}
