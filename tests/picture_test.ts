// What a picture says is so.

import { assertEquals } from "@std/assert";
import { control } from "./control.ts";
import { drawLesson, lessons, recorded } from "./lessons.ts";
import { picture } from "./picture.ts";
import { linesOf, record } from "./record.ts";

/** What a picture says in words of a program's first second. */
async function describe(program: string) {
  const module = `const sleep = (ms) => new Promise((r) => setTimeout(r, ms));
    const block = (ms) =>
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
    export function main() {${program}}`;
  const url = `data:text/javascript,${encodeURIComponent(module)}`;
  const recording = await record(() => import(url), 2);
  const awaits = program.includes("await");
  const drawing = picture("", control(recording, 1, awaits, ["Ann", "Bob"]));
  return drawing.match(/<desc>([^]*)<\/desc>/)![1];
}

const sleeps: Record<string, [program: string, ...who: string[]]> = {
  "a generator that blocks before it prints": [
    `function* say(name, ms) { for (;;) { block(ms); console.log(name); yield; } }
    for (const all = [say("Ann", 0), say("Bob", 500)];;) all.map((it) => it.next());`,
    "Bob sleeps and blocks",
    "Bob sleeps and blocks",
  ],
  "a generator that prints before it blocks": [
    `function* say(name) { for (;;) { console.log(name); block(500); yield; } }
    for (const all = [say("Ann"), say("Bob")];;) all.map((it) => it.next());`,
    "Ann sleeps and blocks",
    "Bob sleeps and blocks",
  ],
  "an async function that blocks": [
    `async function a() { for (;;) { console.log("Ann"); await block(500); } }
    async function b() { for (;;) { console.log("Bob"); await block(500); } }
    a(), b();`,
    "Ann sleeps and blocks",
    "Bob sleeps and blocks",
  ],
  "one of two calls of an async function, though not which": [
    `async function say(name) { block(500); console.log(name); await 0; block(9); }
    say("Ann"), say("Bob");`,
    "Ann sleeps and blocks",
    "a sleep blocks",
  ],
  "whoever goes on and prints when a timer goes off": [
    `async function say(name, ms) { for (;;) { await sleep(ms); console.log(name); } }
    say("Ann", 400), say("Bob", 900);`,
    "Ann and Bob sleep",
    "Ann and Bob sleep",
    "Ann and Bob sleep",
    "Ann and Bob sleep",
  ],
  "nobody, when a timer wakes somebody who prints nothing": [
    `let wake;
    async function silent() { for (;;) { await sleep(500); wake("Ann"); } }
    async function say() { for (;;) console.log(await new Promise((r) => wake = r)); }
    silent(), say(), console.log("Bob");`,
    "the thread is free",
    "the thread is free",
  ],
  "nobody, when a timer calls what prints": [
    `console.log("Bob"), setTimeout(() => console.log("Ann"), 1000);`,
    "the thread is free",
  ],
};
for (const [who, [program, ...expected]] of Object.entries(sleeps)) {
  Deno.test(`in a picture, a sleep is that of ${who}`, async () => {
    const found = (await describe(program))
      .matchAll(/^Then (.*?)(?: the thread|;| and waits)/gm);
    assertEquals(Array.from(found, ([, who]) => who), expected);
  });
}

Deno.test("in a picture, control goes to whoever is called, and back from there", async () => {
  const description = await describe(`
    function* ann() { for (;;) { console.log("Ann"); yield; } }
    function* bob() { for (const _ of ann()) { console.log("Bob"); yield; } }
    for (const _ of bob()) { console.log("on"); block(1000); }`);
  assertEquals(
    description.split("\n")[0],
    "At 0 s: main has control; by next, Bob has control; by next, Ann prints “Ann”; " +
      "by yield, Bob prints “Bob”; by yield, main prints “on”.",
  );
});

Deno.test("in a picture, main gives control away before any callback is called", async () => {
  const description = await describe(
    `queueMicrotask(() => console.log("Ann")), console.log("Bob");`,
  );
  assertEquals(
    description.split("; ").slice(2).join("; "),
    "main gives control to the event loop; Ann prints “Ann”; " +
      "event loop has control; the program ends.",
  );
});

Deno.test("a lesson's picture has all lines in order, words of its script, and nothing outside its frame", async () => {
  for (const lesson of lessons) {
    const recording = await recorded(lesson);
    const svg = await drawLesson(lesson, recording);
    const all = (pattern: RegExp) =>
      Array.from(svg.matchAll(pattern), ([, found]) => found);
    assertEquals(all(/^<svg xmlns="(.*?)"/g), ["http://www.w3.org/2000/svg"]);
    assertEquals(all(/<title>(.*?)</g), all(/font-weight="bold">(.*?)</g));

    const lines = linesOf(recording, lesson.cycle ?? lesson.seconds)
      .map(({ text }) => text.slice(0, 26).trim()).filter(Boolean);
    const drawn = all(/monospace">(.*?)(?: &lt;|<)/g);
    assertEquals(drawn, lines);

    const { default: script } = await lesson.script();
    const words = all(/#59636e" *>(\w+)<\/text>/g);
    assertEquals(words.filter((word) => !script.includes(word)), []);

    const [width, height] = all(/ viewBox="0 0 (\d+ \d+)"/g)[0].split(" ").map(
      Number,
    );
    const right = all(/ c?x="([\d.]+)"/g).map(Number);
    assertEquals(
      Math.max(...right, ...all(/H(\d+)/g).map(Number)) < width,
      true,
    );
    const bottom = all(/(?: c?y="|V)([\d.]+)/g).map(Number);
    assertEquals(Math.max(...bottom) < height, true);
  }
});
