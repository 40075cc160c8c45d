import { stub } from "@std/testing/mock";
import { FakeTime } from "@std/testing/time";

/** What a script did, and when, in virtual seconds since it began. */
export interface Recording {
  /** How many seconds were recorded. */
  seconds: number;
  /** All that was printed, to the letter. */
  output: string;
  /** The lines of the output, each with the time at which it was printed. */
  lines: { text: string; seconds: number }[];
  /** The sleeps, in the order in which they began. */
  sleeps: Sleep[];
  /**
   * When main returned to the event loop, and after how many lines; undefined if
   * main kept the thread.
   */
  returned?: { seconds: number; lines: number };
}

/** A timer that was waited for, or a span in which the thread was blocked. */
export interface Sleep {
  from: number;
  to: number;
  /** The last text that was printed before, which tells who sleeps. */
  after: string;
  /** Whether the thread was blocked. */
  blocking: boolean;
}

// A main that prints more than this is taken for one that never sleeps.
const MAX_LINES_PER_MS = 100;

// setTimeout takes no longer delay than this.
const MAX_DELAY_MS = 2 ** 31 - 1;

/**
 * Runs a script's `main` on a fake clock and records what it does from 0 to
 * `seconds`, both ends included.
 *
 * The clock stands still while code runs and jumps ahead while it sleeps, so no
 * real time is waited for. `main` sleeps by `setTimeout` or `Atomics.wait` and
 * prints by `Deno.stdout.writeSync`; there is one recording at a time.
 *
 * @throws What `main` throws, or an `Error` if `main` returns before the end or
 * goes on printing without sleeping.
 */
export async function record(
  main: () => unknown,
  seconds: number,
): Promise<Recording> {
  const recording: Recording = { seconds, output: "", lines: [], sleeps: [] };
  const { lines, sleeps } = recording;
  const end = seconds * 1000;
  // A main that never returns is left by throwing this when it goes on too long.
  const stop = new Error("The recording is over.");
  const decoder = new TextDecoder();
  const { wait } = Atomics;

  using time = new FakeTime(0);
  const { setTimeout } = globalThis;

  using _stdout = stub(Deno.stdout, "writeSync", (bytes) => {
    if (time.now > end) throw stop;
    const seconds = time.now / 1000;
    const text = decoder.decode(bytes);
    recording.output += text;
    for (const line of text.replace(/\n$/, "").split("\n")) {
      lines.push({ text: line, seconds });
    }
    const earlier = lines.at(-MAX_LINES_PER_MS);
    if (earlier && seconds - earlier.seconds < 0.001) {
      throw new Error(
        `main printed ${MAX_LINES_PER_MS} lines within a millisecond, at ${seconds} s; it has to sleep between them.`,
      );
    }
    return bytes.length;
  });

  function sleep(ms: number, blocking: boolean) {
    const from = time.now / 1000;
    const to = Math.min(from + ms / 1000, seconds);
    const after = lines.findLast(({ text }) => text)?.text ?? "";
    if (from < to) sleeps.push({ from, to, after, blocking });
  }

  // Timers that are due. FakeTime calls the callbacks of several at once; the
  // event loop calls one, then whatever that resumes, and then the next one.
  const due: (() => void)[] = [];
  using _timeout = stub(
    globalThis,
    "setTimeout",
    (callback, delay, ...args) => {
      // What is not from 1 to the longest delay counts as 1, as in Deno.
      const ms = delay && delay >= 1 && delay <= MAX_DELAY_MS
        ? Math.trunc(delay)
        : 1;
      sleep(ms, false);
      return setTimeout(() => due.push(() => callback(...args)), ms);
    },
  );

  using _wait = stub(Atomics, "wait", (array, index, value, timeout = NaN) => {
    // Given no time, the real function says whether it would wait at all.
    const outcome = wait(array, index, value, 0);
    if (outcome !== "timed-out") return outcome;

    const ms = Number.isNaN(timeout) ? Infinity : timeout;
    sleep(ms, true);
    time.tick(Math.min(ms, end + 1 - time.now));
    if (time.now > end) throw stop;
    return outcome;
  });

  let failure: unknown;
  Promise.try(main)
    .then(() => {
      throw new Error(
        `main returned at ${time.now / 1000} s; it has to go on for ever.`,
      );
    })
    .catch((error) => failure = error);
  if (time.now <= end) {
    recording.returned = { seconds: time.now / 1000, lines: lines.length };
  }

  // Where nothing else is due before the end, this is what the clock jumps to.
  setTimeout(() => {}, end + 1);
  while (true) {
    await new Promise((resolve) => setImmediate(resolve));
    if (failure || time.now > end) break;
    const callback = due.shift();
    if (callback) callback();
    else time.next();
  }

  if (failure && failure !== stop) throw failure;
  return recording;
}
