import {
  type Line,
  linesOf,
  MAX_PRINTS,
  printsTooMuch,
  type Recording,
  until,
} from "./record.ts";

/** Far more than it takes to record a program that waits for its timers. */
const MAX_RECORDING_MS = 10_000;
/** Far more than Deno takes to start. */
const MAX_START_MS = 4_000;

const CAUSES =
  `The cause usually is chance; the time of day; work that keeps the
thread busy; many very short sleeps; sleeps of different lengths that end almost
together; timers of node:timers/promises; or a deno.json of its own.`;

/** What a process printed. All times are milliseconds since it was started. */
interface Run {
  lines: Line[];
  /** When it ended by itself. */
  endedAt?: number;
}

/**
 * Records the program in a file up to `seconds`, and as long again to see who wakes
 * up, while a process runs it for `seconds` on the real clock: from its file or, to
 * have nothing beside it, from its text. A line that comes late may be the machine's
 * fault, so there are three tries. Tells `say` what goes on.
 *
 * @throws An `Error` that says why the program can't be recorded, or where the
 * process differs from the recording.
 */
export async function confirmed(
  path: string,
  seconds: number,
  { text, say = () => {} }: { text?: string; say?: (message: string) => void },
): Promise<Recording> {
  let lineCount = Infinity;
  const recorded = recordFile(path, seconds);
  recorded.then(
    (recording) => lineCount = linesOf(recording, seconds).length,
    () => lineCount = 0, // It is refused below.
  );
  for (let tries = 1;; tries++) {
    say(`${path} runs for up to ${seconds} s, to be compared …`);
    const run = await runFile(path, seconds, () => lineCount, text);
    const recording = await recorded;
    const difference = compare(recording, run, seconds);
    if (!difference) return recording;
    if (!difference.late || tries === 3) {
      throw new Error(`${difference.message}\n${CAUSES}`);
    }
    say(`${difference.message}\nIt may be the machine's fault, so once more:`);
  }
}

/** Records a program in a process of its own, by preload.ts. */
async function recordFile(path: string, seconds: number): Promise<Recording> {
  const here = import.meta.dirname;
  const config = `--config=${here}/../deno.json`;
  const child = start(
    [config, `--preload=${here}/preload.ts`, path],
    "inherit",
  );
  const recording: Recording = [];
  let lines = 0;
  let reason = "It ends with an error.";
  function refuse(why: string) {
    reason = why;
    kill(child);
  }
  function add(piece: string) {
    const [event] = piece.split("\n", 1);
    const text = piece.slice(event.length + 1);
    if (event.length === piece.length) return; // It was cut off.
    recording.push({ ...JSON.parse(event), text });
    lines += text.split("\n").length - 1;
  }
  const timer = setTimeout(() => {
    const reached = (recording.at(-1)?.at ?? 0) / 1000;
    refuse(
      `It keeps the thread busy: in ${
        MAX_RECORDING_MS / 1000
      } s the fake clock ` +
        `has come no further than ${reached} s, as it moves only when all wait.`,
    );
  }, MAX_RECORDING_MS);
  // What is printed belongs to the event before it.
  let rest = '{"at":0,"turn":0,"called":true,"generators":[],"functions":[]}\n';
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    const pieces = (rest + chunk).split("\x1e");
    rest = pieces.pop()!;
    pieces.forEach(add);
    const at = recording.at(-1)?.at ?? 0;
    if (at > 2_000 * seconds) kill(child);
    else if (lines > MAX_PRINTS) refuse(printsTooMuch(at));
  }
  clearTimeout(timer);
  add(rest);
  const last = recording.at(-1);
  if (!last || last.does !== "ends" && last.at <= seconds * 1000) {
    throw new Error(reason);
  }
  if (linesOf(recording, seconds).length > 0) return recording;
  throw new Error(`It prints nothing in its first ${seconds} s.`);
}

/** Runs a program until it has printed so many lines and `seconds` are over. */
async function runFile(
  path: string,
  seconds: number,
  lineCount: () => number,
  text?: string,
): Promise<Run> {
  const begun = performance.now();
  const now = () => performance.now() - begun;
  const child = text === undefined
    ? start([path], "null")
    : start(["--no-config", "--no-npm", "-"], "null", text);
  const lines: Line[] = [];
  let rest = "";
  let killed = false;
  function stop() {
    killed = true;
    kill(child);
  }
  function stopIfDone() {
    const done = now() >= seconds * 1000 && lines.length >= lineCount();
    if (done || lineCount() === 0 || lines.length > MAX_PRINTS) stop();
  }
  const last = seconds * 1000 + tolerance(seconds * 1000);
  const timers = [
    setInterval(stopIfDone, 100),
    setTimeout(stop, last + MAX_START_MS),
  ];
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    if (lines.length === 0) timers.push(setTimeout(stop, last));
    const at = now();
    const finished = (rest + chunk).split("\n");
    rest = finished.pop()!;
    lines.push(...finished.map((text) => ({ text, at })));
    stopIfDone();
  }
  timers.forEach(clearTimeout);
  if (rest) lines.push({ text: rest, at: now() });
  return { lines, endedAt: killed ? undefined : now() };
}

/** How much later than recorded something may come, for the time it is due. */
function tolerance(ms: number) {
  return Math.max(200, ms / 20);
}

/** What differs first, and whether just because something came late. */
function compare(
  recording: Recording,
  { lines, endedAt }: Run,
  seconds: number,
) {
  const recorded = linesOf(recording, seconds);
  const ended = until(recording, seconds).some(({ does }) => does === "ends");
  const tell = (line?: Line) =>
    line ? `${(line.at / 1000).toFixed(3)} s  ${line.text}` : "nothing more";
  for (let i = 0; i < Math.max(recorded.length, lines.length); i++) {
    const [expected, line] = [recorded[i], lines[i]];
    if (!expected && line.at >= seconds * 1000) break;
    const message = `It does not print the same as was recorded, or not then:
recorded: ${tell(expected)}
printed:  ${tell(line)}`;
    if (!line) return { message, late: endedAt === undefined };
    const early = !expected || line.at < expected.at;
    if (early || line.text !== expected.text) return { message, late: false };
    const due = lines[0].at + expected.at - recorded[0].at;
    if (line.at > due + tolerance(expected.at)) return { message, late: true };
  }
  if (ended && endedAt === undefined) {
    return { message: "It does not end, as was recorded.", late: true };
  }
  if (!ended && endedAt !== undefined && endedAt < seconds * 1000) {
    return { message: "It ends, unlike what was recorded.", late: false };
  }
}

/** Starts Deno with no permission. */
function start(args: string[], stderr: "inherit" | "null", input = "") {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", ...args],
    env: { NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr,
  }).spawn();
  // It may end before it has read all.
  new Blob([input]).stream().pipeTo(child.stdin).catch(() => {});
  return child;
}

function kill(child: Deno.ChildProcess) {
  try {
    child.kill("SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
