import { type Event, fakeClock } from "./clock.ts";

/** All that a program does on the fake clock, in order. */
export type Recording = Event[];

/** A line that is printed, and when, in milliseconds since the program began. */
export type Line = { text: string; at: number };
type Printed = { text?: string; at: number };

/** Nobody follows more events at one time; who never waits soon has so many. */
export const MAX_EVENTS = 500;
export const TOO_MUCH = `It does more at one time than anybody can follow. If it
never waits, an \`await\` or a \`yield*\` may be missing.`;

/** What is printed from 0 to `seconds`, both ends included. */
export function textOf(recording: Recording, seconds: number): string {
  return until(recording, seconds).map(({ text = "" }) => text).join("");
}

/** The same, line by line. */
export function linesOf(recording: Printed[], seconds: number): Line[] {
  const lines: Line[] = [];
  let unfinished = "";
  let at = 0;
  for (const event of until(recording, seconds)) {
    const finished = (unfinished + (event.text ?? "")).split("\n");
    unfinished = finished.pop()!;
    at = event.at;
    for (const text of finished) lines.push({ text, at });
  }
  return unfinished ? [...lines, { text: unfinished, at }] : lines;
}

/** What is done from 0 to `seconds`, both ends included. */
export function until<T extends Printed>(recording: T[], seconds: number): T[] {
  return recording.filter(({ at }) => at <= seconds * 1000);
}

/**
 * Records the `main` of a module, which is loaded by `load` on the fake clock, too,
 * from 0 to `seconds`, both ends included, or to its end. With `keep`, each event
 * goes there instead of into the recording.
 *
 * @throws What the program throws and nobody catches, or an `Error` if it never
 * waits.
 */
export async function record(
  load: () => Promise<{ main: () => unknown }>,
  seconds: number,
  keep?: (event: Event) => void,
): Promise<Recording> {
  const recording: Recording = [];
  const { promise: over, resolve, reject } = Promise.withResolvers<void>();
  const clock = fakeClock((event, printed) => {
    const late = event.at > seconds * 1000;
    const tooMuch = recording.at(-MAX_EVENTS)?.at === event.at;
    if (late) resolve();
    if (tooMuch) reject(new Error(TOO_MUCH));
    if (late || tooMuch) throw new Error("The recording is over.");
    if (printed) event.text = printed.args.join(" ") + "\n";
    if (keep) keep(event);
    else recording.push(event);
  }, () => {
    clock.see("ends");
    resolve();
  });
  async function start() {
    const { main } = await load();
    clock.begin();
    clock.schedule();
    await main();
  }
  function onError(event: ErrorEvent | PromiseRejectionEvent) {
    event.preventDefault();
    reject(event instanceof ErrorEvent ? event.error : event.reason);
  }
  addEventListener("error", onError);
  addEventListener("unhandledrejection", onError);
  try {
    start().catch(reject);
    await over;
    return recording;
  } finally {
    // Whoever goes on fails at the next thing that it does, and is rejected.
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    await turn();
    clock.stop();
    await turn();
    removeEventListener("error", onError);
    removeEventListener("unhandledrejection", onError);
  }
}
