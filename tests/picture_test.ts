// What a picture says is so.

import { assertEquals } from "@std/assert";
import { drawLesson, lessons, recorded } from "./lessons.ts";
import oddPicture from "./odd_program.svg" with { type: "text" };
import programs from "./pictures.txt" with { type: "text" };
import { linesOf, record, textOf, until } from "./tools/record.ts";
import { picture } from "./tools/picture.ts";

// In pictures.txt: a program, whose tasks are Ann and Bob, and what is told of it.
for (const text of programs.trim().split("\n\n")) {
  const [, what, program, told] = text.match(/^# (.*)\n([^]*?)\n(At 0 [^]*)$/)!;
  Deno.test(`a picture tells ${what}`, async () => {
    const module = `const sleep = (ms) => new Promise((r) => setTimeout(r, ms));
      const shared = new Int32Array(new SharedArrayBuffer(4));
      const block = (ms) => ms && Atomics.wait(shared, 0, 0, ms);
      export function main() {${program}}`;
    const url = `data:text/javascript,${encodeURIComponent(module)}`;
    const recording = await record(() => import(url), 2, { traced: true });
    const names = textOf(recording, 1).match(/Ann|Bob/g);
    const svg = picture("", recording, [0, 1], [...new Set(names)].sort());
    const [, story] = svg.match(/<desc>([^]*)<.desc>/)!;
    // It may go on.
    assertEquals(story.slice(0, told.length), told);
  });
}

Deno.test("an odd program is drawn as it was looked at", async () => {
  const odd = () => import("./odd_program.js");
  const recording = await record(odd, 2, { traced: true });
  const tasks = ["Ann", "Bob", "小明"];
  const svg = picture("odd_program.js", recording, [0.33, 2], tasks);
  const draw =
    "deno task draw tests/odd_program.js 0.33..2 --tasks=Ann,Bob,小明";
  assertEquals(svg, oddPicture, `If this is intended, run ${draw}, and look.`);
});

Deno.test("the scripts' pictures have all lines in order, and fit below the title of a slide", async () => {
  for (const lesson of lessons.slice(0, 3)) {
    const recording = await recorded(lesson);
    const svg = drawLesson(lesson, recording);
    const all = (pattern: RegExp) =>
      Array.from(svg.matchAll(pattern), ([, found]) => found);
    const lines = linesOf(until(recording, 1))
      .map(({ text }) => text.split("<")[0]).filter(Boolean);
    assertEquals(all(/monospace">(.*?)(?:&lt;.*)?<\/text>/g), lines);
    const [width, height] = all(/(?:width|height)="(.*?)"/g).map(Number);
    const right = Math.max(...all(/(?: c?x="|H)([\d.]+)/g).map(Number));
    const bottom = Math.max(...all(/(?: c?y="|V)([\d.]+)/g).map(Number));
    const fits = right < width && width <= 860 && bottom < height;
    assertEquals(fits && height <= 520, true, `${right}, ${bottom}: ${svg}`);
  }
});
