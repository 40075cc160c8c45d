import { type Line, linesOf, MAX_EVENTS } from "./record.ts";
import { type Recording, TOO_MUCH, until } from "./record.ts";

/** Far more than it takes to record a program that waits for its timers. */
const MAX_RECORDING_MS = 10_000;
/** Far more than Deno takes to start. */
const MAX_START_MS = 4_000;
/** How much later than recorded something may come, for the time it is due. */
const tolerance = (ms: number) => Math.max(200, ms / 20);

/** The line that stands for the end of a program. */
const END = "(the program ends)";
const CAUSES = `The cause usually is chance; the time of day; work that keeps
the thread busy; many very short sleeps; sleeps of different lengths that end
almost together; node:timers or node:timers/promises; or a deno.json of its own.`;

/**
 * Records the program in a file up to `seconds`, and as long again to see who wakes
 * up; then a process runs it for `seconds` on the real clock: from its file or, to
 * have nothing beside it, from its text. A line that comes late may be the machine's
 * fault, so there are three tries.
 *
 * @throws An `Error` that says why the program can't be recorded, or where the
 * process differs from the recording.
 */
export async function confirmed(
  path: string,
  seconds: number,
  text?: string,
): Promise<Recording> {
  const recording = await recordFile(path, seconds);
  const recorded = linesOf(recording, seconds);
  const end = until(recording, seconds).find(({ does }) => does === "ends");
  if (end) recorded.push({ text: END, at: end.at });
  const program = text === undefined ? [path] : [
    "--no-config",
    `data:text/typescript;charset=utf-8,${encodeURIComponent(text)}`,
  ];
  for (let tries = 1;; tries++) {
    console.error(`${path} runs for up to ${seconds} s, to be compared …`);
    const printed = await run(program, seconds, recorded.length);
    const { message, late } = compare(recorded, printed, seconds);
    if (!message) return recording;
    if (!late || tries === 3) throw new Error(`${message}\n${CAUSES}`);
    console.error(`${message}\nIt may be the machine's fault, so once more:`);
  }
}

/** Records a program in a process of its own, by preload.ts. */
async function recordFile(path: string, seconds: number): Promise<Recording> {
  const here = import.meta.dirname;
  const config = `--config=${here}/../deno.json`;
  const child = start("inherit", config, `--preload=${here}/preload.ts`, path);
  const recording: Recording = [];
  let reason = "It ends with an error.";
  const reached = () => recording.at(-1)?.at ?? 0;
  function add(piece: string) {
    const [event, text] = piece.split("\x1f");
    if (text === undefined) return; // It was cut off.
    recording.push({ ...JSON.parse(event), text });
  }
  const timer = setTimeout(() => {
    reason = `It keeps the thread busy: the fake clock, which moves only when
all wait, stands at ${reached() / 1000} s after ${MAX_RECORDING_MS / 1000} s.
If it never waits, an \`await\` or a \`yield*\` may be missing.`;
    kill(child);
  }, MAX_RECORDING_MS);
  // What is printed belongs to the event before it.
  let rest = '{"at":0,"turn":0,"running":[]}\x1f';
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    const pieces = (rest + chunk).split("\x1e");
    rest = pieces.pop()!;
    pieces.forEach(add);
    const tooMuch = recording.at(-MAX_EVENTS)?.at === reached();
    if (tooMuch) reason = TOO_MUCH;
    if (tooMuch || reached() > 2_000 * seconds) kill(child);
  }
  clearTimeout(timer);
  add(rest);
  const ended = recording.at(-1)?.does === "ends";
  if (!ended && reached() <= seconds * 1000) throw new Error(reason);
  const { length } = linesOf(recording, seconds);
  if (length > 0 && length < 20 * MAX_EVENTS) return recording;
  throw new Error(length > 0 ? TOO_MUCH : `It prints nothing in ${seconds} s.`);
}

/** Runs a program for `seconds`, and on until it has printed so many lines. */
async function run(program: string[], seconds: number, count: number) {
  const begun = performance.now();
  const now = () => performance.now() - begun;
  const child = start("null", ...program);
  const printed: Line[] = [];
  let killed = false;
  const timer = setInterval(() => {
    const due = seconds * 1000;
    const last = (printed[0]?.at ?? MAX_START_MS) + due + tolerance(due);
    const enough = linesOf(printed, Infinity).length >= count;
    if (now() < (enough ? due : last)) return;
    killed = true;
    kill(child);
  }, 100);
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    printed.push({ text, at: now() });
  }
  clearInterval(timer);
  const lines = linesOf(printed, Infinity);
  return killed ? lines : [...lines, { text: END, at: now() }];
}

/** What differs first, if anything, and whether just because it came late. */
function compare(recorded: Line[], printed: Line[], seconds: number) {
  const tell = (line?: Line) =>
    line ? `${(line.at / 1000).toFixed(3)} s  ${line.text}` : "nothing more";
  for (let i = 0; i < Math.max(recorded.length, printed.length); i++) {
    const [expected, line] = [recorded[i], printed[i]];
    if (!expected && line.at >= seconds * 1000) break;
    const message = `It does not print the same as was recorded, or not then:
recorded: ${tell(expected)}
printed:  ${tell(line)}`;
    if (!line) return { message, late: true };
    const early = !expected || line.at < expected.at;
    if (early || line.text !== expected.text) return { message };
    const due = printed[0].at + expected.at - recorded[0].at;
    if (line.at > due + tolerance(expected.at)) return { message, late: true };
  }
  return {};
}

/** Starts Deno with no permission. */
function start(stderr: "inherit" | "null", ...args: string[]) {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", ...args],
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr,
  }).spawn();
}

function kill(child: Deno.ChildProcess) {
  try {
    child.kill("SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
