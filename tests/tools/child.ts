/** The programs that run now; none of them lives longer than this one. */
const running = new Set<Deno.ChildProcess>();

function kill(child: Deno.ChildProcess) {
  try {
    child.kill("SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
for (const type of ["error", "unhandledrejection", "unload"]) {
  addEventListener(type, () => running.forEach(kill));
}
const signals: Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGHUP", "SIGINT", "SIGTERM"];
for (const signal of signals) {
  Deno.addSignalListener(signal, function end() {
    running.forEach(kill);
    Deno.removeSignalListener(signal, end);
    Deno.kill(Deno.pid, signal);
  });
}

/** How a program has ended. */
export interface Outcome {
  ended: boolean; // by itself
  error?: string; // in one line, such as "Uncaught Error: a mistake"
  stderr: string; // all that it has printed to standard error
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
  running.add(child);
  let ended = true;
  async function outcome(): Promise<Outcome> {
    const errors = new Response(child.stderr).text();
    const decoder = new TextDecoderStream();
    for await (const text of child.stdout.pipeThrough(decoder)) read(text);
    const [{ success }, stderr] = await Promise.all([child.status, errors]);
    running.delete(child);
    const line = stderr.match(/^error: (.*)/m)?.[1] ?? "an exit code";
    return { ended, stderr, error: ended && !success ? line : undefined };
  }
  function end() {
    ended = false;
    kill(child);
  }
  return { outcome: outcome(), end };
}
