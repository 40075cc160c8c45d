import process from "node:process";

/** The programs that run now; none of them lives longer than this one. */
const running = new Set<Deno.ChildProcess>();

function kill(child: Deno.ChildProcess) {
  try {
    child.kill("SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
addEventListener("unload", () => running.forEach(kill));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => Deno.exit(1));
}

/**
 * Runs Deno with no permission until the program ends, or until it `isOver`, which is
 * asked again and again. `read` gets each piece of what is printed. All times are in
 * milliseconds since the start. Returns when it was over, whether it has `ended` by
 * itself, its standard error and, in one line, the `error` by which it has ended.
 */
export async function runProgram(
  args: string[],
  read: (text: string, at: number) => void,
  isOver: (now: number) => boolean,
) {
  const begun = performance.now();
  const now = () => performance.now() - begun;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", ...args],
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  running.add(child);
  let ended = true;
  function check() {
    if (!isOver(now())) return;
    ended = false;
    kill(child);
  }
  const timer = setInterval(check, 50);
  const errors = new Response(child.stderr).text();
  const decoder = new TextDecoderStream();
  for await (const text of child.stdout.pipeThrough(decoder)) {
    read(text, now());
    check();
  }
  const [{ success }, stderr] = await Promise.all([child.status, errors]);
  clearInterval(timer);
  running.delete(child);
  // So Deno begins; what a program says of its own errors begins in other ways.
  const line = stderr.match(/^error: ((Uncaught|Top-level await) .*)/m)?.[1];
  const error = ended && !success ? line : undefined;
  return { at: now(), ended, stderr, error };
}
