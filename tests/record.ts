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
  /**
   * The spans in which a sleep blocked the thread. `after` is the last text that
   * was printed before, and so tells who sleeps.
   */
  blocked: { from: number; to: number; after: string }[];
}

// A main that prints more than this is taken for one that never sleeps.
const MAX_LINES_PER_MS = 100;

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
  const recording: Recording = { seconds, output: "", lines: [], blocked: [] };
  const { lines, blocked } = recording;
  const end = seconds * 1000;
  const afterEnd = end + 1;
  // A main that never returns is left by throwing this when it goes on too long.
  const stop = new Error("The recording is over.");
  const decoder = new TextDecoder();
  const { wait } = Atomics;

  using time = new FakeTime(0);

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

  using _wait = stub(Atomics, "wait", (array, index, value, timeout = NaN) => {
    // Given no time, the real function says whether it would wait at all.
    const outcome = wait(array, index, value, 0);
    if (outcome !== "timed-out") return outcome;

    const from = time.now;
    const wake = from + timeout;
    time.tick((wake <= end ? wake : afterEnd) - from);
    const to = Math.min(time.now, end);
    if (from < to) {
      const after = lines.findLast(({ text }) => text)?.text ?? "";
      blocked.push({ from: from / 1000, to: to / 1000, after });
    }
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

  // Where nothing else is due before the end, this is what the clock jumps to.
  setTimeout(() => {}, afterEnd);
  while (!failure && time.now <= end) await time.nextAsync();
  await time.runMicrotasks();

  if (failure && failure !== stop) throw failure;
  return recording;
}
