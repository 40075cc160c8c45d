import { runProgram } from "./child.ts";
import { FOR_EVER_MS } from "./clock.ts";
import { type Line, linesOf, MAX_EVENTS, type Recording } from "./record.ts";
import { TOO_MUCH, until } from "./record.ts";

const MAX_RECORDING_MS = 10_000; // far more than who waits for its timers takes
const MAX_START_MS = 4_000; // far more than Deno takes to start
/** How much later than recorded something may come, for the time it is due. */
const tolerance = (ms: number) => Math.max(200, ms / 20);

/** The line that stands for the end of a program. */
function endLine(at: number, error?: string): Line {
  const why = error ? ` with the error: ${error}` : "";
  return { text: `(the program ends${why})`, at };
}
/** The line that stands where no other one comes. */
const NOTHING: Line = { text: "nothing more", at: Infinity };

const busyAt = (ms: number) =>
  `It keeps the thread busy: the fake clock, which moves only when all wait,
is still at ${ms} ms after 10 s. If it never waits, an \`await\` or a \`yield*\`
may be missing. What is thousands of calls deep takes long to record, too.`;

/**
 * Records the program in a file, in a process of its own, up to `seconds`, and as
 * long again to see who goes on then.
 *
 * @throws An `Error` that says why that can't be done.
 */
export async function recordFile(path: string, seconds: number) {
  const config = `--config=${import.meta.dirname}/../../deno.json`;
  const preload = `--preload=${import.meta.dirname}/preload.ts`;
  const recording: Recording = [];
  const now = () => recording.at(-1)?.at ?? 0; // on the fake clock
  const stamp = () => ({ at: now(), running: [] });
  const isTooMuch = () => recording.at(-MAX_EVENTS)?.at === now();
  let rest = "";
  function read(text: string) {
    const pieces = (rest + text).split(/\v([^\n]*)\n/);
    rest = pieces.pop()!;
    for (const [i, text] of pieces.entries()) {
      if (i % 2 === 1) recording.push(JSON.parse(text));
      // Whatever is no event was printed in a way that nobody follows.
      else if (text) recording.push({ ...stamp(), does: "prints", text });
    }
  }
  const isOver = (ms: number) =>
    isTooMuch() || now() > 2_000 * seconds || ms > MAX_RECORDING_MS;
  const args = [config, preload, path];
  const { ended, error, stderr } = await runProgram(args, read, isOver);
  if (stderr) console.error(stderr.trimEnd());
  if (error) recording.push({ ...stamp(), does: "ends", error });
  const isCut = !ended && now() <= seconds * 1000;
  if (isCut) throw new Error(isTooMuch() ? TOO_MUCH : busyAt(now()));
  if (linesOf(until(recording, seconds)).length > 0) return recording;
  const isBlocked = now() >= FOR_EVER_MS;
  const why = isBlocked ? " Atomics.wait is given no time: it never ends." : "";
  throw new Error(`It prints nothing in ${seconds} s.${why}`);
}

/**
 * Runs a program on the real clock, for `seconds` and until all that was recorded in
 * them should have come, and compares. `program` is what follows `deno run`. A line
 * that comes late may be the machine's fault, so there are three tries.
 *
 * @throws An `Error` that says where the run differs from the recording and, if that
 * is known, why.
 */
export async function confirm(
  recording: Recording,
  program: string[],
  seconds: number,
) {
  const shown = until(recording, seconds);
  const recorded: Line[] = linesOf(shown);
  const end = shown.find((event) => event.does === "ends");
  if (end) recorded.push(endLine(end.at, end.error));
  recorded.push(NOTHING); // A line there is late by -Infinity, none by NaN.
  for (let tries = 1; true; tries++) {
    const printed = await run(program, seconds, recorded.length - 1);
    const pairs = recorded.map((expected, i) => {
      const line = printed[i] ?? NOTHING;
      return { expected, line, late: line.at - expected.at };
    });
    const i = pairs.findIndex(({ expected, line, late }) =>
      line.text !== expected.text || late < 0 ||
      late - pairs[0].late > tolerance(expected.at)
    );
    if (i < 0) return;
    const { expected, line, late } = pairs[i];
    const isSame = line === NOTHING || line.text === expected.text;
    const isLate = isSame && late >= 0;
    let cause = causeOf(shown, pairs, i);
    if (isLate && tries === 3) cause ??= WORK;
    const message = `It does not print the same as was recorded, or not then:
recorded: ${inWords(expected)}
printed:  ${inWords(line)}
${cause ?? ""}`.trimEnd();
    if (cause || !isLate) throw new Error(message);
    const machine = i > 1 ? "The machine may be busy, so once" : "Once";
    console.error(`${message}\n${machine} more:`);
  }
}

/** A line as recorded and as printed, and how many milliseconds late that came. */
type Pair = { expected: Line; line: Line; late: number };

/** What went wrong, in a sentence: what is no plain `Error` was not expected. */
export function sentenceOf(error: Error & { code?: string }): string {
  if (error.constructor === Error || error.code) return error.message;
  return `Something is wrong in the program or in these tools: ${error.stack}`;
}

/** Runs a program for `seconds`, and on until it has printed so many lines. */
async function run(program: string[], seconds: number, count: number) {
  const due = seconds * 1000;
  const pieces: Line[] = [];
  const { at, ended, error } = await runProgram(
    program,
    (text, at) => pieces.push({ text, at }),
    (now) => {
      const begun = pieces[0]?.at ?? MAX_START_MS;
      const isOver = now >= begun + due + tolerance(due);
      return isOver || now >= due && linesOf(pieces).length >= count;
    },
  );
  const lines: Line[] = linesOf(pieces);
  if (ended) lines.push(endLine(at, error));
  return lines.filter(({ at }, i) => i < count || at < due);
}

const listOf = (all: Set<string>) => new Intl.ListFormat("en-GB").format(all);
const inWords = ({ text, at }: Line) =>
  at < Infinity ? `${(at / 1000).toFixed(3)} s  ${text}` : text;

const WORK =
  `It was late three times. If the machine is not busy, this may be it:
work that keeps the thread busy takes no time on the fake clock. To show what
blocks, let it wait by Atomics.wait, or ask performance.now() again and again.`;
const CHANCE =
  `They differ in digits alone: a measured time, a date and chance are
others in each run. Leave them out of what is printed.`;
const SHORT =
  `It comes later with each line: Deno's sleeps are 1 to 2 ms longer than
asked for, and many short ones add up. Let it sleep longer, but less often.`;

/** Why the line of this number differs, if it is known. */
function causeOf(shown: Recording, pairs: Pair[], i: number) {
  const { expected, line } = pairs[i];
  const expectsLine = (pair: Pair) => pair.expected.text === line.text;
  const withoutDigits = ({ text }: Line) => text.replaceAll(/[\d.]+/g, "0");
  const isLike = withoutDigits(expected) === withoutDigits(line);
  if (isLike && !pairs.some(expectsLine)) return CHANCE;

  const uses = shown.filter((event) => event.does === "uses");
  const used = new Set(uses.map(({ what }) => what));
  if (used.size > 0) {
    const names = listOf(used);
    const them = used.size > 1 ? "them" : "that";
    return `It uses ${names}, and the fake clock does not follow ${them}.`;
  }

  const countTimers = (from: number, to: number) =>
    shown.filter(({ does, at }) => does === "fires" && at >= from && at <= to)
      .length;
  if (line.text === expected.text) {
    // What comes halfway must be late in the same way, by 0.5 to 2.5 ms a sleep.
    const addsUp = [pairs[i >> 1], pairs[i]].every(({ expected, late }) => {
      const sleeps = countTimers(pairs[0].expected.at, expected.at);
      const later = late - pairs[0].late;
      return later > sleeps / 2 - 20 && later < sleeps * 2.5 + 20;
    });
    return addsUp ? SHORT : undefined;
  }

  const at = pairs.slice(i).find(expectsLine)?.expected.at ?? Infinity;
  if (at > expected.at + 10 || countTimers(expected.at, at) < 2) return;
  const due = listOf(new Set([`${expected.at / 1000} s`, `${at / 1000} s`]));
  return `Both are due at ${due}; in a real run either may come first. ` +
    "Make one of them 10 ms longer.";
}
