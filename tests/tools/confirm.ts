import { resolve } from "node:path";
import { runProgram } from "./child.ts";
import { asLines, type Line, linesOf, MAX_EVENTS } from "./record.ts";
import { type Recording, TOO_MUCH, until } from "./record.ts";

const MAX_RECORDING_MS = 10_000; // far more than who waits for its timers takes
const MAX_START_MS = 4_000; // far more than Deno takes to start
/** How much later than recorded something may come, for the time it is due. */
const tolerance = (ms: number) => Math.max(200, ms / 20);

/** The line that stands for the end of a program. */
function endLine(at: number, error?: string): Line {
  const why = error ? ` with the error: ${error}` : "";
  return { text: `(the program ends${why})`, at };
}

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
  const here = import.meta.dirname!;
  const config = `--config=${resolve(here, "../../deno.json")}`;
  const preload = `--preload=${resolve(here, "preload.ts")}`;
  const recording: Recording = [];
  const now = () => ({ at: recording.at(-1)?.at ?? 0, running: [] });
  const isTooMuch = () => recording.at(-MAX_EVENTS)?.at === now().at;
  let rest = "";
  function read(text: string) {
    const pieces = (rest + text).split("\n");
    rest = pieces.pop()!;
    for (const piece of pieces) {
      // Whatever is no event was printed in a way that nobody follows.
      const [foreign, event] = piece.split("\x1e");
      const text = event === undefined ? `${foreign}\n` : foreign;
      if (text) recording.push({ ...now(), does: "prints", text });
      if (event) recording.push(JSON.parse(event));
    }
  }
  const { ended, error, stderr } = await runProgram(
    [config, preload, path],
    read,
    (ms) => isTooMuch() || now().at > 2_000 * seconds || ms > MAX_RECORDING_MS,
  );
  if (stderr) console.error(stderr.trimEnd());
  if (error) recording.push({ ...now(), does: "ends", error });
  const { length } = linesOf(recording, seconds);
  const isCut = !ended && now().at <= seconds * 1000;
  if (isCut && isTooMuch() || length > 20 * MAX_EVENTS) {
    throw new Error(TOO_MUCH);
  }
  if (isCut) throw new Error(busyAt(now().at));
  if (length > 0) return recording;
  const waits = recording.some((event) =>
    event.does === "blocks" && event.forEver
  );
  const forEver = "Atomics.wait is given no time: it never ends.";
  const why = error ?? (waits ? forEver : "");
  throw new Error(`It prints nothing in ${seconds} s. ${why}`.trimEnd());
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
  const recorded: Line[] = linesOf(shown, seconds);
  const end = shown.find((event) => event.does === "ends");
  if (end) recorded.push(endLine(end.at, end.error));
  const lateIn: number[] = []; // the number of the first late line of each try
  for (let tries = 1; true; tries++) {
    const printed = await run(program, seconds, recorded.length);
    const pairs = pair(recorded, printed);
    const i = pairs.findIndex(differs);
    if (i < 0) return;
    const { expected, line, late } = pairs[i];
    const isLate = !line || line.text === expected?.text && late >= 0;
    if (isLate) lateIn.push(i);
    const isWork = lateIn.length === 3 && new Set(lateIn).size === 1;
    const cause = causeOf(shown, pairs, i) || isWork && WORK;
    const message = `It does not print the same as was recorded, or not then:
recorded: ${tell(expected)}
printed:  ${tell(line)}
${cause || ""}`.trimEnd();
    if (cause || !isLate || tries === 3) throw new Error(message);
    const machine = i > 1 ? "The machine may be busy, so once" : "Once";
    console.error(`${message}\n${machine} more:`);
  }
}

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
      const last = (pieces[0]?.at ?? MAX_START_MS) + due + tolerance(due);
      if (now < due) return false;
      return now >= last || asLines(pieces).length >= count;
    },
  );
  const lines: Line[] = asLines(pieces);
  if (ended) lines.push(endLine(at, error));
  return lines.filter(({ at }, i) => i < count || at < due);
}

/** A line as recorded and as printed, and how many milliseconds late that came. */
type Pair = { expected?: Line; line?: Line; late: number };

function pair(recorded: Line[], printed: Line[]): Pair[] {
  const { length } = recorded.length > printed.length ? recorded : printed;
  return Array.from({ length }, (_, i) => {
    const [expected, line] = [recorded[i], printed[i]];
    return { expected, line, late: line?.at - expected?.at };
  });
}

/** Whether a line is another one, early, or late, counted from the first one. */
function differs({ expected, line, late }: Pair, _: number, [first]: Pair[]) {
  if (!expected || expected.text !== line?.text || late < 0) return true;
  return late - first.late > tolerance(expected.at);
}

const tell = (line?: Line) =>
  line ? `${(line.at / 1000).toFixed(3)} s  ${line.text}` : "nothing more";

const WORK = `It came late three times: work that keeps the thread busy takes no
time on the fake clock. To show what blocks, let it wait by Atomics.wait, or ask
performance.now() again and again.`;
const CHANCE =
  `They differ in digits alone: a measured time, a date and chance are
others in each run. Leave them out of what is printed.`;
const SHORT =
  `It comes later with each line: Deno's sleeps are 1 to 2 ms longer than
asked for, and many short ones add up. Let it sleep longer, but less often.`;

/** Why the line of this number differs, if it is known. */
function causeOf(recording: Recording, pairs: Pair[], i: number) {
  const { expected, line } = pairs[i];
  const withoutDigits = (line?: Line) => line?.text.replaceAll(/[\d.]+/g, "0");
  const isOther = !pairs.some(({ expected }) => expected?.text === line?.text);
  if (isOther && withoutDigits(expected) === withoutDigits(line)) return CHANCE;
  const used = recording.find((event) => event.does === "uses");
  if (used) {
    return `It uses ${used.what}, and the fake clock does not follow that.`;
  }
  if (!expected) return;
  if (!line || line.text === expected.text) {
    return addsUp(recording, pairs.slice(0, i + 1)) ? SHORT : undefined;
  }
  const later = pairs.slice(i).map(({ expected }) => expected);
  const at = later.find((each) => each?.text === line.text)?.at ?? Infinity;
  const fired = recording.filter((event) =>
    event.does === "fires" && event.at >= expected.at && event.at <= at
  );
  if (at > expected.at + 10 || fired.length < 2) return;
  const due = new Set([expected.at, at].map((at) => `${at / 1000} s`));
  return `Both are due at ${[...due].join(" and ")}; in a real run either ` +
    "may come first. Make one of them 10 ms longer.";
}

/** Whether these lines came later and later, by as much as the sleeps before them. */
function addsUp(recording: Recording, pairs: Pair[]) {
  const due = pairs.at(-1)!.expected!.at;
  const before = recording.filter(({ at }) => at <= due);
  const fired = before.filter(({ does }) => does === "fires").length;
  const late = pairs.filter(({ line }) => line)
    .map((pair) => pair.late - pairs[0].late);
  const last = late.length - 1;
  if (fired < 20 || last < 1) return false;
  const [half, each] = [late[last >> 1] / late[last], late[last] / fired];
  return each > 0.5 && each < 4 && (last < 4 || half > 0.25 && half < 0.75);
}
