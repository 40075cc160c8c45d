// What only files and processes show. `deno task test` gives the permissions.

import { assertEquals } from "@std/assert";
import { cpSync } from "node:fs";
import config from "../deno.json" with { type: "json" };
import bare from "./all_test.ts" with { type: "text" };
import { lessons, recorded } from "./lessons.ts";
import programs from "./programs.txt" with { type: "text" };
import { alone, confirm, recordFile } from "./tools/confirm.ts";
import { record, textOf } from "./tools/record.ts";

const root = `${import.meta.dirname}/..`;
const { gc } = globalThis as unknown as { gc?: () => void };

Deno.test("every test is run by deno test or deno task test, and has what it needs", () => {
  const all = bare + config.tasks.test.command;
  for (const { name } of Deno.readDirSync(`${root}/tests`)) {
    const run = !name.endsWith("_test.ts") || name === "all_test.ts" ||
      all.includes(`/${name}`);
    assertEquals(run, true, `Nothing runs tests/${name}.`);
  }
  for (const name of ["read", "write", "run"] as const) {
    const { state } = Deno.permissions.querySync({ name });
    assertEquals(state, "granted", `Run deno task test: it allows to ${name}.`);
  }
  assertEquals(
    typeof gc,
    "function",
    "Run deno task test: it has --expose-gc.",
  );
});

Deno.test("each script and golden file has its lesson, and is plain text", () => {
  const owned = ["scripts/NAME.ts", "golden/NAME.txt", "golden/NAME.svg"]
    .flatMap((path) => lessons.map(({ name }) => path.replace("NAME", name)));
  for (const folder of ["scripts", "golden"]) {
    for (const { name } of Deno.readDirSync(`${root}/${folder}`)) {
      const path = `${folder}/${name}`;
      if (/^scripts.*svg$/.test(path)) continue; // Somebody has drawn it.
      assertEquals(owned.includes(path), true, `No lesson has ${path}.`);
      const text = Deno.readTextFileSync(`${root}/${path}`);
      assertEquals(text.match(/[\ufeff\ufffd\r]/), null, path);
    }
  }
});

Deno.test("the three scripts repeat themselves 20,000 times in the same memory", async () => {
  for (const { module } of lessons.slice(0, 3)) {
    const inUse: number[] = [];
    let [cycle, printed, before] = [0, "", ""];
    const keep: Parameters<typeof record>[2] = {
      keep: (event) => {
        // A cycle's last moment belongs to it, its first to the one before.
        if (Math.ceil(event.at / 1000) > cycle) {
          if (cycle > 1) assertEquals(printed, before);
          [cycle, printed, before] = [cycle + 1, "", printed];
          if (cycle % 10_000 === 0) gc!();
          if (cycle % 10_000 === 0) inUse.push(Deno.memoryUsage().heapUsed);
        }
        printed += `${event.at % 1000} ${textOf([event], Infinity)}`;
      },
    };
    await record(module, 20_000, keep);
    // It varies by some ten kilobytes; ten bytes a cycle are as much as this.
    assertEquals(inUse[1] - inUse[0] < 100_000, true, `${inUse} bytes`);
  }
});

Deno.test("each script, alone and as a process, prints what its main prints here", async () => {
  for (const lesson of lessons) await recorded(lesson); // On the fake clock.
  await Promise.all(lessons.map(async (lesson) => {
    const { name, seconds, script } = lesson;
    const there = await recordFile(`${root}/scripts/${name}.ts`, seconds);
    const here = await recorded(lesson);
    assertEquals(textOf(there, seconds), textOf(here, seconds));
    await confirm(there, alone((await script()).default), seconds);
  }));
});

Deno.test("a drawn program stands anywhere, and may do no more than `deno run` allows", async () => {
  const program = `for (const act of [
      () => Deno.writeTextFileSync("stolen", ""),
      () => Deno.readTextFileSync(import.meta.filename),
      () => new Deno.Command(Deno.execPath()).outputSync(),
    ]) try { act(); } catch ({ name }) { console.log(name); }
    setInterval(() => console.log("Ann", { at: 1 }), 400);
    if (import.meta.main) setTimeout(() => console.log("Bob"), 3000);`;
  const { stdout, stderr } = await draw(program, ["x.js"]);
  const expected = "NotCapable\n".repeat(3) + "Ann { at: 1 }\n".repeat(7) +
    "Bob\n";
  assertEquals(stdout, expected, stderr);
});

// In programs.txt: a program, how it is drawn, and what is told then, or not told.
Deno.test("deno task draw draws a program, or says why it does not", async () => {
  const texts = programs.trim().split("\n\n");
  const next = async () => {
    for (let text = texts.shift(); text; text = texts.shift()) await tell(text);
  };
  await Promise.all([next(), next()]);
});

async function tell(text: string) {
  const [, what, program, args, told] = text.match(
    /^# (.*)\n([^]*?)\n\$(.*)\n([^]*)$/,
  )!;
  const given = args.split(/ (?=[^ ]*\.\.|\d+$|\d+ -|--)/).filter(Boolean);
  const drawn = await draw(program, ["x.js", ...given]);
  const isRefused = told.startsWith("refused");
  const all = `${what}:\n${drawn.stderr}${drawn.stdout}${drawn.drawing}`;
  assertEquals(drawn.code, isRefused ? 1 : 0, all);
  if (isRefused && !args.includes("--mine")) {
    assertEquals(drawn.drawing, "", all);
  }
  for (const line of told.split("\n")) {
    const [, not, where, part] = line.match(/^(not )?(\w+) (.*)$/)!;
    const { stderr, stdout, drawing } = drawn;
    const inside = { refused: stderr, prints: stdout, says: drawing }[where]!;
    const found = inside.includes(part.replaceAll("\\n", "\n"));
    assertEquals(found, !not, `${line}\n${all}`);
  }
}

/** Draws a program in a folder of its own, as somebody who is there. */
async function draw(program: string, args: string[]) {
  const cwd = await Deno.makeTempDir({ prefix: "a folder " });
  await Deno.writeTextFile(`${cwd}/x.js`, program);
  const mine = args.includes("--mine");
  if (mine) await Deno.writeTextFile(`${cwd}/x.svg`, "mine");
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "-q", "draw", ...args.filter((arg) => arg !== "--mine")],
    cwd: root,
    env: { INIT_CWD: cwd, NO_COLOR: "1" },
  }).output();
  const drawing = await Deno.readTextFile(`${cwd}/x.svg`).catch(() => "");
  await Deno.remove(cwd, { recursive: true });
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr), drawing };
}

Deno.test("who is ended while it draws ends the program, too", async () => {
  const cwd = await Deno.makeTempDir();
  await Deno.writeTextFile(
    `${cwd}/x.js`,
    `setInterval(() => console.log(1), 99)`,
  );
  const drawing = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", `${root}/tests/tools/draw.ts`, `${cwd}/x.js`, "99"],
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const [runs] = await Array.fromAsync(
    drawing.stderr.pipeThrough(new TextDecoderStream()),
    (text) => {
      drawing.kill("SIGTERM");
      return text;
    },
  );
  assertEquals(runs, `${cwd}/x.js runs for up to 99 s, to be compared …\n`);
  const { stdout } = await new Deno.Command("ps", {
    args: ["-A", "-o", "args"],
  })
    .output();
  assertEquals(new TextDecoder().decode(stdout).includes(cwd), false);
  await Deno.remove(cwd, { recursive: true });
});

Deno.test("deno task golden writes what has changed, and no more", async () => {
  const cwd = await Deno.makeTempDir();
  cpSync(root, cwd, {
    recursive: true,
    filter: (path) => !path.includes(".git"),
  });
  await Deno.writeTextFile(`${cwd}/golden/yield.txt`, "something else\n");
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "-q", "golden"],
    cwd,
    env: { NO_COLOR: "1" },
  }).output();
  const said = new TextDecoder().decode(stdout);
  const written = said.split("\n").filter((line) =>
    !line.includes("up to date")
  );
  const error = new TextDecoder().decode(stderr);
  assertEquals(written, ["golden/yield.txt written", ""], said + error);
  const { default: golden } = await lessons[0].output();
  assertEquals(await Deno.readTextFile(`${cwd}/golden/yield.txt`), golden);
  await Deno.remove(cwd, { recursive: true });
});
