// What a picture says is so.

import { assertEquals } from "@std/assert";
import { drawLesson, lessons, recorded } from "./lessons.ts";
import programs from "./pictures.txt" with { type: "text" };
import { linesOf, record, textOf } from "./tools/record.ts";
import { timeline, type Wait } from "./tools/timeline.ts";

// In pictures.txt: a program, whose tasks are Ann and Bob, and what is told of it:
// when, by which way control goes and what is printed there, and the wait after that.
for (const text of programs.trim().split("\n\n")) {
  const [, what, program, told] = text.match(/^# (.*)\n([^]*?)\n(\d[^]*)$/)!;
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
  if (wait?.thread === "blocked by somebody") return "somebody blocks";
  const asleep = wait?.asleep ?? [];
  if (asleep.length > 1) return `${asleep.join(" and ")} sleep`;
  return `${asleep[0] ?? "nobody"} sleeps`;
}

Deno.test("the scripts' pictures have all lines in order, words of the script, and nothing outside their frame", async () => {
  for (const lesson of lessons.slice(0, 3)) {
    const recording = await recorded(lesson);
    const svg = drawLesson(lesson, recording);
    const all = (pattern: RegExp) =>
      Array.from(svg.matchAll(pattern), ([, found]) => found);
    const [width, height] = all(/(?:width|height)="(.*?)"/g).map(Number);
    const right = Math.max(...all(/(?: c?x="|H)([\d.]+)/g).map(Number));
    const bottom = Math.max(...all(/(?: c?y="|V)([\d.]+)/g).map(Number));
    const fits = right < width && width <= 860 && bottom < height;
    assertEquals(fits && height <= 520, true, `${right}, ${bottom}: ${svg}`);
    const { default: script } = await lesson.script();
    const words = all(/#59636e" ?>(yield|await)</g);
    assertEquals(words.filter((word) => !script.includes(word)), []);
    const lines = linesOf(recording, 1)
      .map(({ text }) => text.split("<")[0]).filter(Boolean);
    assertEquals(all(/monospace">(.*?)(?:&lt;.*)?<\/text>/g), lines);
  }
});
