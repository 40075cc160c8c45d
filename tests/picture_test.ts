// What a picture says is so.

import { assertEquals } from "@std/assert";
import { drawLesson, lessons, recorded } from "./lessons.ts";
import { linesOf, record, textOf } from "./tools/record.ts";
import { timeline, type Wait } from "./tools/timeline.ts";

// A program, whose tasks are Ann and Bob, and what is told of it: when, by which way
// control goes and what is printed there, and the wait after that.
const PROGRAMS = `
who blocks the thread, before it prints or after that
function* say(name, a, b) { for (;; yield) block(a), console.log(name), block(b); }
for (const all = [say("Ann", 400, 0), say("Bob", 0, 400)];;) all.map((it) => it.next());
0: main, next Ann; Ann blocks
0.4: Ann "Ann", yield main, next Bob "Bob"; Bob blocks

that a task blocks by a helper, and main between two calls
const say = (name) => console.log(name);
async function task(name) { say(name), block(300); await null; say(name + " ends"); }
task("Ann"), block(200), task("Bob");
0: main, call Ann "Ann"; Ann blocks
0.3: await main; main blocks
0.5: call Bob "Bob"; Bob blocks
0.8: await main gives control, resume Ann "Ann ends", loop, resume Bob "Bob ends", loop ends; nobody sleeps

not who blocks, if that call names several
async function both() { await null; console.log("Ann"), console.log("Bob"), block(300); }
both();
0: main, main gives control, loop "Ann", loop "Bob"; somebody blocks

who sleeps by its own timer, whatever sleep is made of
const nap = async (ms) => new Promise((r) => setTimeout(r, ms));
async function doze(ms) { await sleep(ms); }
async function say(name, wait) { await wait(400); console.log(name); await wait(400); }
say("Ann", nap), say("Bob", doze);
0: main, call Ann, await main, call Bob, await main gives control; Ann and Bob sleep
0.4: resume Ann "Ann", await loop, resume Bob "Bob", await loop; Ann and Bob sleep

that one sleeps until the first of two timers goes off
async function ann() { await Promise.race([sleep(300), sleep(900)]); console.log("Ann"); }
ann();
0: main, call Ann, await main gives control; Ann sleeps
0.3: resume Ann "Ann", loop; nobody sleeps

that nobody sleeps who waits for another task, or for what main has set
async function ann() { await sleep(300); console.log("Ann"); }
async function bob(other) { await other; console.log("Bob"); }
async function main() { bob(ann()), bob(sleep(500)); } main();
0: main, call Ann, await main, call Bob, await main, call Bob, await main gives control; Ann sleeps
0.3: resume Ann "Ann", loop, resume Bob "Bob", loop; nobody sleeps

that nobody sleeps by a timer that it does not wait for
async function ann() { console.log("Ann"), sleep(300), await Promise.all([bob()]); }
async function bob() { await sleep(500); console.log("Bob"); }
ann();
0: main, call Ann "Ann", call Bob, await Ann, await main gives control; Bob sleeps
0.5: resume Bob "Bob", loop, resume Ann, loop ends; nobody sleeps

that nobody sleeps whom another generator wakes
let wake;
function* ann() { for (;;) { yield new Promise((r) => wake = r); console.log("Ann"); } }
function* bob() { for (;; wake()) { yield sleep(300); console.log("Bob"); } }
const run = (it) => { const resume = () => run(it); it.next().value.then(resume); };
run(ann()), run(bob());
0: main, next Ann, yield main, next Bob, yield main gives control; Bob sleeps
0.3: next Bob "Bob", yield loop, next Ann "Ann", yield loop; Bob sleeps

that a task sleeps by a callback of its own, which sets the next timer
function ann(n) { console.log("Ann"); if (n) setTimeout(() => ann(n - 1), 300); }
ann(1), sleep(500).then(() => console.log("Bob"));
0: main, call Ann "Ann", main gives control; Ann sleeps
0.3: call Ann "Ann", loop; nobody sleeps
0.5: call Bob "Bob", loop ends; nobody sleeps

who sleeps until the timer of an interval goes off
function* ann() { for (;;) { console.log("Ann"); yield; } }
const it = ann(); setInterval(() => it.next(), 400);
0: main, main gives control; nobody sleeps
0.4: next Ann "Ann", yield loop; nobody sleeps

that a runner lets a generator sleep for the number that it yields
function* ann() { for (;;) { console.log("Ann"); yield 200; } }
function run(it) { setTimeout(() => run(it), it.next().value); }
run(ann());
0: main, next Ann "Ann", yield main gives control; Ann sleeps
0.2: next Ann "Ann", yield loop; Ann sleeps

that a function has returned, though its promise waits
async function say(name) { console.log(name); return sleep(300); }
for (const name of ["Ann", "Bob"]) say(name);
console.log("both");
0: main, call Ann "Ann", main, call Bob "Bob", main "both", main gives control; nobody sleeps

that import() and WebAssembly.compile() are no calls
async function ann() { console.log("Ann"), import("data:,").catch(String);
  WebAssembly.compile(new Uint8Array()).catch(String); await sleep(300); }
ann();
0: main, call Ann "Ann", await main gives control; Ann sleeps
0.3: resume Ann, loop ends; nobody sleeps

who awaits what is no promise
async function ann() { console.log("Ann"); await 1; console.log("Ann 2"); }
ann(), console.log("main goes on");
0: main, call Ann "Ann", await main "main goes on", main gives control, resume Ann "Ann 2", loop ends; nobody sleeps

that an error goes from one task to the other
async function ann() { console.log("Ann"); await sleep(300); throw "an error"; }
async function bob() { try { await ann(); } catch (error) { console.log("Bob", error); } }
bob();
0: main, call Bob, call Ann "Ann", await Bob, await main gives control; Ann sleeps
0.3: resume Ann, loop, resume Bob "Bob an error", loop ends; nobody sleeps

which generator runs which, and which has ended
function* say() { console.log("Ann"); }
function* ann() { yield* say(), yield* say(); }
function* bob() { for (;;) { ann().next(), console.log("Bob"); yield; } }
for (const _ of bob()) console.log("main has McAnn, Bobby"), block(1000);
0: main, next Bob, next Ann "Ann", Ann "Ann", Bob "Bob", yield main "main has McAnn, Bobby"; main blocks

that next, throw and return run nothing before the beginning and after the end
function* ann() { try { yield; } finally { console.log("Ann"); } }
const [a, b] = [ann(), ann()];
a.return(), a.next(); try { ann().throw(0); } catch { b.next(), b.return(), b.next(); }
0: main, next Ann, yield main, return Ann "Ann", main gives control, loop ends; nobody sleeps

what an asynchronous generator awaits and what it yields
async function* ann() { await sleep(300); console.log("Ann"); yield 1; console.log("Ann 2"); }
(async () => { for await (const i of ann()) console.log("Bob", i); })();
0: main, call Bob, next Ann, await Bob, await main gives control; Ann sleeps
0.3: resume Ann "Ann", yield loop, resume Bob "Bob 1", next Ann "Ann 2", Bob, await loop, resume Bob, loop ends; nobody sleeps

that an asynchronous generator goes on by return from the event loop
async function* ann() { try { yield 1; } finally { console.log("Ann"); } }
async function bob() { for await (const i of ann()) break; console.log("Bob"); }
bob();
0: main, call Bob, next Ann, yield Bob, await main gives control, resume Bob, await loop, return Ann "Ann", loop, resume Bob "Bob", loop ends; nobody sleeps

that next only queues while an asynchronous generator awaits
async function* ann() { for (;;) { await sleep(200); console.log("Ann"); yield; } }
const it = ann(); it.next(), it.next();
0: main, next Ann, await main gives control; Ann sleeps
0.2: resume Ann "Ann", yield loop, next Ann, await loop; Ann sleeps
0.4: resume Ann "Ann", yield loop ends; nobody sleeps

which function calls which, and what a callback calls
function ann() { console.log("Ann"), bob(), sleep(500).finally(ann); }
const bob = () => console.log("Bob");
ann(), queueMicrotask(bob);
0: main, call Ann "Ann", call Bob "Bob", Ann, main gives control, call Bob "Bob", loop; nobody sleeps
0.5: call Ann "Ann", call Bob "Bob", Ann, loop; nobody sleeps

listeners without a name, which are called by who emits
const on = [() => console.log("Bob"), () => { console.log("Ann 1"); console.log("Ann 2"); }];
async function ann() { console.log("Ann"); on.forEach((each) => each()); await sleep(300); }
ann();
0: main, call Ann "Ann", call Bob "Bob", Ann "Ann 1", Ann "Ann 2", await main gives control; Ann sleeps

that main's lines are main's, whomever they name
function say(name) { console.log(name); }
function main() { console.log("Ann is made"), say("Ann"), say("Bob"), console.log("Bob"); }
main();
0: main, main "Ann is made", call Ann "Ann", main, call Bob "Bob", main "Bob", main gives control, loop ends; nobody sleeps

that a line without a name, and one that names another, too, is of who prints it
const say = (text) => console.log(text);
async function ann() { say("..."), say("Ann meets Bob"); await 0; console.log("..."); }
async function bob() { say("Bob meets Ann"), say("***"); }
ann(), bob();
0: main, call Ann "...", Ann "Ann meets Bob", await main, call Bob "Bob meets Ann", Bob "***", main gives control, resume Ann "...", loop ends; nobody sleeps

that a call that names nobody is of the task of its parts, or else of its caller
const part = async () => { await sleep(300); console.log("..."); };
async function ann() { console.log("Ann"); await part(); }
async function both() { block(100); await Promise.all([ann(), ann()]); console.log("***"); }
both();
0: main, call Ann; Ann blocks
0.1: Ann "Ann", Ann "Ann", await main gives control; Ann sleeps
0.4: resume Ann "...", loop, resume Ann, loop, resume Ann "...", loop, resume Ann, loop, resume Ann "***", loop ends; nobody sleeps

when main gives control away, and that it may come back
async function ann() { await sleep(300); console.log("Ann"); }
async function main() { ann(); await sleep(500); console.log("main"); } main();
0: main, call Ann, await main gives control; Ann sleeps
0.3: resume Ann "Ann", loop; nobody sleeps
0.5: main "main", loop ends; nobody sleeps
`;

for (const text of PROGRAMS.trim().split("\n\n")) {
  const [, what, program, told] = text.match(/^(.*)\n([^]*?)\n(\d[^]*)$/)!;
  Deno.test(`a picture tells ${what}`, async () => {
    const module = `const sleep = (ms) => new Promise((r) => setTimeout(r, ms));
      const shared = new Int32Array(new SharedArrayBuffer(4));
      const block = (ms) => ms && Atomics.wait(shared, 0, 0, ms);
      export function main() {${program}}`;
    const url = `data:text/javascript,${encodeURIComponent(module)}`;
    const recording = await record(() => import(url), 2, { traced: true });
    const names = textOf(recording, 1).match(/Ann|Bob/g);
    const found = timeline(recording, 1, [...new Set(names)].sort()).moments
      .map(({ at, steps, wait }) => {
        const way = steps.map(({ column, middle, word, line, note }) => {
          const where = column ?? middle.replace("event ", "");
          const what = line
            ? `"${line}"`
            : note?.match(/gives control|ends/)?.[0];
          return [word, where, what].filter(Boolean).join(" ");
        });
        return `${at / 1000}: ${way.join(", ")}; ${waiting(wait)}`;
      });
    assertEquals(found.slice(0, told.split("\n").length), told.split("\n"));
  });
}

function waiting(wait?: Wait) {
  if (wait?.thread === "blocked") return `${wait.by ?? "main"} blocks`;
  if (wait?.thread === "blocked by one of several") return "somebody blocks";
  const asleep = wait?.asleep ?? [];
  if (asleep.length > 1) return `${asleep.join(" and ")} sleep`;
  return `${asleep[0] ?? "nobody"} sleeps`;
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
