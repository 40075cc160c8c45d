import { stub } from "@std/testing/mock";
import { FakeTime } from "@std/testing/time";
import { forbidAllElse } from "./forbid.ts";

/** What `play` tells, as it happens. Times are virtual seconds. */
export interface Audience {
  /** If this throws, printing fails with its error. */
  print(text: string, seconds: number): void;
  /** If the sleep is cut short, the `to` of what this returns is set. */
  sleep?(from: number, to: number, blocking: boolean): { to: number };
  returned?(seconds: number): void;
}

// A main that prints more often than this is taken for one that hardly sleeps.
const MAX_PRINTS_PER_SECOND = 200;
// How much real time there is for 100 virtual seconds. Our lessons take 4 ms.
const MAX_REAL_MS = 500;
// In real time a timer goes off a little late, and so does one that it sets. Two
// timers may change their order if they are due within this, and this for each
// timer that one has behind it and the other hasn't.
const TIE_MS = 20;
const LATE_MS = 3;
// The same for two that are set at the same time.
const TIE_TOGETHER_MS = 5;
// A main that goes on so often after its end can't be ended by an error.
const MAX_REFUSALS = 10_000;
// setTimeout takes no longer delay than this.
const MAX_DELAY_MS = 2 ** 31 - 1;

interface Timer {
  /** What setTimeout returned. */
  handle: object;
  /** What it was set to, and when, and when it is due: milliseconds. */
  delay: number;
  setAt: number;
  due: number;
  /** How many timers went off, each set by the one before, until this was set. */
  behind: number;
  call: () => void;
  sleep?: { to: number };
}

/**
 * Runs a script's `main` from 0 to `seconds`, both ends included, on a virtual
 * clock: it stands still while code runs, and jumps ahead when all wait. No real
 * time is waited for.
 *
 * What is told is what Deno does in real time, on a machine on which code takes no
 * time. What can't be told so is refused: `main` may sleep by `setTimeout` and
 * `Atomics.wait`, print by `Deno.stdout.writeSync`, and use the language itself.
 * There is one `play` at a time.
 *
 * Where this ends: code that runs for ever without printing or sleeping can't be
 * stopped from inside. A `main` that catches every error and goes on can only be
 * ended together with the process, and is. What differs from machine to machine,
 * such as the stack of an error, is told as it is here. And what a module imports,
 * or keeps from before, such as `const { log } = console`, is out of reach:
 * `mistakesIn` in rules.ts looks for that in the text of a script.
 *
 * @throws What `main` throws, or an `Error` that says what `main` may not do: use
 * anything else, stop too early, print too often, take long in real time, or let
 * timers meet whose order is left to chance.
 */
export async function play(
  main: () => unknown,
  seconds: number,
  audience: Audience,
) {
  const end = seconds * 1000;
  using time = new FakeTime(0);
  const { performance, setImmediate, setTimeout } = globalThis;
  const [{ error }, { exit }] = [console, Deno];
  const { wait } = Atomics;
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  function decode(bytes: Uint8Array) {
    try {
      return decoder.decode(bytes, { stream: true });
    } catch (cause) {
      return fail(new Error("main printed what is no UTF-8.", { cause }));
    }
  }
  const started = performance.now();
  const maxRealMs = MAX_REAL_MS * Math.ceil(seconds / 100);

  const now = () => time.now / 1000;

  // What ended the run before its time.
  let failure: { error: unknown } | undefined;
  const report = (error: unknown) => failure ??= { error };
  function fail(error: unknown): never {
    report(error);
    throw error;
  }
  function refuse(message: string): never {
    return fail(new Error(`main ${message}`));
  }
  // A main that keeps the thread is left by this at the end.
  const stop = new Error("The recording is over.");
  let refusals = 0;
  /** Called whenever main prints or sleeps. */
  function check() {
    if (failure) {
      if (++refusals > MAX_REFUSALS) {
        error(
          "main catches every error, and so can't be ended; let it catch only what it means to.",
        );
        exit(1);
      }
      throw failure.error;
    }
    if (time.now > end) fail(stop);
    const realMs = performance.now() - started;
    if (realMs > maxRealMs) {
      refuse(
        `took ${
          Math.round(realMs)
        } ms of real time up to ${now()} s; it has to wait by sleeping.`,
      );
    }
  }

  let burst = { since: 0, prints: 0 };
  using _stdout = stub(Deno.stdout, "writeSync", (bytes) => {
    check();
    if (!(bytes instanceof Uint8Array)) {
      refuse(
        "printed something else than a Uint8Array; encode it by TextEncoder.",
      );
    }
    if (time.now - burst.since >= 1000) burst = { since: time.now, prints: 0 };
    if (++burst.prints > MAX_PRINTS_PER_SECOND) {
      refuse(
        `printed more than ${MAX_PRINTS_PER_SECOND} times within a second, at ${now()} s; it has to sleep more in between.`,
      );
    }
    audience.print(decode(bytes), now());
    return bytes.length;
  });

  function tellSleep(ms: number, blocking: boolean) {
    const to = Math.min(now() + ms / 1000, seconds);
    if (now() < to) return audience.sleep?.(now(), to, blocking);
  }

  // The timers that are set, and those of them that are due. FakeTime calls the
  // callbacks of several at once. The event loop calls one, then whatever that
  // resumes, and then the next; and none while the thread is blocked.
  const timers = new Map<unknown, Timer>();
  const due: Timer[] = [];
  /** How many timers the code that runs now has behind it. */
  let behind = 0;

  using _setTimeout = stub(
    globalThis,
    "setTimeout",
    (callback, delay = 1, ...args) => {
      check();
      if (typeof callback !== "function") {
        throw new TypeError("The callback of setTimeout has to be a function.");
      }
      // What is not from 1 to the longest delay counts as 1, as in Deno.
      const wanted = Number(delay);
      const ms = wanted >= 1 && wanted <= MAX_DELAY_MS ? Math.trunc(wanted) : 1;
      const handle = new Proxy({}, {
        get: () => refuse("uses a timer for something else than clearTimeout."),
      });
      const timer: Timer = {
        handle,
        delay: ms,
        setAt: time.now,
        due: time.now + ms,
        behind,
        call: () => callback.call(handle, ...args),
        sleep: tellSleep(ms, false),
      };
      setTimeout(() => due.push(timer), ms);
      timers.set(handle, timer);
      return handle as ReturnType<typeof setTimeout>;
    },
  );

  using _clearTimeout = stub(globalThis, "clearTimeout", (handle) => {
    check();
    const { sleep } = timers.get(handle) ?? {};
    if (sleep) sleep.to = Math.min(sleep.to, now());
    timers.delete(handle);
  });

  const { queueMicrotask } = globalThis;
  using _queueMicrotask = stub(globalThis, "queueMicrotask", (callback) => {
    check();
    queueMicrotask(callback);
  });

  using _wait = stub(
    Atomics,
    "wait",
    (array, index, value, timeout = Infinity) => {
      check();
      // Given no time, the real function says whether it would wait at all.
      const outcome = wait(array, index, value, 0);
      if (outcome !== "timed-out") return outcome;
      // Without rounding, sums such as 0.1 s + 0.2 s would miss the time they mean.
      const wanted = Number(timeout);
      const ms = Number.isNaN(wanted)
        ? Infinity
        : Math.max(0, Math.round(wanted * 1000) / 1000);
      tellSleep(ms, true);
      time.tick(Math.min(ms, end + 1 - time.now));
      if (time.now > end) fail(stop);
      return outcome;
    },
  );

  /** Whether two timers could go off in the other order in real time. */
  function tie(timer: Timer, other: Timer) {
    if (timer.delay === other.delay) return false; // These keep their order.
    const margin = timer.setAt === other.setAt
      ? TIE_TOGETHER_MS
      : TIE_MS + LATE_MS * Math.abs(timer.behind - other.behind);
    return other.due < time.now + margin;
  }

  /** Calls a timer's callback, unless the timer was cleared. */
  function call(timer: Timer) {
    if (!timers.delete(timer.handle)) return;
    for (const other of timers.values()) {
      if (!tie(timer, other)) continue;
      refuse(
        `lets two timers meet at about ${now()} s, one of ${
          timer.delay / 1000
        } s and one of ${
          other.delay / 1000
        } s. In real time either may be the first; let them never come close, and clear those that are no longer needed.`,
      );
    }
    behind = timer.behind + 1;
    timer.call();
  }

  // What nobody handles ends a script.
  const { addEventListener, removeEventListener } = globalThis;
  const onError = (event: ErrorEvent | PromiseRejectionEvent) => {
    event.preventDefault();
    report("reason" in event ? event.reason : event.error);
  };
  addEventListener("error", onError);
  addEventListener("unhandledrejection", onError);
  const turn = () => new Promise((resolve) => setImmediate(resolve));

  {
    using _else = forbidAllElse(fail);
    try {
      main(); // If it is rejected, nobody handles that.
    } catch (error) {
      report(error);
    }
    if (!failure) audience.returned?.(now());
    // Where nothing else is due before the end, this is what the clock jumps to.
    setTimeout(() => {}, end + 1);
    while (true) {
      await turn();
      if (failure) break;
      try {
        if (due.length === 0 && timers.size > 0) time.next();
        if (time.now > end) break;
        const timer = due.shift();
        if (timer) call(timer);
        else if (timers.size === 0) {
          refuse(
            `ended at ${now()} s, as nothing is left to wait for; it has to go on for ever.`,
          );
        }
      } catch (error) {
        report(error);
      }
    }
    // Whatever the failure rejects is rejected now.
    await turn();
  }
  removeEventListener("error", onError);
  removeEventListener("unhandledrejection", onError);
  if (failure && failure.error !== stop) throw failure.error;
}
