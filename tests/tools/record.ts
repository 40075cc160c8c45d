import process from "node:process";
import { setImmediate as turn } from "node:timers/promises";
import { fakeClock, type Tick } from "./clock.ts";
import { type Callback, type Change, type Running, trace } from "./trace.ts";

/** Something that a program does, `at` so many milliseconds since it began. */
export type RecordedEvent =
  & { at: number; running: Running[] }
  & (Change | Doing);
type Doing =
  | Tick
  | { does: "prints"; text: string }
  | { does: "uses"; what: string } // and the fake clock does not follow it
  | { does: "ends"; error?: string };

/** All that a program does on the fake clock, in order. */
export type Recording = RecordedEvent[];

/** A line, or a piece of one, and when it is printed: milliseconds since the start. */
export type Line = { text: string; at: number };

/** Nobody follows more events at one time; who never waits soon has so many. */
export const MAX_EVENTS = 2_000;
export const TOO_MUCH =
  `It does more at one time than anybody can follow. If it is
to wait for a timer, an \`await\` or a \`yield*\` may be missing.`;

/** What is printed from 0 to `seconds`, both ends included. */
export function textOf(recording: Recording, seconds: number): string {
  return until(recording, seconds)
    .map((event) => event.does === "prints" ? event.text : "").join("");
}

/** Makes whole lines of pieces: each has its end's time, and the piece it is `from`. */
export function linesOf<Piece extends { at: number; text?: string }>(
  pieces: Piece[],
) {
  const lines: (Line & { from: Piece })[] = [];
  let goesOn = false;
  for (const piece of pieces) {
    for (const part of piece.text?.match(/[^\n]*\n|[^\n]+/g) ?? []) {
      const begun = goesOn ? lines.pop()! : { text: "", from: piece };
      // By a \r a terminal goes back to the line's beginning.
      const text = begun.text + part.replaceAll(/[\r\n]/g, "");
      lines.push({ text, at: piece.at, from: begun.from });
      goesOn = !part.endsWith("\n");
    }
  }
  return lines;
}

/** What is done from 0 to `seconds`, both ends included. */
export function until(recording: Recording, seconds: number): Recording {
  return recording.filter(({ at }) => at <= seconds * 1000);
}

type Emit = (event: RecordedEvent) => void;

/** Stands in for `trace` where nobody asks who has control: that takes far longer. */
const untraced: ReturnType<typeof trace> = {
  asCallback: (given) => given,
  run: (main) => main(),
  idle() {},
  tell: (what) => what([]),
  stop() {},
};

/**
 * Puts the fake clock in place, and a standard output that is told, until `stop` is
 * called. `emit` gets each event; the program gets what it throws. `end` is called
 * when no timer is left. Who has control is told if it is `traced`.
 *
 * @returns `tell`, which adds an event; `run`, which calls a `main` as a file does; and
 * `start`, after which the time goes on when all wait.
 */
export function recorder(emit: Emit, traced: boolean, end = () => {}) {
  const control = traced ? trace(stamp) : untraced;
  const { asCallback, idle, run } = control;
  const clock = fakeClock({ emit: tell, asCallback, idle, end });

  function stamp(what: Change | Doing & { running: Running[] }) {
    clock.resetQuestions();
    emit({ at: clock.now(), ...what });
  }
  function tell(doing: Doing) {
    control.tell((running) => stamp({ ...doing, running }));
  }

  const { queueMicrotask } = globalThis;
  const queue = (given: Callback) => queueMicrotask(asCallback(given));
  clock.replace(globalThis, "queueMicrotask", queue);

  // Deno's own class, which is not public, formats all as its console does.
  // deno-lint-ignore no-explicit-any
  const { Console, core } = (Deno as any)[(Deno as any).internal];
  const fake = new Console((text: string, level: number) => {
    if (level <= 1) tell({ does: "prints", text });
    else core.print(text, true); // It goes to standard error.
  });
  for (const name of Object.keys(fake) as (keyof Console)[]) {
    clock.replace(console, name, fake[name]);
  }
  // What Node's process.stdout writes comes this way, too.
  const decoder = new TextDecoder();
  function writeSync(bytes: Uint8Array) {
    tell({ does: "prints", text: decoder.decode(bytes, { stream: true }) });
    return bytes.length;
  }
  const write = (bytes: Uint8Array) => Promise.resolve(writeSync(bytes));
  clock.replace(Deno.stdout, "writeSync", writeSync);
  clock.replace(Deno.stdout, "write", write);

  function stop() {
    clock.stop();
    control.stop();
  }
  return { tell, run, start: clock.start, stop };
}

/**
 * Records the `main` of a module, which is loaded by `load`, on the fake clock from
 * 0 to `seconds`, both ends included, or to its end. With `keep`, each event goes
 * there instead of into the recording. Who has control is recorded if it is `traced`.
 *
 * @throws What the program throws and nobody catches, or an `Error` if it never waits.
 */
export async function record(
  load: () => Promise<{ main: () => unknown }>,
  seconds: number,
  { traced = false, keep }: { traced?: boolean; keep?: Emit } = {},
): Promise<Recording> {
  const recording: Recording = [];
  const { promise: over, resolve, reject } = Promise.withResolvers<void>();
  const { main } = await load();
  function add(event: RecordedEvent) {
    const isTooMuch = recording.at(-MAX_EVENTS)?.at === event.at;
    if (event.at > seconds * 1000) resolve();
    else if (isTooMuch) reject(new Error(TOO_MUCH));
    else return keep ? keep(event) : recording.push(event);
    throw new Error("The recording is over.");
  }
  const { tell, run, start, stop } = recorder(add, traced, () => {
    tell({ does: "ends" });
    resolve();
  });
  process.on("uncaughtException", reject); // It gets what is rejected, too.
  try {
    start();
    Promise.try(run, main).catch(reject);
    await over;
    return recording;
  } finally {
    // Whoever goes on fails at the next thing that it does.
    await turn();
    stop();
    process.off("uncaughtException", reject);
  }
}
