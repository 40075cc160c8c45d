import { type Event, fakeClock } from "./clock.ts";

/** All that a program does on the fake clock, in order. */
export type Recording = Event[];

/** A line that is printed, and when, in milliseconds since the program began. */
export interface Line {
  text: string;
  at: number;
}

/** No lesson prints so often; who never waits gets there at once. */
export const MAX_PRINTS = 3_000;

/** What is printed from 0 to `seconds`, both ends included. */
export function textOf(recording: Recording, seconds: number): string {
  return until(recording, seconds).map(({ text = "" }) => text).join("");
}

/** The same, line by line. */
export function linesOf(recording: Recording, seconds: number): Line[] {
  const lines: Line[] = [];
  let unfinished = "";
  let at = 0;
  for (const event of until(recording, seconds)) {
    const finished = (unfinished + (event.text ?? "")).split("\n");
    unfinished = finished.pop()!;
    at = event.at;
    lines.push(...finished.map((text) => ({ text, at })));
  }
  return unfinished ? [...lines, { text: unfinished, at }] : lines;
}

/** What is done from 0 to `seconds`, both ends included. */
export function until(recording: Recording, seconds: number): Recording {
  return recording.filter(({ at }) => at <= seconds * 1000);
}

/**
 * Plays the `main` of a module on the fake clock, from 0 to `seconds`, both ends
 * included, or to its end, and tells what it does. The module is loaded by `load`.
 *
 * @throws What the program throws and nobody catches, or an `Error` if the module
 * does anything but wait for its `main` to be called.
 */
export async function play(
  load: () => Promise<{ main: () => unknown }>,
  seconds: number,
  tell: (event: Event) => void,
) {
  const { promise: over, resolve, reject } = Promise.withResolvers<void>();
  const stop = new Error("The play is over.");
  let idle = true;
  const clock = fakeClock({
    tell(event, printed) {
      idle = false;
      if (event.at > seconds * 1000) {
        resolve();
        throw stop;
      }
      if (event.does === "prints") event.text = printed.join(" ") + "\n";
      try {
        tell(event);
      } catch (error) {
        reject(error);
        throw error;
      }
    },
    fail: reject,
    rest() {
      clock.see("ends");
      resolve();
    },
  });
  function onRejection(event: PromiseRejectionEvent) {
    event.preventDefault();
    reject(event.reason);
  }
  addEventListener("unhandledrejection", onRejection);
  try {
    const module = await Promise.race([load(), over]).catch((error) => {
      if (error !== stop) throw error;
    });
    if (!module || !idle) {
      throw new Error(
        "The script does something as soon as it is imported. Let `main` do it, " +
          "and let the last line be `if (import.meta.main) main();`",
      );
    }
    try {
      module.main();
    } catch (error) {
      reject(error);
    }
    clock.schedule();
    await over;
  } finally {
    clock[Symbol.dispose]();
    // What the end rejects is rejected now.
    await new Promise((resolve) => setImmediate(resolve));
    removeEventListener("unhandledrejection", onRejection);
  }
}

/**
 * Records what `play` tells.
 *
 * @throws What `play` throws, or an `Error` if the program prints without an end.
 */
export async function record(
  load: () => Promise<{ main: () => unknown }>,
  seconds: number,
): Promise<Recording> {
  const recording: Recording = [];
  let prints = 0;
  await play(load, seconds, (event) => {
    recording.push(event);
    if (event.does === "prints" && ++prints > MAX_PRINTS) {
      throw new Error(printsTooMuch(event.at));
    }
  });
  return recording;
}

/** Why a program is refused that prints so much up to `at`, in milliseconds. */
export function printsTooMuch(at: number) {
  return `It prints more than ${MAX_PRINTS} times up to ${
    at / 1000
  } s, and nobody ` +
    "reads that. If it never waits, an `await` or a `yield*` may be missing.";
}
