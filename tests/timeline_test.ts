// The picture of a small recording, held to what it has to show.

import { assertEquals } from "@std/assert";
import type { Recording } from "./record.ts";
import { timeline } from "./timeline.ts";

// Task 1 blocks the thread for 1 s; then both sleep, and leave the thread free.
const recording: Recording = {
  seconds: 2,
  output: "",
  lines: [
    { text: "task 1 <begins>", seconds: 0 },
    { text: "", seconds: 1 },
    { text: "task 1 & goes on", seconds: 1 },
    { text: "task 2 begins", seconds: 1 },
    { text: "task 2 goes on\x1b\0", seconds: 1.5 },
  ],
  sleeps: [
    { from: 0, to: 1, after: "task 1 <begins>", blocking: true },
    { from: 1, to: 2, after: "task 1 & goes on", blocking: false },
    { from: 1, to: 1.5, after: "task 2 begins", blocking: false },
    { from: 1.5, to: 2, after: "task 2 goes on", blocking: false },
  ],
  returned: { seconds: 1, lines: 4 },
};
const picture = timeline("x", recording, { resume: "wake", suspend: "wait" });

/** The elements of a kind: their attributes as numbers, and their text. */
function elements(kind: string) {
  const found = picture.matchAll(
    new RegExp(`<\\w+ class="${kind}"(.*?)/?>(?:(.*?)</text>)?`, "g"),
  );
  return Array.from(found, ([, attributes, text]) => {
    const pairs = Array.from(
      attributes.matchAll(/(\w+)="([\d.]+)"/g),
      ([, name, value]) => [name, Number(value)] as const,
    );
    const { x = NaN, y = NaN, cx = x, cy = y, width = 0, height = 0 } = Object
      .fromEntries(pairs);
    return {
      x: cx + width / 2,
      top: cy,
      bottom: cy + height,
      height,
      text: text ?? "",
    };
  });
}

/** The x of the lane with that name. */
function lane(name: string) {
  return elements("label").find(({ text }) => text === name)!.x;
}

Deno.test("a picture has a lane for each task, and the event loop in main's", () => {
  assertEquals(lane("task 1") < lane("main"), true);
  assertEquals(lane("main") < lane("task 2"), true);
  assertEquals(lane("event loop"), lane("main"));
});

Deno.test("each line stands beside the dot of whoever prints it, in order, in the band of its time", () => {
  const dots = elements("prints");
  const output = elements("output");
  assertEquals(output.map(({ text }) => text), [
    'task 1<tspan class="detail"> &lt;begins&gt;</tspan>',
    "task 1 &amp; goes on",
    "task 2 begins",
    "task 2 goes on\ufffd\ufffd",
  ]);
  const [task1, task2] = [lane("task 1"), lane("task 2")];
  assertEquals(dots.map(({ x }) => x), [task1, task1, task2, task2]);
  // The text's line is a little below the middle of the dot.
  assertEquals(output.map(({ top }, i) => top - dots[i].top), [4, 4, 4, 4]);

  const bands = elements("band");
  const bandOf = ({ top }: { top: number }) =>
    bands.findIndex((band) => band.top < top && top < band.bottom);
  assertEquals(dots.map(bandOf), [0, 1, 1, 2]);
  const times = elements("label").filter(({ text }) => / s$/.test(text));
  assertEquals(times.map(bandOf), [0, 1, 2, 3]);
  assertEquals(times.map(({ text }) => text), ["0 s", "1 s", "1.5 s", "2 s"]);
});

Deno.test("time passes to scale between the bands: blocked in the sleeper, or free in the event loop beside the sleepers", () => {
  const bands = elements("band");
  const gaps = bands.slice(1).map(({ top }, i) => top - bands[i].bottom);
  assertEquals(gaps.map((gap) => gap / gaps[0]), [1, 0.5, 0.5]);

  const gapOf = ({ top, bottom }: { top: number; bottom: number }) =>
    bands.findIndex((band, i) =>
      band.bottom < top && bottom < bands[i + 1].top
    );
  const bars = (kind: string) =>
    elements(kind).map((bar) => [gapOf(bar), bar.x]);
  assertEquals(bars("blocked"), [[0, lane("task 1")]]);
  assertEquals(bars("free"), [[1, lane("main")], [2, lane("main")]]);
  assertEquals(bars("asleep"), [
    [1, lane("task 1")],
    [1, lane("task 2")],
    [2, lane("task 1")],
    [2, lane("task 2")],
  ]);
});

Deno.test("the thread is one line, from main through every dot to the event loop, by switches of the script's words", () => {
  const [, path] = picture.match(/<path class="thread" d="M(.*?)"/)!;
  const corners = path.split(/(?=[VH])/);
  const lanes = [
    corners[0].split(" ")[0],
    ...corners.map((c) => c.match(/H(.*)/)?.[1]),
  ]
    .filter((x) => x).map(Number);
  const [task1, middle, task2] = ["task 1", "main", "task 2"].map(lane);
  assertEquals(lanes, [
    middle,
    task1, // which prints, blocks and prints
    middle,
    task2, // which prints
    middle, // main returns
    task2, // which prints
    middle,
  ]);
  const heights = corners.flatMap((corner) => corner.match(/V(.*)/)?.[1] ?? []);
  assertEquals(heights, heights.toSorted((a, b) => Number(a) - Number(b)));
  assertEquals(
    elements("word").filter(({ x }) => x).map(({ text }) => text),
    ["call", "wait", "call", "wait"],
  );
});

Deno.test("a picture's description tells the same story in order", () => {
  const [, description] = picture.match(/<desc.*?>([^]*?)<\/desc>/)!;
  assertEquals(description.split("\n"), [
    "At 0 s: control goes to main; task 1 prints “task 1”.",
    "Then task 1 sleeps 1 s and blocks the thread: nothing else can run.",
    "At 1 s: task 1 prints “task 1 &amp; goes on”; control goes to main; " +
    "task 2 prints “task 2 begins”; control goes to main; " +
    "main has returned, control goes to the event loop.",
    "Then task 1 and task 2 sleep; the thread is free and waits in the event loop.",
    "At 1.5 s: task 2 prints “task 2 goes on\ufffd\ufffd”; control goes to the event loop.",
    "Then task 1 and task 2 sleep; the thread is free and waits in the event loop.",
    "At 2 s: nothing.",
  ]);
});

Deno.test("a picture is well-formed XML, has its script's name, its cycles, and arrows that point ahead", () => {
  assertEquals(picture.match(/<title.*?>(.*?):/)?.[1], "scripts/x.ts");
  assertEquals(
    elements("word").filter(({ x }) => !x).map(({ text }) => text),
    ["one cycle: 1 s", "one cycle: 1 s", "suspended", "suspended"],
  );
  const arrows = picture.matchAll(/class="arrow" d="M(\d+) \S+l(-?)7 /g);
  const [task1, middle, task2] = ["task 1", "main", "task 2"].map(lane);
  assertEquals(Array.from(arrows, ([, x, back]) => [Number(x), back]), [
    [task1 + 1, ""],
    [middle - 1, "-"],
    [task2 - 1, "-"],
    [middle + 1, ""],
    [task2 - 1, "-"],
    [middle + 1, ""],
  ]);
  const open: string[] = [];
  const rest = picture.replaceAll(
    /<(\/?)(\w+)((?: [\w:-]+="[^"<]*")*)(\/?)>/g,
    (_, end, name, __, empty) => {
      if (end) assertEquals(name, open.pop());
      else if (!empty) open.push(name);
      return "";
    },
  );
  assertEquals(open, []);
  // deno-lint-ignore no-control-regex
  assertEquals(rest.match(/[<>\x00-\x08\x0b-\x1f]|&(?!(amp|lt|gt);)/g), null);
});
