// What a picture says is so.

import { assertEquals } from "@std/assert";
import { drawLesson, lessons, recorded } from "./lessons.ts";
import { picture } from "./picture.ts";
import { linesOf, record } from "./record.ts";

// Who is called what, the program, and what a picture says of its first second.
const PROGRAMS = `
a generator that blocks before it prints, or after that
function* say(name, a, b) { for (;; yield) block(a), console.log(name), block(b); }
for (const all = [say("Ann", 300, 0), say("Bob", 0, 300)];;) all.map((it) => it.next());
= Ann sleeps and blocks, Bob sleeps and blocks, Ann sleeps and blocks, Bob sleeps and blocks

an async function that blocks
async function ann() { for (;;) { console.log("Ann"); await block(500); } }
async function bob() { for (;;) { console.log("Bob"); await block(500); } }
ann(), bob();
= Ann sleeps and blocks, Bob sleeps and blocks

one of two calls of a function that blocks, so that it can't be told which
async function say(name) { block(400); console.log(name); await 0; block(300); }
say("Ann"), say("Bob");
= a sleep blocks, a sleep blocks, a sleep blocks

whoever goes on and prints when a timer goes off
async function say(name, ms) { for (;;) { await sleep(ms); console.log(name); } }
say("Ann", 400), say("Bob", 900);
= Ann and Bob sleep, Ann and Bob sleep, Ann and Bob sleep, Ann and Bob sleep

nobody who prints
let wake = console.log;
async function silent() { for (;;) { await sleep(500); wake("Ann"); } }
async function ann() { for (;;) console.log(await new Promise((r) => wake = r)); }
silent(), ann(), console.log("Bob");
= the thread is free, the thread is free

nobody, as the timer itself calls what prints
console.log("Bob"), setTimeout(() => console.log("Ann"), 1000);
= the thread is free
`;

/** Draws the first second of a program, and returns what that says in words. */
async function describe(program: string) {
  const module = `const sleep = (ms) => new Promise((r) => setTimeout(r, ms));
    const shared = new Int32Array(new SharedArrayBuffer(4));
    const block = (ms) => ms && Atomics.wait(shared, 0, 0, ms);
    export function main() {${program}}`;
  const url = `data:text/javascript,${encodeURIComponent(module)}`;
  const recording = await record(() => import(url), 2);
  const drawing = picture("", "await", recording, 1, ["Ann", "Bob"]);
  return drawing.match(/<desc>([^]*)<\/desc>/)![1];
}

for (const text of PROGRAMS.trim().split("\n\n")) {
  const [, who, program, sleeps] = text.match(/^(.*)\n([^]*)\n= (.*)$/)!;
  Deno.test(`in a picture, a sleep is of ${who}`, async () => {
    const found = (await describe(program))
      .matchAll(/^Then (.*?)(?: the thread|;| and waits)/gm);
    assertEquals(Array.from(found, ([, who]) => who), sleeps.split(", "));
  });
}

Deno.test("in a picture, control goes to whoever is called, and back from there", async () => {
  const [first] = (await describe(`
    function* ann() { for (;;) { console.log("Ann"); yield; } }
    function* bob() { for (const _ of ann()) { console.log("Bob"); yield; } }
    for (const _ of bob()) { console.log("on"); block(1000); }`)).split("\n");
  assertEquals(
    first,
    "At 0 s: main has control; by next, Bob has control; by next, Ann prints " +
      "“Ann”; by yield, Bob prints “Bob”; by yield, main prints “on”.",
  );
});

Deno.test("in a picture, main gives control away before any callback is called", async () => {
  assertEquals(
    await describe(
      'queueMicrotask(() => console.log("Ann")), console.log("Bob");',
    ),
    "At 0 s: main has control; Bob prints “Bob”; main gives control to the event " +
      "loop; Ann prints “Ann”; the program ends.",
  );
});

Deno.test("a lesson's picture has all lines in order, words of the script, and nothing outside its frame", async () => {
  for (const lesson of lessons) {
    const recording = await recorded(lesson);
    const svg = await drawLesson(lesson, recording);
    const all = (pattern: RegExp) =>
      Array.from(svg.matchAll(pattern), ([, found]) => found);
    const xmlns = svg.startsWith('<svg xmlns="http://www.w3.org/2000/svg" ');
    const [width, height] = all(/viewBox="0 0 (.*)"/g)[0].split(" ").map(
      Number,
    );
    const right = Math.max(...all(/(?: c?x="|H)([\d.]+)/g).map(Number));
    const bottom = Math.max(...all(/(?: c?y="|V)([\d.]+)/g).map(Number));
    assertEquals([xmlns, right < width, bottom < height], [true, true, true]);
    assertEquals(all(/<title>(.*?)</g), all(/font-weight="bold">(.*?)</g));
    const { default: script } = await lesson.script();
    const words = all(/#59636e" ?>(yield|await)</g);
    assertEquals(words.filter((word) => !script.includes(word)), []);
    const lines = linesOf(recording, lesson.cycle ?? lesson.seconds)
      .map(({ text }) => text.split("<")[0]).filter(Boolean);
    assertEquals(all(/monospace">(.*?)(?:&lt;.*)?<\/text>/g), lines);
  }
});
