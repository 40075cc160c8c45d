import { FakeTime } from "@std/testing/time";
import { getEventListeners } from "node:events";
import { setTimeout as sleep } from "./node_timers_promises.ts";
import type { Callback } from "./trace.ts";

/** The date on the fake clock when a program begins: neither today's, nor 0. */
const START_MS = Date.UTC(2001, 1, 3, 4, 5, 6);
/** How often a program may ask for the time, and do nothing else, before it waits. */
const MAX_QUESTIONS = 100;
/** The longest wait that a timer can have, for one that has no end: 24 days. */
export const FOR_EVER_MS = 2 ** 31 - 1;

const { setTimeout, setImmediate, clearImmediate } = globalThis;
const { wait } = Atomics;

/** What a clock tells: of a timer, by its number, or that the thread is blocked. */
export type Tick =
  | { does: "sets"; timer: number; ms: number }
  | { does: "fires"; timer: number }
  | { does: "blocks"; isBusy?: boolean };

/** Whom a clock tells, and whom it asks. */
interface Listener {
  emit: (tick: Tick) => void; // the program gets what it throws
  asCallback: (given: Callback, timer: number) => Callback; // what is called instead
  idle: () => void; // before each turn of the event loop, when all wait
  end: () => void; // when no timer is left that keeps the program alive
}

/**
 * Puts a fake clock in place of the real one, until `stop` is called. It stands still
 * while code runs, and jumps ahead when all wait. `setTimeout`, `setInterval`,
 * `Atomics.wait`, `AbortSignal.timeout`, `Date` and `performance.now` follow it.
 *
 * Timers go off as in Deno (libs/core/02_timers.js in its source: `processTimers` and
 * `listOnTimeout`). There is a list for each duration; the one whose first timer is
 * due first comes first. A pass through the lists has one time, that of its
 * beginning: an interval is set again from there, and what is set meanwhile goes off
 * in a later pass. All promises that can go on do so between two timers.
 *
 * A program that asks for the time again and again does nothing but wait for it: so
 * each question beyond `MAX_QUESTIONS` takes a millisecond.
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
  /** Stands in for `setTimeout`; as in Node, what it returns is a number, too. */
  function setTimer(given: Callback, after?: unknown, ...args: unknown[]) {
    if (typeof given !== "function") setTimeout(given); // It throws an error.
    const id = ++count;
    const ms = Number(after);
    const timer = {
      id,
      ms: 1 <= ms && ms <= FOR_EVER_MS ? Math.trunc(ms) : 1,
      due: 0, // Infinity once it is cleared
      repeats: false,
      call: asCallback(given, id),
      args,
      hasRef: () => true, // else the program may end before it goes off
      ref: () => Object.assign(timer, { hasRef: () => true }),
      unref: () => Object.assign(timer, { hasRef: () => false }),
      close: () => (clear(id), timer),
      refresh: (): object => (timer.due < Infinity && set(timer), timer),
      [Symbol.toPrimitive]: () => id,
    };
    set(timer);
    return timer;
  }
  const setRepeated = (...given: Parameters<typeof setTimer>) =>
    Object.assign(setTimer(...given), { repeats: true });
  type Timer = ReturnType<typeof setTimer>;
  function set(timer: Timer, start = now()) {
    timers.delete(timer.id);
    timers.set(timer.id, timer);
    timer.due = start + timer.ms;
    emit({ does: "sets", timer: timer.id, ms: timer.ms });
    schedule();
  }
  function clear(given: unknown) {
    const timer = timers.get(Number(given));
    if (timer) timer.due = Infinity;
    timers.delete(Number(given));
  }
  const promisified = { [Symbol.for("nodejs.util.promisify.custom")]: sleep };
  replace(globalThis, "setTimeout", Object.assign(setTimer, promisified));
  replace(globalThis, "setInterval", setRepeated);
  replace(globalThis, "clearTimeout", clear);
  replace(globalThis, "clearInterval", clear);

  // Each turn is one of the real event loop: all promises go on in between.
  let next: ReturnType<typeof setImmediate> | undefined;
  undo.defer(() => clearImmediate(next));
  const schedule = () => next ??= setImmediate(turn);
  let at = 0; // the time of the pass through the lists
  let left: Timer[] = []; // those that are still to go off in it
  function turn() {
    next = undefined;
    idle();
    if (left.length === 0) {
      if (!timers.values().some((each) => each.hasRef())) return end();
      const byDuration = Map.groupBy(timers.values(), ({ ms }) => ms).values();
      const lists = [...byDuration].sort(([a], [b]) => a.due - b.due);
      time.tick(Math.max(0, lists[0][0].due - now()));
      at = now();
      // In a list none goes off before the one that was set before it.
      left = lists.flatMap((list) => {
        const i = list.findIndex(({ due }) => due > at);
        return i < 0 ? list : list.slice(0, i);
      });
    }
    const timer = left.shift()!;
    if (timer.due > at) return schedule(); // It was cleared or set again.
    emit({ does: "fires", timer: timer.id });
    try {
      timer.call(...timer.args);
    } finally {
      const isOver = timer.due <= at; // It is neither cleared nor set again.
      if (isOver && timer.repeats) set(timer, at);
      else if (isOver) timers.delete(timer.id);
      schedule();
    }
  }

  function block(array: Int32Array, i: number, value: number, ms = NaN) {
    // Given no time, the real function tells whether it would wait at all.
    const outcome = wait(array, i, value, 0);
    if (outcome !== "timed-out") return outcome;
    emit({ does: "blocks" });
    time.tick(ms < FOR_EVER_MS ? Math.max(0, ms) : FOR_EVER_MS);
    return outcome;
  }
  replace(Atomics, "wait", block);

  replace(AbortSignal, "timeout", (ms: number) => {
    const controller = new AbortController();
    const reason = "The operation was aborted due to timeout";
    const error = new DOMException(reason, "TimeoutError");
    const timer = setTimer(() => controller.abort(error), ms);
    // It keeps the program alive only while somebody listens.
    timer.hasRef = () =>
      getEventListeners(controller.signal, "abort").length > 0;
    return controller.signal;
  });

  let questions = 0; // since something else was done
  function ask() {
    if (++questions > MAX_QUESTIONS) {
      emit({ does: "blocks", isBusy: true }); // This resets questions.
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
    construct: (date, args, target) =>
      Reflect.construct(date, args.length > 0 ? args : [ask()], target),
  });
  replace(globalThis, "Date", fakeDate);

  return {
    now: () => Math.round(now()), // milliseconds since the program began
    resetQuestions: () => questions = 0, // Something else was done.
    start: schedule, // Lets the time go on when all wait.
    replace,
    stop: () => undo.dispose(),
  };
}
