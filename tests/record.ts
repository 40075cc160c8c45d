import { play } from "./play.ts";

/** What a script did, and when, in virtual seconds since it began. */
export interface Recording {
  /** How many seconds were recorded. */
  seconds: number;
  /** All that was printed, to the letter. */
  output: string;
  /** The lines of the output, each with the time at which it was finished. */
  lines: Line[];
  /** The sleeps, in the order in which they began. */
  sleeps: Sleep[];
  /**
   * When main returned to the event loop, and after how many lines; undefined if
   * main kept the thread.
   */
  returned?: { seconds: number; lines: number };
}

export interface Line {
  text: string;
  seconds: number;
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

/**
 * Records what `main` does from 0 to `seconds`, both ends included.
 *
 * @throws What `play` throws. There it says what is recorded, and what isn't.
 */
export async function record(
  main: () => unknown,
  seconds: number,
): Promise<Recording> {
  const recording: Recording = { seconds, output: "", lines: [], sleeps: [] };
  const { lines, sleeps } = recording;
  let unfinished = "";
  let printedAt = 0;
  await play(main, seconds, {
    print(text, seconds) {
      recording.output += text;
      const finished = (unfinished + text).split("\n");
      unfinished = finished.pop()!;
      lines.push(...finished.map((text) => ({ text, seconds })));
      printedAt = seconds;
    },
    sleep(from, to, blocking) {
      const after = unfinished || lines.findLast(({ text }) => text)?.text;
      const sleep = { from, to, after: after ?? "", blocking };
      sleeps.push(sleep);
      return sleep;
    },
    returned: (seconds) =>
      recording.returned = { seconds, lines: lines.length },
  });
  if (unfinished) lines.push({ text: unfinished, seconds: printedAt });
  return recording;
}
