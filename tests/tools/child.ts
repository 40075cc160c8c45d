/** The programs that run now; none of them lives longer than this one. */
const running = new Set<Deno.ChildProcess>();
const SIGNALS: Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGHUP", "SIGINT", "SIGTERM"];
const listeners = SIGNALS.map((signal) => ({
  signal,
  end: () => {
    endAll();
    listen(false);
    Deno.kill(Deno.pid, signal);
  },
}));

function listen(on: boolean) {
  for (const { signal, end } of listeners) {
    if (on) Deno.addSignalListener(signal, end);
    else Deno.removeSignalListener(signal, end);
  }
}

function kill(child: Deno.ChildProcess) {
  try {
    child.kill("SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
const endAll = () => running.forEach(kill);
for (const type of ["error", "unhandledrejection", "unload"]) {
  addEventListener(type, endAll);
}

/** How a program has ended: by itself or not, and by which error. */
export interface Outcome {
  ended: boolean;
  /** What Deno says of it in one line: "Uncaught Error: a mistake". */
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
  if (running.size === 0) listen(true);
  running.add(child);
  let ended = true;
  async function outcome(): Promise<Outcome> {
    const rest = new Response(child.stderr).text();
    const decoder = new TextDecoderStream();
    for await (const text of child.stdout.pipeThrough(decoder)) read(text);
    const [{ success }, stderr] = await Promise.all([child.status, rest]);
    running.delete(child);
    if (running.size === 0) listen(false);
    const line = stderr.match(/^error: (.*)/m)?.[1] ?? "an exit code";
    return { ended, stderr, error: ended && !success ? line : undefined };
  }
  function end() {
    ended = false;
    kill(child);
  }
  return { outcome: outcome(), end };
}
