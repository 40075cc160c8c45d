// What only files and processes show. `deno task test` gives the permissions.

import { assertEquals } from "@std/assert";
import { cpSync } from "node:fs";
import config from "../deno.json" with { type: "json" };
import bare from "./all_test.ts" with { type: "text" };
import { lessons, recorded } from "./lessons.ts";
import programs from "./programs.txt" with { type: "text" };
import { recordFile } from "./tools/confirm.ts";
import { SIGNATURE } from "./tools/picture.ts";
import { record, type RecordedEvent, textOf } from "./tools/record.ts";

const root = `${import.meta.dirname}/..`;
const { gc } = globalThis as unknown as { gc?: () => void };

Deno.test("every test is run by deno test or deno task test", () => {
  const all = bare + config.tasks.test.command;
  for (const { name } of Deno.readDirSync(`${root}/tests`)) {
    const isRun = !name.endsWith("_test.ts") || all.includes(`/${name}`);
    assertEquals(isRun, true, `Nothing runs tests/${name}.`);
  }
});

Deno.test("each script and golden file has its lesson, and is plain text", () => {
  for (const folder of ["scripts", "golden"]) {
    for (const { name } of Deno.readDirSync(`${root}/${folder}`)) {
      const path = `${folder}/${name}`;
      const isOwned = lessons.some((each) => name.startsWith(`${each.name}.`));
      assertEquals(isOwned, true, `No lesson has ${path}.`);
      const text = Deno.readTextFileSync(`${root}/${path}`);
      assertEquals(text.match(/[\ufeff\ufffd\r]/), null, path);
    }
  }
});

Deno.test("the three scripts repeat themselves 20,000 times in the same memory", async () => {
  for (const { module } of lessons.slice(0, 3)) {
    const inUse: number[] = [];
    let [cycle, printed, before] = [0, "", ""];
    const keep = (event: RecordedEvent) => {
      // A cycle's last moment belongs to it, its first to the one before.
      if (Math.ceil(event.at / 1000) > cycle) {
        if (cycle > 1) assertEquals(printed, before);
        [cycle, printed, before] = [cycle + 1, "", printed];
        if (cycle % 10_000 === 0) gc!();
        if (cycle % 10_000 === 0) inUse.push(Deno.memoryUsage().heapUsed);
      }
      printed += `${event.at % 1000} ${textOf([event], Infinity)}`;
    };
    await record(module, 20_000, { keep });
    // It varies by some ten kilobytes; ten bytes a cycle are as much as this.
    assertEquals(inUse[1] - inUse[0] < 100_000, true, `${inUse} bytes`);
  }
});

Deno.test("each script, alone and as a process, prints what its main prints here", async () => {
  for (const lesson of lessons) {
    const { name, seconds } = lesson;
    const there = await recordFile(`${root}/scripts/${name}.ts`, seconds);
    const here = await recorded(lesson);
    assertEquals(textOf(there, seconds), textOf(here, seconds));
  }
});

// In programs.txt: a program, how it is drawn, and what is told then, or not told.
Deno.test("deno task draw draws a program, or says why it does not", async () => {
  const texts = programs.trim().split("\n\n").values();
  const next = async () => {
    for (const text of texts) await tryProgram(text);
  };
  await Promise.all([next(), next()]); // two at a time
});

async function tryProgram(text: string) {
  const parts = /^# (.*)\n([^]*?)\n\$ (.*)\n([^]*)$/;
  const [, what, program, args, told] = text.match(parts)!;
  const drawn = await draw(program, args.match(/--.*|\S+/g)!);
  const isRefused = told.startsWith("refused");
  const all = `${what}:\n${Object.values(drawn).join("\n")}`;
  assertEquals(drawn.code, isRefused ? 1 : 0, all);
  assertEquals(drawn.says.startsWith("<svg"), !isRefused, all);
  for (const line of told.split("\n")) {
    const [, not, where, part] = line.match(/^(not )?(\w+) (.*)$/)!;
    const inside = drawn[where as "refused" | "warns" | "prints" | "says"];
    const found = inside.includes(part.replaceAll("\\n", "\n"));
    assertEquals(found, !not, `${line}\n${all}`);
  }
}

/** Draws a program in a folder of its own, as somebody who is there. */
async function draw(program: string, args: string[]) {
  await using folder = await makeFolder(program, args[0]);
  const { path } = folder;
  // One program has been drawn before.
  if (args[0] === "x.ts") await Deno.writeTextFile(`${path}/x.svg`, SIGNATURE);
  const drawing = start(["task", "-q", "draw", ...args], root, path);
  const { code, stdout, stderr } = await drawing.output();
  const says = await Deno.readTextFile(`${path}/x.svg`).catch(() => "");
  const warns = textIn(stderr);
  return { code, prints: textIn(stdout), warns, refused: warns, says };
}

const textIn = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** Makes a folder with a program in it for as long as the caller runs. */
async function makeFolder(program = "", name = "x.js") {
  const path = await Deno.makeTempDir({ prefix: "a folder " });
  await Deno.writeTextFile(`${path}/${name}`, program);
  const remove = () => Deno.remove(path, { recursive: true });
  return { path, [Symbol.asyncDispose]: remove };
}

/** Starts Deno in a folder, as who calls a task from another one, `from`. */
function start(args: string[], cwd: string, from = cwd) {
  const env = { INIT_CWD: from, NO_COLOR: "1" };
  const options = { args, cwd, env, stdout: "piped", stderr: "piped" } as const;
  return new Deno.Command(Deno.execPath(), options).spawn();
}

// Windows has no such signals, and no ps.
const test = Deno.build.os === "windows" ? Deno.test.ignore : Deno.test;
const deaf =
  `Deno.addSignalListener("SIGTERM", () => {}), setInterval(console.log, 99, 1)`;
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
  test(`who is ended by ${signal} while it draws ends the program, too`, async () => {
    await using folder = await makeFolder(deaf);
    const [tool, file] = ["tests/tools/draw.ts", `${folder.path}/x.js`];
    const drawing = start(["run", "-A", tool, file, "99"], root);
    for await (const said of drawing.stderr) {
      const runs = `${file} runs for up to 99 s, to be compared …\n`;
      assertEquals(textIn(said), runs);
      drawing.kill(signal);
    }
    await drawing.stdout.cancel();
    assertEquals((await drawing.status).code, 1);
    const ps = new Deno.Command("ps", { args: ["-A", "-o", "args"] });
    assertEquals(textIn((await ps.output()).stdout).includes(file), false);
  });
}

Deno.test("deno task golden writes what has changed, and nothing if a script is not confirmed", async () => {
  await using folder = await makeFolder();
  const { path } = folder;
  const filter = (from: string) => !from.endsWith(".git");
  cpSync(root, path, { recursive: true, filter });
  await Deno.writeTextFile(`${path}/golden/yield.txt`, "something else\n");
  const { default: script } = await lessons[2].script();
  const { default: golden } = await lessons[0].output();
  const unlike = "if (new Date().getFullYear() > 2001) console.log(1);";
  for (const [added, code] of [[unlike, 1], ["", 0]]) {
    const text = script.replace("const tasks", `${added} const tasks`);
    await Deno.writeTextFile(`${path}/scripts/async2.ts`, text);
    const task = await start(["task", "-q", "golden"], path).output();
    assertEquals(task.code, code, textIn(task.stderr));
    const written = textIn(task.stdout).match(/.*(?<!up to date)\n/g);
    assertEquals(written, added ? null : ["golden/yield.txt written\n"]);
    const now = await Deno.readTextFile(`${path}/golden/yield.txt`);
    assertEquals(now, added ? "something else\n" : golden);
  }
});
