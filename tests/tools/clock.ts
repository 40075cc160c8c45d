import { FakeTime } from "@std/testing/time";
import { Timeout, Timers } from "./timers.ts";
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
  | { does: "blocks"; forEver?: true };

/** Whom a clock tells, and whom it asks. */
interface Listener {
  /** The program gets what it throws. */
  emit: (tick: Tick) => void;
  /** Is given each callback of a timer, and returns what is called instead. */
  asCallback: (callback: Callback, timer: number) => Callback;
  /** Is called when all wait. */
  idle: () => void;
  /** Is called when all wait, and no timer is left. */
  end: () => void;
}

/**
 * Puts a fake clock in place of the real one, until it is stopped. It stands
 * still while code runs, and jumps ahead when all wait, so no real time is waited
 * for. `setTimeout`, `setInterval`, `Atomics.wait`, `Date` and `performance.now`
 * follow it.
 *
 * Timers go off one at a time, in Deno's order, and all promises that can go on do
 * so before the next. None goes off while the thread is blocked. A program that
 * asks for the time again and again does nothing but wait for it: so, after a
 * hundred times, each question takes a millisecond.
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

  const timers = new Timers(now);
  let count = 0;
  for (const name of ["Timeout", "Interval"] as const) {
    const set = (callback: Callback, ms?: unknown, ...args: unknown[]) => {
      const called = asCallback(callback, ++count);
      const timer: Timeout = new Timeout(
        timers,
        count,
        Timers.duration(ms),
        name === "Interval",
        () => called.apply(timer, args),
      );
      emit({ does: "sets", timer: timer.id, ms: timer.ms });
      schedule();
      return timer;
    };
    const clear = (timer: unknown) =>
      (timer instanceof Timeout ? timer : timers.find(Number(timer)))?.close();
    replace(globalThis, `set${name}`, set);
    replace(globalThis, `clear${name}`, clear);
  }

  // Each turn is one of the real event loop: all promises go on in between.
  let next: ReturnType<typeof setImmediate> | undefined;
  undo.defer(() => clearImmediate(next));
  function schedule() {
    next ??= setImmediate(() => {
      next = undefined;
      idle();
      const taken = timers.take();
      if (taken) {
        const { timer } = taken;
        emit({ does: "fires", timer: timer.id });
        timer.call();
        timers.returned(taken);
        if (timers.has(timer)) {
          emit({ does: "sets", timer: timer.id, ms: timer.ms });
        }
      } else if (timers.due === undefined) return end();
      else time.tick(Math.max(0, timers.due - now()));
      schedule();
    });
  }

  function block(array: Int32Array, i: number, value: number, ms?: number) {
    // Given no time, the real function tells whether it would wait at all.
    const outcome = wait(array, i, value, 0);
    if (outcome !== "timed-out") return outcome;
    const forEver = ms === undefined || Number.isNaN(ms) || ms > FOR_EVER_MS;
    emit(forEver ? { does: "blocks", forEver } : { does: "blocks" });
    time.tick(forEver ? FOR_EVER_MS : Math.max(0, ms));
    return outcome;
  }
  replace(Atomics, "wait", block);

  function timeout(ms: number) {
    const controller = new AbortController();
    const reason = "The operation was aborted due to timeout";
    const error = new DOMException(reason, "TimeoutError");
    setTimeout(() => controller.abort(error), ms);
    return controller.signal;
  }
  replace(AbortSignal, "timeout", timeout);

  let questions = 0;
  function asked() {
    const further = ++questions - MAX_QUESTIONS;
    if (further <= 0) return;
    // From time to time it is told again, for who wants to end it.
    if (further % 1000 === 1) emit({ does: "blocks" });
    questions = further + MAX_QUESTIONS;
    time.tick(1);
  }
  function ask() {
    asked();
    return time.now;
  }
  replace(performance, "now", () => ask() - START_MS);
  replace(Date, "now", ask);
  const construct = (
    date: DateConstructor,
    args: [],
    target: typeof Object,
  ) => {
    if (args.length === 0) asked();
    return Reflect.construct(date, args, target);
  };
  replace(globalThis, "Date", new Proxy(Date, { construct }));

  return {
    /** How many milliseconds have passed since the program began. */
    now: () => Math.round(now()),
    /** Something else than a question was done. */
    pause: () => questions = 0,
    /** Lets the time go on when all wait. */
    start: schedule,
    replace,
    stop: () => undo.dispose(),
  };
}
