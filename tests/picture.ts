import type { control, Moment, Name } from "./control.ts";

/** This is in every picture. */
export const SIGNATURE = "<!-- Drawn by deno task golden or deno task draw -->";

// All in pixels.
const TIMES = 74; // the room for the times
const LINE = 47; // how many letters of a line there is room for
const LETTER = 8.43; // the width of one
const HEAD = 52; // where the names are

const [TEXT, SOFT, BACK, BAND] = ["#1f2328", "#59636e", "#ffffff", "#eef0f3"];
const [ASLEEP, FREE, BLOCKED] = ["#b9dcf2", "#0072b2", "#d55e00"];

/**
 * Draws where the one thread is, beside what it prints, as an SVG picture. Time
 * runs down; what is in one grey band takes no time.
 */
export function picture(
  title: string,
  { moments, lanes: names, goOn }: ReturnType<typeof control>,
): string {
  const lanes: Name[] = [...names];
  lanes.splice(Math.ceil(names.length / 2), 0, undefined);
  const gap = Math.max(80, ...names.map((name) => widthOf(name) + 28));
  const x = (name: Name) => TIMES + gap * (lanes.indexOf(name) + 0.5);
  // A single lane is narrower than the words in it.
  const right = Math.max(TIMES + gap * lanes.length, x(undefined) + 62);
  const width = Math.ceil(right + LETTER * LINE + 8);

  let y = HEAD + 22;
  let at: Name;
  let thread = `M${x(at)} ${HEAD}`;
  const under: string[] = [];
  const over = [pill(x(at), HEAD, "main")];
  /** From where to where each task is drawn. */
  const spans = new Map<Name, [from: number, to: number]>();
  const suspended = new Set<Name>();

  for (const { at: ms, steps, wait } of moments) {
    const top = y;
    y += 4;
    for (const step of steps) {
      const { name } = step;
      y += 7 * (step.emptyLines ?? 0);
      if (name !== at) {
        y += 16;
        const side = Math.sign(x(name) - x(at));
        const middle = x(at) + side * gap / 2;
        if (step.word) over.push(text(middle, y - 5, step.word, SMALL));
        const d = `M${x(name) - side} ${y}l${-8 * side} -4v8z`;
        over.push(tag("path", { d, fill: TEXT }));
        thread += `V${y}H${x(name)}`;
        at = name;
      }
      if (name !== undefined) {
        if (!spans.has(name)) over.push(pill(x(name), HEAD, name));
        spans.set(name, [spans.get(name)?.[0] ?? y, y]);
      }
      const room = 9 * ((step.note?.length ?? 1) - 1);
      y += step.middle ? 17 + room : 10;
      const [cx, cy] = [x(name), y];
      if (step.middle) {
        over.push(pill(cx, cy, step.middle));
      } else if (step.line !== undefined) {
        over.push(tag("circle", { cx, cy, r: 5, fill: TEXT }));
        over.push(text(right, y + 5, cut(step.line), OUTPUT));
      } else {
        const outline = { fill: BACK, stroke: TEXT, "stroke-width": 1.5 };
        over.push(tag("circle", { cx, cy, r: 3.5, ...outline }));
      }
      if (step.note) over.push(...note(right, y, step.note));
      y += step.middle ? 14 + room : 8;
    }
    y += steps.length > 0 ? 4 : 14;
    under.push(box(14, top, width - 22, y - top, { fill: BAND }));
    over.push(text(22, (top + y) / 2 + 5, `${ms / 1000} s`));
    if (!wait) continue;

    const height = 42 + Math.min(wait.ms / 25, 80);
    const bar = (name: Name, style: Attributes) =>
      box(x(name) - 9, y + 3, 18, height - 6, style);
    under.push(...wait.asleep.map((name) => bar(name, { fill: ASLEEP })));
    const free = { fill: BACK, stroke: FREE, "stroke-width": 2.5 };
    over.push(bar(at, wait.blocked ? { fill: BLOCKED } : free));
    for (const name of height < 62 ? [] : wait.suspended) {
      if (!spans.has(name) || suspended.has(name)) continue;
      suspended.add(name);
      const beside = x(name) + 20 * Math.sign(x(name) - x(undefined)) + 5;
      const turned = `translate(${beside} ${y + height / 2})rotate(-90)`;
      over.push(text(0, 0, "suspended", { ...SMALL, transform: turned }));
    }
    over.push(...note(right, y + height / 2, wait.note));
    y += height;
  }
  const ended = moments.at(-1)!.steps.at(-1)?.note;
  thread += `V${ended ? y - 12 : y + 8}`;
  for (const [name, [from, to]] of spans) {
    const d = `M${x(name)} ${from}V${goOn.has(name) ? y + 8 : to}`;
    const dots = {
      stroke: "#818b98",
      "stroke-width": 2,
      "stroke-dasharray": "2 5",
    };
    under.push(tag("path", { d, ...dots }));
  }
  const height = Math.ceil(y + 16);
  return tag(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      role: "img",
      "font-family": "Helvetica, Arial, sans-serif",
      "font-size": 14,
      fill: TEXT,
    },
    [
      "",
      SIGNATURE,
      tag("title", {}, escape(title)),
      tag("desc", {}, escape(describe(moments))),
      tag("rect", { width, height, fill: BACK }),
      text(14, 24, title, { "font-weight": "bold" }),
      ...under,
      tag("path", { d: thread, fill: "none", stroke: TEXT, "stroke-width": 2 }),
      ...over,
      "",
    ].join("\n"),
  ) + "\n";
}

/** The same in words, for those who can't see the picture. */
function describe(moments: Moment[]) {
  let middle = "main";
  const sentences: string[] = [];
  for (const { at, steps, wait } of moments) {
    const parts = steps.map(
      ({ name = middle, word, line, middle: other, note }) => {
        middle = other ?? middle;
        if (note) return note.join(", ");
        const does = line === undefined ? "has control" : `prints “${line}”`;
        return `${word ? `by ${word}, ` : ""}${name} ${does}`;
      },
    );
    sentences.push(`At ${at / 1000} s: ${parts.join("; ") || "nothing"}.`);
    if (wait) sentences.push(`Then ${wait.note.join(" ")}.`);
  }
  return sentences.join("\n");
}

type Attributes = Record<string, string | number>;

const SMALL = { fill: SOFT, "text-anchor": "middle" };
const OUTPUT = {
  "font-family": "DejaVu Sans Mono, Menlo, Consolas, monospace",
};

function tag(name: string, attributes: Attributes, content = "") {
  const all = Object.entries(attributes).map(([key, value]) =>
    ` ${key}="${value}"`
  );
  return `<${name}${all.join("")}>${content}</${name}>`;
}

function text(x: number, y: number, content: string, style: Attributes = {}) {
  return tag("text", { x, y, ...style }, escape(content));
}

function note(x: number, y: number, lines: string[]) {
  const first = y + 5 - 8.5 * (lines.length - 1);
  return lines.map((line, i) =>
    text(x, first + 17 * i, line, { "font-style": "italic" })
  );
}

function box(
  x: number,
  y: number,
  width: number,
  height: number,
  style: Attributes,
) {
  return tag("rect", { x, y, width, height, rx: 3, ...style });
}

function pill(x: number, y: number, name: string) {
  const width = widthOf(name) + 16;
  const style = { rx: 11, fill: BACK, stroke: SOFT };
  return tag("rect", {
    x: x - width / 2,
    y: y - 11,
    width,
    height: 22,
    ...style,
  }) +
    text(x, y + 5, name, { "text-anchor": "middle" });
}

/** About how wide a name is. */
function widthOf(name: string) {
  return 8 * lengthOf(name);
}

/** Counts letters; Chinese ones and the like are twice as wide as others. */
function lengthOf(text: string) {
  return [...text].length + (text.match(/[\u2e80-\uffff]/g)?.length ?? 0);
}

/** As much of a line as there is room for. */
function cut(line: string) {
  if (lengthOf(line) <= LINE) return line;
  let end = line.length;
  while (lengthOf(line.slice(0, end)) >= LINE) end--;
  return line.slice(0, end) + "…";
}

function escape(text: string) {
  // XML has no signs for most control characters.
  // deno-lint-ignore no-control-regex
  return text.replaceAll(/[\x00-\x08\x0b-\x1f\ufffe\uffff]/g, "\ufffd")
    .replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
