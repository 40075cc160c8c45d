import { FakeTime } from "@std/testing/time";
import { setTimeout as sleep } from "./node_timers_promises.ts";
import type { Callback } from "./trace.ts";

/** The date on the fake clock when a program begins: neither today's, nor 0. */
const START_MS = Date.UTC(2001, 1, 3, 4, 5, 6);
/** Who asks for the time more often than this without a pause waits for it. */
const MAX_QUESTIONS = 100;
/** The longest wait that a timer can have, for one that has no end: 24 days. */
const FOR_EVER_MS = 2 ** 31 - 1;

const { setImmediate, clearImmediate } = globalThis;
const { wait } = Atomics;

/** What a clock tells: of a timer, by its number, or that the thread is blocked. */
export type Tick =
  | { does: "sets"; timer: number; ms: number }
  | { does: "fires"; timer: number }
  | { does: "blocks"; forEver?: boolean; isBusy?: boolean };

/** What `setTimeout` returns in Deno, as in Node: it can be used as a number. */
function makeTimer(id: number, ms: number, repeats: boolean) {
  const timer = {
    id,
    ms: 1 <= ms && ms <= FOR_EVER_MS ? Math.trunc(ms) : 1,
    due: 0,
    repeats,
    isCleared: false,
    keepsAlive: true, // else the program may end before it goes off
    call: () => {},
    hasRef: () => timer.keepsAlive,
    ref: () => Object.assign(timer, { keepsAlive: true }),
    unref: () => Object.assign(timer, { keepsAlive: false }),
    close: () => (clearTimeout(id), timer),
    refresh: (): object => timer,
    [Symbol.toPrimitive]: () => id,
  };
  return timer;
}
type Timer = ReturnType<typeof makeTimer>;

/** Whom a clock tells, and whom it asks. */
interface Listener {
  emit: (tick: Tick) => void; // the program gets what it throws
  asCallback: (given: Callback, timer: number) => Callback; // what is called instead
  idle: () => void; // all wait
  end: () => void; // and no timer is left
}

/**
 * Puts a fake clock in place of the real one, until it is stopped. It stands
 * still while code runs, and jumps ahead when all wait, so no real time is waited
 * for. `setTimeout`, `setInterval`, `Atomics.wait`, `Date` and `performance.now`
 * follow it.
 *
 * Timers go off as in Deno (libs/core/02_timers.js in its source: `processTimers` and
 * `listOnTimeout`). There is a list for each duration; the one whose first timer is
 * due first comes first. A pass through the lists has one time, that of its
 * beginning: an interval is set again from there, and what is set meanwhile goes off
 * in a later pass. All promises that can go on do so between two timers.
 *
 * A program that asks for the time again and again does nothing but wait for it: so,
 * after a hundred times, each question takes a millisecond.
 */
export function fakeClock({ emit, asCallback, idle, end }: Listener) {
  const undo = new DisposableStack();
  const time = undo.use(new FakeTime(START_MS));
  const now = () => time.now - START_MS;
  function replace<T extends object>(object: T, name: keyof T, value: unknown) {
    const real = object[name];
    object[name] = value as T[keyof T];
    undo.defer(() => object[name] = real);
  }

  const timers = new Map<number, Timer>(); // in the order in which they were set
  let count = 0;
  let taken: Timer | undefined; // the last that has gone off
  function set(timer: Timer, start = now()) {
    timers.delete(timer.id);
    timers.set(timer.id, timer);
    timer.due = start + timer.ms;
    emit({ does: "sets", timer: timer.id, ms: timer.ms });
    schedule();
  }
  function clear(given: unknown) {
    const id = Number(given);
    const timer = taken?.id === id ? taken : timers.get(id);
    if (timer) timer.isCleared = true;
    timers.delete(id);
  }
  for (const name of ["Timeout", "Interval"] as const) {
    const real = globalThis[`set${name}`];
    const fake = (callback: Callback, ms?: unknown, ...args: unknown[]) => {
      if (typeof callback !== "function") return real(callback); // an error
      const called = asCallback(callback, ++count);
      const timer = makeTimer(count, Number(ms), name === "Interval");
      timer.call = () => called.apply(timer, args);
      timer.refresh = () => (timer.isCleared || set(timer), timer);
      set(timer);
      return timer;
    };
    const promisified = { [Symbol.for("nodejs.util.promisify.custom")]: sleep };
    replace(globalThis, `set${name}`, Object.assign(fake, promisified));
    replace(globalThis, `clear${name}`, clear);
  }

  /** The timers as Deno has them: in a list for each duration, the first due first. */
  function lists() {
    const byDuration = Map.groupBy(timers.values(), ({ ms }) => ms).values();
    return [...byDuration].sort(([a], [b]) => a.due - b.due);
  }
  /** Those that are due: in a list none before the one that was set before it. */
  function dueTimers() {
    return lists().flatMap((list) => {
      const i = list.findIndex(({ due }) => due > now());
      return i < 0 ? list : list.slice(0, i);
    });
  }

  // Each turn is one of the real event loop: all promises go on in between.
  let next: ReturnType<typeof setImmediate> | undefined;
  undo.defer(() => clearImmediate(next));
  const schedule = () => next ??= setImmediate(turn);
  let pass: { at: number; left: Timer[] } = { at: 0, left: [] };
  function turn() {
    next = undefined;
    idle();
    pass.left = pass.left.filter(({ id }) => timers.has(id));
    if (pass.left.length === 0) pass = { at: now(), left: dueTimers() };
    const timer = pass.left.shift();
    if (timer) fire(timer);
    else if (!timers.values().some((each) => each.hasRef())) return end();
    else time.tick(lists()[0][0].due - now());
    schedule();
  }
  function fire(timer: Timer) {
    taken = timer;
    timers.delete(timer.id);
    emit({ does: "fires", timer: timer.id });
    timer.call();
    const isOver = timer.isCleared || timers.has(timer.id);
    if (timer.repeats && !isOver) set(timer, pass.at);
  }

  function block(array: Int32Array, i: number, value: number, ms?: number) {
    // Given no time, the real function tells whether it would wait at all.
    const outcome = wait(array, i, value, 0);
    if (outcome !== "timed-out") return outcome;
    const forEver = ms === undefined || Number.isNaN(ms) || ms > FOR_EVER_MS;
    emit({ does: "blocks", forEver });
    time.tick(forEver ? FOR_EVER_MS : Math.max(0, ms));
    return outcome;
  }
  replace(Atomics, "wait", block);

  replace(AbortSignal, "timeout", (ms: number) => {
    const controller = new AbortController();
    const reason = "The operation was aborted due to timeout";
    const error = new DOMException(reason, "TimeoutError");
    setTimeout(() => controller.abort(error), ms);
    return controller.signal;
  });

  let questions = 0; // since something else was done
  function ask() {
    if (++questions > MAX_QUESTIONS) {
      emit({ does: "blocks", isBusy: true }); // This sets questions to 0.
      time.tick(1);
      questions = MAX_QUESTIONS;
    }
    return time.now;
  }
  replace(performance, "now", () => ask() - START_MS);
  // A proxy, as what is set on FakeTime's Date may be set on the real one.
  const fakeDate = new Proxy(Date, {
    get: (date, key) => key === "now" ? ask : Reflect.get(date, key),
    apply: () => String(new fakeDate()),
    construct(date, args, target) {
      if (args.length === 0) ask();
      return Reflect.construct(date, args, target);
    },
  });
  replace(globalThis, "Date", fakeDate);

  return {
    now: () => Math.round(now()), // milliseconds since the program began
    pause: () => questions = 0, // Something else than a question was done.
    start: schedule, // Lets the time go on when all wait.
    replace,
    stop: () => undo.dispose(),
  };
}
