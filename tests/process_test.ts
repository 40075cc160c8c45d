// What only files and processes show. `deno task test` gives the permissions.

import { assertEquals } from "@std/assert";
import { confirmed } from "./tools/confirm.ts";
import { lessons, recorded } from "./lessons.ts";
import { record, textOf } from "./tools/record.ts";

const root = `${import.meta.dirname}/..`;
const ignore = Deno.permissions.querySync({ name: "run" }).state !== "granted";
const test = (name: string, fn: () => Promise<void> | void) =>
  Deno.test({ name, ignore, fn });

test("each script and golden file has its lesson, and is plain text", () => {
  const owned = ["scripts/NAME.ts", "golden/NAME.txt", "golden/NAME.svg"]
    .flatMap((path) => lessons.map(({ name }) => path.replace("NAME", name)));
  for (const folder of ["scripts", "golden"]) {
    for (const { name } of Deno.readDirSync(`${root}/${folder}`)) {
      const path = `${folder}/${name}`;
      if (/^scripts.*svg$/.test(path)) continue; // Somebody has drawn it.
      const text = Deno.readTextFileSync(`${root}/${path}`);
      const plain = !/[\ufeff\ufffd\r]/.test(text);
      assertEquals([path, owned.includes(path), plain], [path, true, true]);
    }
  }
});

test("the three scripts repeat themselves 20,000 times in the same memory", async () => {
  const { gc } = globalThis as unknown as { gc: () => void };
  for (const { module } of lessons.slice(0, 3)) {
    const inUse: number[] = [];
    let [cycle, printed, before] = [0, "", ""];
    await record(module, 20_000, ({ at, text = "" }) => {
      // A cycle's last moment belongs to it, its first to the one before.
      if (Math.ceil(at / 1000) > cycle) {
        if (cycle > 1) assertEquals(printed, before);
        [cycle, printed, before] = [cycle + 1, "", printed];
        if (cycle % 10_000 === 0) gc();
        if (cycle % 10_000 === 0) inUse.push(Deno.memoryUsage().heapUsed);
      }
      printed += `${at % 1000} ${text}`;
    });
    // It varies by some ten kilobytes; ten bytes a cycle are as much as this.
    assertEquals(inUse[1] - inUse[0] < 100_000, true, `${inUse} bytes`);
  }
});

test("each script, alone and as a process, prints what its main prints here", async () => {
  for (const lesson of lessons) await recorded(lesson); // On the fake clock.
  await Promise.all(lessons.map(async (lesson) => {
    const { name, seconds, script } = lesson;
    const { default: text } = await script();
    const here = await recorded(lesson);
    const there = await confirmed(`${root}/scripts/${name}.ts`, seconds, text);
    assertEquals(textOf(there, seconds), textOf(here, seconds));
  }));
});

test("deno task draw prints and draws a program that stands anywhere, which may do no more than `deno run` allows", async () => {
  const program = `async function ann() { await 0; console.log("Ann goes on"); }
    ann();
    for (const act of [
      () => Deno.writeTextFileSync("stolen", ""),
      () => Deno.readTextFileSync(import.meta.filename),
      () => new Deno.Command(Deno.execPath()).outputSync(),
    ]) try { act(); } catch ({ name }) { console.log(name); }
    setInterval(() => console.log("Ann", { at: 1 }), 400);
    if (import.meta.main) setTimeout(() => console.log("Bob"), 600);`;
  const drawn = await draw(program, "1", "--tasks=Ann,Bob");
  const refused = "NotCapable\n".repeat(3);
  const rest = "Ann goes on\nAnn { at: 1 }\nBob\nAnn { at: 1 }\n";
  assertEquals(drawn.stdout, refused + rest, drawn.stderr);
  assertEquals(drawn.drawing.includes("loop; by resume, Ann prints"), true);
});

test("deno task draw says why it refuses a program, and writes nothing", async () => {
  const cases = `
console.log(Math.random()) // It does not print the same
throw new Error("a mistake") // a mistake
while (true) await null // It keeps the thread busy
while (true) console.log(1) // It does more at one time
import { setTimeout } from "node:timers/promises"; await setTimeout(500, console.log(1)); console.log(2) // 1 // recorded: 0.000 s  2
console.log(1) // 0 // "0" is no number
console.log(1) // --tasks=Ann // "Ann" in it
console.log(1) // --mine // is no picture that this command has drawn`;
  const lines = cases.trim().split("\n");
  await Promise.all(lines.map(async (line) => {
    const [program, ...rest] = line.split(" // ");
    const reason = rest.pop()!;
    const { code, stdout, stderr, drawing } = await draw(program, ...rest);
    assertEquals([code, stdout], [1, ""]);
    assertEquals(stderr.includes(reason), true, stderr);
    assertEquals(drawing, rest.includes("--mine") ? "mine" : "");
  }));
});

/** Draws a program in a folder of its own, as somebody who is there. */
async function draw(program: string, ...args: string[]) {
  const cwd = await Deno.makeTempDir({ prefix: "a folder " });
  await Deno.writeTextFile(`${cwd}/x.js`, program);
  const mine = args.includes("--mine");
  if (mine) await Deno.writeTextFile(`${cwd}/x.svg`, "mine");
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "-q", "draw", "x.js", ...mine ? [] : args],
    cwd: root,
    env: { INIT_CWD: cwd, NO_COLOR: "1" },
  }).output();
  const drawing = await Deno.readTextFile(`${cwd}/x.svg`).catch(() => "");
  await Deno.remove(cwd, { recursive: true });
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr), drawing };
}
