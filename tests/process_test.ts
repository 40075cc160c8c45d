import { assertEquals, assertStringIncludes } from "@std/assert";
import { lessons } from "./lessons.ts";
import { record } from "./record.ts";

// A process that should have ended by itself by then is killed.
const DEADLINE_MS = 6_000;

interface Script {
  name: string;
  url: URL;
  /** What it prints in its first three seconds. */
  golden: string;
  /** When it prints each line of its first two seconds, in seconds. */
  times: number[];
  /** An empty folder outside the project. */
  folder: string;
}

Deno.test({
  name: "the scripts as real processes (run by `deno task test`)",
  ignore: (["read", "run", "write"] as const).some((name) =>
    Deno.permissions.querySync({ name }).state !== "granted"
  ),
  async fn(t) {
    const folder = Deno.makeTempDirSync();
    const scripts: Script[] = [];
    for (const { name, main, output } of lessons) {
      scripts.push({
        name: `${name}.ts`,
        url: new URL(`../scripts/${name}.ts`, import.meta.url),
        golden: (await output()).default,
        times: (await record(main, 2)).lines.map(({ seconds }) => seconds),
        folder: Deno.makeTempDirSync({ dir: folder }),
      });
    }
    // Most of the steps wait for the clock, so they do it beside each other.
    await Promise.all(
      scripts.flatMap((script) =>
        steps.map(({ name, check, ignore }) =>
          t.step({
            name: `${script.name} ${name}`,
            fn: () => check(script),
            ignore,
            sanitizeExit: false,
            sanitizeOps: false,
            sanitizeResources: false,
          })
        )
      ),
    );
    Deno.removeSync(folder, { recursive: true });
  },
});

const onWindows = Deno.build.os === "windows";

interface Step {
  name: string;
  check: (script: Script) => Promise<void>;
  /** True where the platform lacks what the step needs. */
  ignore?: boolean;
}

const steps: Step[] = [
  {
    name: "prints its golden file, each line when it is due",
    check: (script) => printsInTime(script, run(script.url)),
  },
  {
    name: "does the same as a copy, alone in a folder and with nothing cached",
    async check(script) {
      const copy = `${script.folder}/copy.ts`;
      Deno.copyFileSync(script.url, copy);
      const command = run(copy, "--no-config", "--no-remote", "--no-npm");
      await printsInTime(script, command, {
        cwd: script.folder,
        env: { DENO_DIR: `${script.folder}/cache` },
      });
    },
  },
  {
    name: "names the thread, in a thread of its own as well",
    async check({ url, golden, times }) {
      // In a Web Worker Deno says that it is the main thread; in one of Node's
      // it does not.
      const code = `import { Worker } from "node:worker_threads";
        new Worker(new URL("${url}"));`;
      await using process = new Process(
        [Deno.execPath(), "eval", code],
      );
      await process.readLines(times.length);
      const begin = (text: string) => text.split("\n").slice(0, times.length);
      assertEquals(
        begin(process.output),
        begin(golden).map((line) =>
          line.replace(/<_Main.*/, "<Thread(Thread-1, started 1)>")
        ),
      );
    },
  },
  {
    name: "asks for no permission",
    async check({ url, folder, times }) {
      // Deno notes there whatever a script tries to read, write or connect to.
      const audit = `${folder}/audit`;
      Deno.writeTextFileSync(audit, "");
      await using process = new Process(run(url), {
        env: { DENO_AUDIT_PERMISSIONS: audit },
      });
      await process.readLines(times.length);
      assertEquals(Deno.readTextFileSync(audit), "");
    },
  },
  {
    name: "ends with an error when its reader leaves after three lines",
    async check({ url }) {
      await using process = new Process(run(url));
      await process.readLines(3);
      await process.stopReading();
      const { code, stderr } = await process.end();
      assertEquals(code, 1);
      assertStringIncludes(stderr, "BrokenPipe");
    },
  },
  {
    name: "ends with an error when the disk is full",
    ignore: Deno.build.os !== "linux", // which alone has /dev/full
    async check({ url }) {
      await using process = new Process(
        ["sh", "-c", 'exec "$@" > /dev/full', "sh", ...run(url)],
      );
      const { code, stderr } = await process.end();
      assertEquals(code, 1);
      assertStringIncludes(stderr, "No space left on device");
    },
  },
  ...(["SIGINT", "SIGTERM"] as const).map((signal): Step => ({
    name: `ends within a second of ${signal}, its last line whole`,
    ignore: onWindows,
    async check({ url, golden }) {
      await using process = new Process(run(url));
      await process.readLines(1);
      const before = performance.now();
      process.kill(signal);
      assertEquals((await process.end()).signal, signal);
      assertEquals(performance.now() - before < 1_000, true);
      await process.readLines(Infinity);
      assertEquals(process.output, golden.slice(0, process.output.length));
      assertEquals(process.output.at(-1), "\n");
    },
  })),
  {
    name: "does the same when it prints to a file",
    ignore: onWindows,
    check: (script) =>
      printsInTime(script, [
        "sh",
        "-c",
        tailOutput,
        `${script.folder}/output`,
        ...run(script.url),
      ]),
  },
];

/**
 * A shell script that runs the command "$@" with its output in the file "$0",
 * and shows what comes into that file. When its input ends, as it does if the
 * tests are killed, it ends both.
 */
const tailOutput = `
exec 3<&0
: > "$0"
tail -n +1 -f "$0" & tail=$!
{ read -r _ <&3; kill -9 $tail $$; } 2> /dev/null &
exec "$@" >> "$0"
`;

async function printsInTime(
  { golden, times }: Script,
  command: string[],
  options?: Deno.CommandOptions,
) {
  await using process = new Process(command, options);
  await process.readLines(times.length);
  const { output, arrivals } = process;
  const begin = (text: string) => text.split("\n").slice(0, times.length);
  assertEquals(begin(output), begin(golden));
  // A busy machine makes all lines late. A line that is much later than another
  // was held back.
  const delays = times.map((seconds, i) => arrivals[i] - seconds);
  assertEquals(delays.filter((delay) => delay < 0), []);
  assertEquals(
    delays.filter((delay) => delay > Math.min(...delays) + 0.75),
    [],
  );

  await process.stop();
  assertEquals((await process.end()).stderr, "");
}

/** The command line that runs a script. */
function run(script: string | URL, ...flags: string[]) {
  return [Deno.execPath(), "run", "--no-prompt", ...flags, `${script}`];
}

/** A process whose output is read. It ends with the scope that it is used in. */
class Process implements AsyncDisposable {
  output = "";
  /** When each line of the output came, in seconds since the start. */
  arrivals: number[] = [];

  #start = performance.now();
  #child: Deno.ChildProcess;
  #stdout: ReadableStreamDefaultReader<string>;
  #stderr: Promise<string>;
  #deadline: ReturnType<typeof setTimeout>;

  constructor([command, ...args]: string[], options?: Deno.CommandOptions) {
    this.#child = new Deno.Command(command, {
      ...options,
      args,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#stdout = this.#child.stdout
      .pipeThrough(new TextDecoderStream()).getReader();
    this.#stderr = new Response(this.#child.stderr).text();
    this.#deadline = setTimeout(() => this.stop(), DEADLINE_MS);
  }

  /** Reads on until there are so many lines, or the output ends. */
  async readLines(count: number) {
    while (this.arrivals.length < count) {
      const { value, done } = await this.#stdout.read();
      if (done) return;
      const seconds = (performance.now() - this.#start) / 1000;
      this.output += value;
      for (const _ of value.matchAll(/\n/g)) this.arrivals.push(seconds);
    }
  }

  /** Leaves, as `head` does when it has enough. */
  async stopReading() {
    await this.#stdout.cancel();
  }

  kill(signal: Deno.Signal) {
    this.#child.kill(signal);
  }

  async end() {
    const { code, signal } = await this.#child.status;
    return { code, signal, stderr: await this.#stderr };
  }

  /** Ends the process and, with its input, what it has started. */
  async stop() {
    clearTimeout(this.#deadline);
    try {
      await this.#child.stdin.close();
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended by itself, or was stopped before.
    }
  }

  async [Symbol.asyncDispose]() {
    await this.stop();
    await this.#stdout.cancel();
    await this.#stderr;
  }
}
