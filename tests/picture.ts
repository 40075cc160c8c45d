import { control, type Moment, type Name, type Step } from "./control.ts";
import type { Recording } from "./record.ts";

/** This is in every picture. */
export const SIGNATURE = "<!-- Drawn by deno task golden or deno task draw -->";

// All in pixels.
const TIMES = 74; // the room for the times
const LETTERS = 47; // how many letters of a line there is room for
const LETTER = 8.43; // the width of one
const HEAD = 52; // where the names are

const BACK = `fill="#ffffff"`;
const BAND = `rx="3" fill="#eef0f3"`;
const ASLEEP = `rx="3" fill="#b9dcf2"`;
const BLOCKED = `rx="3" fill="#d55e00"`;
const FREE = `rx="3" ${BACK} stroke="#0072b2" stroke-width="2.5"`;
const LINE = `fill="none" stroke="#1f2328" stroke-width="2"`;
const EMPTY = `${BACK} stroke="#1f2328" stroke-width="1.5"`;
const DOTS = `stroke="#818b98" stroke-width="2" stroke-dasharray="2 5"`;
const CENTERED = `text-anchor="middle"`;
const SOFT = `${CENTERED} fill="#59636e"`;
const OUTPUT = `font-family="DejaVu Sans Mono, Menlo, Consolas, monospace"`;

/**
 * Draws where the one thread is in the first `seconds` of a recording, beside what
 * it prints, as an SVG picture. Time runs down; what is in one grey band takes no
 * time. `what` names the program, and `tasks` is for `control`.
 */
export function picture(
  what: string,
  recording: Recording,
  seconds: number,
  tasks?: string[],
): string {
  const title = `${what}: where the one thread is, and what it prints`;
  const found = control(recording, seconds, tasks);
  const lanes: Name[] = [...found.lanes];
  lanes.splice(Math.ceil(lanes.length / 2), 0, undefined);
  const least = lanes.length > 1 ? 80 : 112; // so that "main/event loop" fits
  const gap = Math.max(least, ...found.lanes.map((name) => widthOf(name) + 12));
  const x = (name: Name) => TIMES + gap * (lanes.indexOf(name) + 0.5);
  const right = Math.max(TIMES + gap * lanes.length, x(undefined) + 76);
  const width = Math.ceil(right + LETTER * LETTERS + 8);

  let y = HEAD + 22;
  let at: Name;
  let thread = `M${x(at)} ${HEAD}`;
  const under: string[] = [];
  const over = lanes.map((name) => pill(x(name), HEAD, name ?? "main"));
  /** From where on each is suspended who is. */
  const suspended = new Map<Name, number>();
  function resume(name: Name, y: number) {
    const from = suspended.get(name);
    if (from) under.push(`<path d="M${x(name)} ${from}V${y}" ${DOTS}/>`);
    suspended.delete(name);
  }

  for (const { at: ms, steps, wait } of found.moments) {
    const top = y;
    y += 4;
    for (const { name, word, line, middle, note } of steps) {
      if (name !== at) {
        y += 16;
        const side = Math.sign(x(name) - x(at));
        if (word) over.push(text(x(at) + side * gap / 2, y - 5, word, SOFT));
        over.push(`<path d="M${x(name) - side} ${y}l${-8 * side} -4v8z"/>`);
        thread += `V${y}H${x(name)}`;
        if (word === "yield" || word === "await") suspended.set(at, y);
        resume(name, y);
        at = name;
      }
      y += middle ? 17 : 10;
      if (middle) over.push(pill(x(name), y, middle));
      else if (line === undefined) over.push(dot(x(name), y, 3.5, EMPTY));
      else over.push(dot(x(name), y, 5), text(right, y + 5, cut(line), OUTPUT));
      if (note) over.push(...notes(right, y, [note]));
      y += middle ? 15 : 8;
    }
    y += steps.length > 0 ? 4 : 14;
    under.unshift(box(14, top, width - 22, y - top, BAND));
    over.push(text(22, (top + y) / 2 + 5, `${ms / 1000} s`));
    if (!wait) continue;

    const height = 42 + Math.min(wait.ms / 25, 80);
    const bar = (name: Name, style: string) =>
      box(x(name) - 9, y + 3, 18, height - 6, style);
    under.push(...wait.asleep.map((name) => bar(name, ASLEEP)));
    over.push(bar(at, wait.blocked ? BLOCKED : FREE));
    if (wait.blocked?.length === 0) {
      over.push(box(TIMES, y + 3, right - TIMES - 8, height - 6, BLOCKED));
    }
    over.push(...notes(right, y + height / 2, wait.note));
    y += height;
  }
  const ended = found.moments.at(-1)!.steps.at(-1)?.note;
  thread += `V${ended ? y - 12 : y + 8}`;
  for (const name of suspended.keys()) resume(name, y + 8);
  const height = Math.ceil(y + 16);
  const size = `width="${width}" height="${height}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} viewBox="0 0 ${width} ${height}"
  role="img" font-family="Helvetica, Arial, sans-serif" font-size="14" fill="#1f2328">
${SIGNATURE}
<title>${escape(title)}</title>
<desc>${escape(describe(found.moments))}</desc>
<rect ${size} ${BACK}/>
${text(14, 24, title, `font-weight="bold"`)}
${under.join("\n")}
<path d="${thread}" ${LINE}/>
${over.join("\n")}
</svg>
`;
}

/** The same in words, for those who can't see the picture. */
function describe(moments: Moment[]) {
  let middle = "main";
  function tell({ name, word, line, note, ...step }: Step) {
    middle = step.middle ?? middle;
    if (note) return note;
    const by = word ? `by ${word}, ` : "";
    return `${by}${name ?? middle} ${
      line ? `prints “${line}”` : "has control"
    }`;
  }
  return moments.map(({ at, steps, wait }) => {
    const told = steps.map(tell).join("; ") || "nothing";
    const then = wait ? `\nThen ${wait.note.join(" ")}.` : "";
    return `At ${at / 1000} s: ${told}.${then}`;
  }).join("\n");
}

const text = (x: number, y: number, content: string, style = "") =>
  `<text x="${x}" y="${y}" ${style}>${escape(content)}</text>`;
const dot = (x: number, y: number, r: number, style = "") =>
  `<circle cx="${x}" cy="${y}" r="${r}" ${style}/>`;
const box = (x: number, y: number, w: number, h: number, style: string) =>
  `<rect x="${x}" y="${y}" width="${w}" height="${h}" ${style}/>`;

function notes(x: number, y: number, lines: string[]) {
  const first = y + 5 - 8.5 * (lines.length - 1);
  return lines.map((line, i) =>
    text(x, first + 17 * i, cut(line), `font-style="italic"`)
  );
}

function pill(x: number, y: number, name: string) {
  const width = widthOf(name);
  const style = `rx="11" ${BACK} stroke="#59636e"`;
  return box(x - width / 2, y - 11, width, 22, style) +
    text(x, y + 5, name, CENTERED);
}

/** How wide the frame of a name is. */
const widthOf = (name: string) => 8 * lengthOf(name) + 16;

/** How many letters; Chinese ones and the like are as wide as two. */
function lengthOf(text: string) {
  return [...text].length + (text.match(/[\u2e80-\uffff]/g)?.length ?? 0);
}

/** As much of a line as there is room for. */
function cut(line: string) {
  while (lengthOf(line) > LETTERS) line = line.slice(0, -2) + "…";
  return line.replaceAll(/ (?= )|^ /g, "\u00a0"); // Other spaces are drawn as one.
}

function escape(text: string) {
  // XML has no signs for most control characters.
  // deno-lint-ignore no-control-regex
  return text.replaceAll(/[\x00-\x08\x0b-\x1f\ufffe\uffff]/g, "\ufffd")
    .replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
