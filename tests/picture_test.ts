// What a picture says is so.

import { assertEquals } from "@std/assert";
import { control } from "./control.ts";
import { drawLesson, lessons, recorded } from "./lessons.ts";
import { linesOf, record } from "./record.ts";

// What is told, of which program, and its beginning: when, the way, and the wait.
const PROGRAMS = `
who blocks the thread, before it prints or after that
function* say(name, a, b) { for (;; yield) block(a), console.log(name), block(b); }
for (const all = [say("Ann", 400, 0), say("Bob", 0, 400)];;) all.map((it) => it.next());
0: main, next Ann; Ann sleeps and blocks
0.4: Ann, yield main, next Bob; Bob sleeps and blocks

who blocks it in an async function
async function ann() { for (;;) { console.log("Ann"); await block(500); } }
ann(), console.log("Bob");
0: main, call Ann; Ann sleeps and blocks
0.5: await main, Bob, main, resume Ann; Ann sleeps and blocks

that main blocks it, between two calls
const ann = () => console.log("Ann");
ann(), block(500), ann(), console.log("Bob");
0: main, call Ann, main; main sleeps and blocks

who sleeps: a function that prints when its own timer goes off
async function say(name, ms) { for (;;) { await sleep(ms); console.log(name); } }
say("Ann", 400), sleep(900).then(() => console.log("Bob"));
0: main, call Ann, await main; Ann asleep

not who sleeps, if that one wakes another of the same function
async function say(name, before) { await before; console.log(name); await sleep(500); }
say("Bob", say("Ann"));
0: main, main, resume Ann, main; nobody asleep

not who sleeps, if that one is awaited, nor whose is what names nobody
async function ann() { console.log("Ann"), dots(); await sleep(400); }
async function bob() { await ann(); console.log("Bob"); }
const dots = () => { console.log("..."), block(300); }; bob();
0: main, call Bob, call Ann, main; a sleep blocks
0.3: main; nobody asleep

not who sleeps, if that one wakes another generator
let wake;
function* ann() { for (;;) { yield new Promise((r) => wake = r); console.log("Ann"); } }
function* bob() { for (;; wake()) yield sleep(300); }
const run = (it) => { const resume = () => run(it); it.next().value.then(resume); };
run(ann()), run(bob()), setTimeout(() => console.log("Bob"), 800);
0: main, main; nobody asleep
0.3: next Ann, yield main; nobody asleep

which generator runs which, and which has ended
function* say() { console.log("Ann"); }
function* ann() { yield* say(), yield* say(); }
function* bob() { for (;;) { ann().next(), console.log("Bob"); yield; } }
for (const _ of bob()) console.log("McAnn, Bobby"), block(1000);
0: main, next Bob, next Ann, Ann, Bob, yield main; main sleeps and blocks

which function calls which, and what a timer calls
function ann() { console.log("Ann"), bob(), setTimeout(ann, 500); }
const bob = () => console.log("Bob");
ann(), setTimeout(block, 500, 300);
0: main, call Ann, call Bob, Ann, main; nobody asleep
0.5: call Ann, call Bob, Ann, main; a sleep blocks

who calls, resumes and returns
async function say(name) { console.log(name); await sleep(400); console.log(name); }
const main = async () => { await say("Ann"); await say("Bob"); }; main();
0: main, call Ann, await main; Ann asleep
0.4: resume Ann, main, Bob, await main; Bob asleep

when main gives control away, and that a callback does not in between
async function ann() { await 0; console.log("Ann"); }
ann(), console.log("Bob"), setTimeout(block, 500, 300), sleep(900).then(() => {
  console.log("Ann"), console.log("Bob"); });
0: main, Bob, main, resume Ann, main; nobody asleep
0.5: ; a sleep blocks
0.8: main; nobody asleep
0.9: call Ann, Bob, main; nobody asleep
`;

for (const text of PROGRAMS.trim().split("\n\n")) {
  const [, what, program, told] = text.match(/^(.*)\n([^]*?)\n(\d[^]*)$/)!;
  Deno.test(`a picture tells ${what}`, async () => {
    const module = `const sleep = (ms) => new Promise((r) => setTimeout(r, ms));
      const shared = new Int32Array(new SharedArrayBuffer(4));
      const block = (ms) => ms && Atomics.wait(shared, 0, 0, ms);
      export function main() {${program}}`;
    const url = `data:text/javascript,${encodeURIComponent(module)}`;
    const recording = await record(() => import(url), 2);
    const { moments } = control(recording, 1, ["Ann", "Bob"]);
    const found = moments.map(({ at, steps, wait }) => {
      const path = steps.map(({ name = "main", word }) =>
        word ? `${word} ${name}` : name
      );
      const asleep = `${wait?.asleep.join(" and ") || "nobody"} asleep`;
      const said = wait?.blocked ? wait.note[0].split(" the")[0] : asleep;
      return `${at / 1000}: ${path.join(", ")}; ${said}`;
    });
    assertEquals(found.slice(0, told.split("\n").length), told.split("\n"));
  });
}

Deno.test("a lesson's picture has all lines in order, words of the script, and nothing outside its frame", async () => {
  for (const lesson of lessons) {
    const recording = await recorded(lesson);
    const svg = drawLesson(lesson, recording);
    const all = (pattern: RegExp) =>
      Array.from(svg.matchAll(pattern), ([, found]) => found);
    const xmlns = svg.startsWith('<svg xmlns="http://www.w3.org/2000/svg" ');
    const [width, height] = all(/(?:width|height)="(.*?)"/g).map(Number);
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
