/** The programs that run now; none of them lives longer than this one. */
const running = new Set<Deno.ChildProcess>();

function kill(child: Deno.ChildProcess) {
  try {
    child.kill("SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
const killAll = () => running.forEach(kill);
for (const type of ["error", "unhandledrejection", "unload"]) {
  addEventListener(type, killAll);
}
const SIGNALS: Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGHUP", "SIGINT", "SIGTERM"];
const listeners = new Map(SIGNALS.map((signal) => [signal, () => {
  killAll();
  listeners.forEach((end, each) => Deno.removeSignalListener(each, end));
  Deno.kill(Deno.pid, signal);
}]));

/** How a program has ended: by itself or not, and by which error. */
export interface Outcome {
  ended: boolean;
  /** What Deno says of it in one line, such as "Uncaught Error: a mistake". */
  error?: string;
  /** All that it has printed to standard error. */
  stderr: string;
}

/**
 * Starts Deno with no permission, and gives `read` each piece of what the program
 * prints. It runs until it ends, or until it is ended by the function `end`.
 */
export function startProgram(args: string[], read: (text: string) => void) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", ...args],
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (running.size === 0) {
    listeners.forEach((end, each) => Deno.addSignalListener(each, end));
  }
  running.add(child);
  let ended = true;
  async function outcome(): Promise<Outcome> {
    const errors = new Response(child.stderr).text();
    const decoder = new TextDecoderStream();
    for await (const text of child.stdout.pipeThrough(decoder)) read(text);
    const [{ success }, stderr] = await Promise.all([child.status, errors]);
    running.delete(child);
    if (running.size === 0) {
      listeners.forEach((end, each) => Deno.removeSignalListener(each, end));
    }
    const line = stderr.match(/^error: (.*)/m)?.[1] ?? "an exit code";
    return { ended, stderr, error: ended && !success ? line : undefined };
  }
  function end() {
    ended = false;
    kill(child);
  }
  return { outcome: outcome(), end };
}
