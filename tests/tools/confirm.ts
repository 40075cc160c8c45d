import { startProgram } from "./child.ts";
import { asLines, type Line, linesOf, MAX_EVENTS } from "./record.ts";
import { type Recording, TOO_MUCH, until } from "./record.ts";

/** Far more than it takes to record a program that waits for its timers. */
const MAX_RECORDING_MS = 10_000;
/** Far more than Deno takes to start. */
const MAX_START_MS = 4_000;
/** How much later than recorded something may come, for the time it is due. */
const tolerance = (ms: number) => Math.max(200, ms / 20);

/** The line that stands for the end of a program. */
const endLine = (error?: string) =>
  `(the program ends${error ? ` with the error: ${error}` : ""})`;

/**
 * Records the program in a file, in a process of its own, up to `seconds`, and as
 * long again to see who goes on then.
 *
 * @throws An `Error` that says why that can't be done.
 */
export async function recordFile(
  path: string,
  seconds: number,
): Promise<Recording> {
  const here = import.meta.dirname;
  const recording: Recording = [];
  const reached = () => recording.at(-1)?.at ?? 0;
  let reason = "";
  let rest = "";
  const config = `--config=${here}/../../deno.json`;
  const preload = `--preload=${here}/preload.ts`;
  const { outcome, end } = startProgram([config, preload, path], (text) => {
    const pieces = (rest + text).split("\n");
    rest = pieces.pop()!;
    for (const piece of pieces) {
      // Whatever is no event was printed in a way that nobody follows.
      const [foreign, event] = piece.split("\x1e");
      const at = reached();
      const text = event === undefined ? `${foreign}\n` : foreign;
      if (text) recording.push({ at, running: [], does: "prints", text });
      if (event) recording.push(JSON.parse(event));
    }
    if (recording.at(-MAX_EVENTS)?.at === reached()) reason = TOO_MUCH;
    if (reason || reached() > 2_000 * seconds) end();
  });
  const timer = setTimeout(() => {
    reason = `It keeps the thread busy: the fake clock, which moves only when
all wait, stands at ${reached() / 1000} s after ${MAX_RECORDING_MS / 1000} s.
If it never waits, an \`await\` or a \`yield*\` may be missing.`;
    end();
  }, MAX_RECORDING_MS);
  const { ended, error, stderr } = await outcome;
  clearTimeout(timer);
  await Deno.stderr.write(new TextEncoder().encode(stderr));
  if (error) {
    recording.push({ at: reached(), running: [], does: "ends", error });
  }
  if (!ended && reached() <= seconds * 1000) throw new Error(reason);
  const { length } = linesOf(recording, seconds);
  if (length > 20 * MAX_EVENTS) throw new Error(TOO_MUCH);
  if (length > 0) return recording;
  const waits = recording.some((event) => "forEver" in event);
  const why = error ??
    (waits && "Atomics.wait is given no time: it never ends");
  throw new Error(`It prints nothing in ${seconds} s${why ? `: ${why}` : ""}.`);
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
  const recorded = linesOf(recording, seconds);
  const end = until(recording, seconds).find(({ does }) => does === "ends");
  if (end?.does === "ends") {
    recorded.push({ text: endLine(end.error), at: end.at });
  }
  const tell = (line?: Line) =>
    line ? `${(line.at / 1000).toFixed(3)} s  ${line.text}` : "nothing more";
  const lateIn: number[] = []; // the number of the first late line of each try
  for (let tries = 1; true; tries++) {
    const printed = await run(program, seconds, recorded.length);
    const i = differs(recorded, printed, seconds);
    if (i === undefined) return;
    const late = !printed[i] || printed[i].text === recorded[i]?.text;
    if (late) lateIn.push(i);
    const message = `It does not print the same as was recorded, or not then:
recorded: ${tell(recorded[i])}
printed:  ${tell(printed[i])}`;
    let cause = causeOf(recording, recorded, printed, i);
    if (!cause && tries === 3 && lateIn.every((each) => each === i)) {
      cause = WORK;
    }
    if (cause || !late || tries === 3) {
      throw new Error([message, cause].filter(Boolean).join("\n"));
    }
    const machine = i > 1 ? "The machine may be busy, so once" : "Once";
    console.error(`${message}\n${machine} more:`);
  }
}

/** How a script is run alone: from its text, with nothing beside it. */
export function alone(script: string): string[] {
  const url = `data:text/typescript;charset=utf-8,${
    encodeURIComponent(script)
  }`;
  return ["--no-config", url];
}

/** Runs a program for `seconds`, and on until it has printed so many lines. */
async function run(program: string[], seconds: number, count: number) {
  const begun = performance.now();
  const now = () => performance.now() - begun;
  const pieces: Line[] = [];
  const { outcome, end } = startProgram(program, (text) => {
    pieces.push({ text, at: now() });
  });
  const timer = setInterval(() => {
    const due = seconds * 1000;
    const last = (pieces[0]?.at ?? MAX_START_MS) + due + tolerance(due);
    const enough = asLines(pieces).length >= count;
    if (now() >= (enough ? due : last)) end();
  }, 100);
  const { ended, error } = await outcome;
  clearInterval(timer);
  const lines = asLines(pieces);
  return ended ? [...lines, { text: endLine(error), at: now() }] : lines;
}

/** The first line that is not printed as it was recorded, and when, by its number. */
function differs(recorded: Line[], printed: Line[], seconds: number) {
  for (let i = 0; i < Math.max(recorded.length, printed.length); i++) {
    const [expected, line] = [recorded[i], printed[i]];
    if (!expected && line.at >= seconds * 1000) return;
    if (!expected || expected.text !== line?.text) return i;
    const early = line.at < expected.at; // since the process was started
    if (early || lateness(recorded, printed, i) > tolerance(expected.at)) {
      return i;
    }
  }
}

/** How many milliseconds a line came late, counted from the first one. */
function lateness(recorded: Line[], printed: Line[], i: number) {
  return printed[i].at - printed[0].at - (recorded[i].at - recorded[0].at);
}

const WORK = `It came late three times: work that keeps the thread busy takes no
time on the fake clock. To show what blocks, let it wait by Atomics.wait, or ask
performance.now() again and again.`;

/** Why the line of this number differs, if it is known. */
function causeOf(
  recording: Recording,
  recorded: Line[],
  printed: Line[],
  i: number,
): string | undefined {
  const [expected, line] = [recorded[i], printed[i]];
  const withoutDigits = (line?: Line) => line?.text.replaceAll(/\d+/g, "0");
  const isOther = line && !recorded.some(({ text }) => text === line.text);
  if (isOther && withoutDigits(expected) === withoutDigits(line)) {
    return `They differ in digits alone: a measured time, a date and chance are
others in each run. Leave them out of what is printed.`;
  }
  for (const event of recording) {
    if (event.does !== "uses") continue;
    return `It uses ${event.what}, and the fake clock does not follow that.`;
  }
  const other = recorded.find(({ text, at }, j) =>
    j > i && text === line?.text && at - expected.at <= 10
  );
  if (other && timersDue(recording, expected.at, other.at) > 1) {
    const [a, b] = [expected, other].map(({ at }) => `${at / 1000} s`);
    const due = a === b
      ? `Both are due at ${a}`
      : `They are due at ${a} and ${b}`;
    return `${due}; in a real run either may come first. Make one of them 10 ms longer.`;
  }
  const last = line ? i : i - 1;
  const fired = until(recording, expected.at / 1000)
    .filter(({ does }) => does === "fires").length;
  const late = (i: number) => lateness(recorded, printed, i);
  if (fired < 20 || last < 1 || line && line.text !== expected.text) return;
  const [half, each] = [late(last >> 1) / late(last), late(last) / fired];
  const grows = last < 4 || half > 0.25 && half < 0.75;
  if (grows && each > 0.5 && each < 4) {
    return `It comes later with each line: Deno's sleeps are 1 to 2 ms longer than
asked for, and many short ones add up. Let it sleep longer, but less often.`;
  }
}

/** At how many different times the timers were set that are due between two times. */
function timersDue(recording: Recording, from: number, to: number): number {
  const setAt = new Map<number, number>();
  const found = new Set<number>();
  for (const { at, ...event } of recording) {
    if (event.does === "sets") setAt.set(event.timer, at);
    if (event.does === "fires" && at >= from && at <= to) {
      found.add(setAt.get(event.timer)!);
    }
  }
  return found.size;
}
