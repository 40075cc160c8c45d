// The scripts as a person meets them: each in a process of its own.

import { assertEquals } from "@std/assert";
import { type Lesson, lessons, mainOf, read } from "./lessons.ts";
import { type Line, record } from "./record.ts";

// Far more than any of them takes, even on a busy machine.
const DEADLINE_MS = 60_000;

Deno.test({
  name: "the scripts as real processes (run by `deno task test`)",
  ignore: Deno.permissions.querySync({ name: "run" }).state !== "granted",
  async fn(t) {
    const steps: Promise<boolean>[] = [];
    const step = (name: string, fn: () => Promise<void>) =>
      steps.push(t.step({
        name,
        fn,
        sanitizeExit: false,
        sanitizeOps: false,
        sanitizeResources: false,
      }));

    // There is one recording at a time, so all are made before the first step.
    const recordings = new Map<Lesson, Line[]>();
    for (const lesson of lessons) {
      const { lines } = await record(await mainOf(lesson), 2);
      recordings.set(lesson, lines);
    }
    for (const [lesson, lines] of recordings) {
      const { name } = lesson;
      step(
        `${name}.ts, copied alone, prints no line too early and ends with its reader`,
        async () => {
          await printsUntilReaderLeaves(await read(lesson.script), lines);
        },
      );
      step(
        `${name}.ts repeats itself 20,000 times in the same memory`,
        async () => {
          const { code, stderr } = await run([
            "--v8-flags=--expose-gc",
            "tests/long_run.ts",
            name,
          ]);
          assertEquals({ code, stderr }, { code: 0, stderr: "" });
        },
      );
      if (lines.some(({ text }) => text.includes("MainThread"))) {
        step(`${name}.ts names the thread that it runs in`, async () => {
          await namesItsThread(
            new URL(`../scripts/${name}.ts`, import.meta.url),
          );
        });
      }
    }
    step("a main that catches every error is ended, and told so", async () => {
      const child = deno(["-"], "piped").spawn();
      await send(
        child,
        `import { play } from "./tests/play.ts";
        const number = new Int32Array(new SharedArrayBuffer(4));
        function main() {
          while (true) {
            try {
              Atomics.wait(number, 0, 0, 1000);
            } catch {}
          }
        }
        await play(main, 3, { print() {} });`,
      );
      const { code, stderr } = await child.output();
      const message = new TextDecoder().decode(stderr);
      assertEquals([code, message.slice(0, 24)], [
        1,
        "main catches every error",
      ]);
    });
    step(
      "`deno task golden` writes nothing if nothing has changed",
      async () => {
        // It could not write, as it has no permission to.
        const { code, stdout } = await run([
          "--allow-read=golden",
          "tests/write_golden.ts",
        ]);
        const upToDate = stdout.split("\n")
          .filter((line) => line.endsWith("is up to date"));
        assertEquals([code, upToDate.length], [0, 2 * lessons.length]);
      },
    );
    await Promise.all(steps);
  },
});

function deno(args: string[], stdin: "piped" | "null") {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", ...args],
    cwd: new URL("..", import.meta.url),
    env: { NO_COLOR: "1" },
    stdin,
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(DEADLINE_MS),
  });
}

async function run(args: string[]) {
  const { code, stdout, stderr } = await deno(args, "null").output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: decode(stdout), stderr: decode(stderr) };
}

/** Gives a process all of its input. */
async function send(child: Deno.ChildProcess, input: string) {
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
}

async function printsUntilReaderLeaves(script: string, lines: Line[]) {
  const start = performance.now();
  // Read from the standard input, it has nothing beside it that it could use.
  const alone = ["--no-config", "--no-remote", "--no-npm", "-"];
  const child = deno(alone, "piped").spawn();
  const stderr = new Response(child.stderr).text();
  await send(child, script);

  let output = "";
  const tooEarly: unknown[] = [];
  for await (
    const text of child.stdout.pipeThrough(new TextDecoderStream())
  ) {
    output += text;
    const seconds = (performance.now() - start) / 1000;
    const count = output.split("\n").length - 1;
    const last = lines[Math.min(count, lines.length) - 1];
    if (last && seconds < last.seconds) {
      tooEarly.push({ ...last, came: seconds });
    }
    if (count >= lines.length) break; // and so closes the pipe
  }
  assertEquals(
    output.split("\n").slice(0, lines.length),
    lines.map(({ text }) => text),
    await Promise.race([stderr, ""]),
  );
  assertEquals(tooEarly, []);
  const { code } = await child.status;
  assertEquals([code, (await stderr).match(/BrokenPipe/)?.[0]], [
    1,
    "BrokenPipe",
  ]);
}

async function namesItsThread(script: URL) {
  // A thread of Node's: in a Web Worker Deno says that it is the main thread.
  const code = `import { Worker } from "node:worker_threads";
    new Worker(new URL("${script}"));`;
  const child = deno(["--allow-read=scripts", "-"], "piped").spawn();
  await send(child, code);
  for await (
    const text of child.stdout.pipeThrough(new TextDecoderStream())
  ) {
    assertEquals(
      text.match(/<.*?>/)?.[0],
      "<Thread(Thread-1, started 1)>",
    );
    break;
  }
  await child.status;
  await child.stderr.cancel();
}
