import type { Recording } from "./record.ts";
import { type Column, MAIN_LEAVES, type Step } from "./timeline.ts";
import { timeline, type Wait } from "./timeline.ts";

/** This is in every picture. */
export const SIGNATURE = "<!-- Drawn by deno task golden or deno task draw -->";

// All in pixels.
const TIMES = 74; // the room for the times
const LETTERS = 62; // how many letters of a line there is room for
const LETTER = 7.83; // the width of one
const HEAD = 50; // where the names are
const TURN = 13; // how much further down control comes to another column
const ROW = 16; // the height of a step
const SHORT_MS = 20; // A wait that is shorter is a gap without a caption.

const BACK = `fill="#ffffff"`;
const BAND = `rx="3" fill="#eef0f3"`;
const ASLEEP = `rx="3" fill="#b9dcf2"`;
const BLOCKED = `rx="3" fill="#d55e00"`;
const FREE = `rx="3" ${BACK} stroke="#0072b2" stroke-width="2.5"`;
const EMPTY = `${BACK} stroke="#1f2328" stroke-width="1.5"`;
const DOTS = `stroke="#818b98" stroke-width="2" stroke-dasharray="2 5"`;
const CENTERED = `text-anchor="middle"`;
const SOFT = `${CENTERED} font-size="13" fill="#59636e"`;
const ITALIC = `font-style="italic"`;
const OUTPUT =
  `font-size="13" font-family="DejaVu Sans Mono, Menlo, Consolas, monospace"`;

/**
 * Draws, as an SVG picture, where the one thread is between two seconds of a recording,
 * beside what it prints. Time runs down; what is in one grey band takes no time.
 * `what` names the program, and `tasks` is for `timeline`.
 *
 * @throws An `Error` if a task is in no line, or the program ends before `from`.
 */
export function picture(
  what: string,
  recording: Recording,
  [from, to]: [from: number, to: number],
  tasks?: string[],
): string {
  const title = `${what}, ${from} s to ${to} s: where the one thread is`;
  const { moments, names, middle } = timeline(recording, to, tasks);
  const start = from * 1000;
  const first = moments.findIndex(({ at }) => at >= start);
  if (first < 0) throw new Error(`It ends before ${from} s.`);
  const earlier = moments.splice(0, first);
  const begun = { ...earlier.at(-1), at: start, steps: [] }; // a wait that goes on
  if (moments[0].at > start) moments.unshift(begun);
  const lanes: Column[] = [...names];
  lanes.splice(Math.ceil(lanes.length / 2), 0, undefined);
  const heads = names.length > 0 ? names : [middle];
  const widest = Math.max(...heads.map(widthOf));
  const gap = Math.max(widest + 12, (widest + widthOf(middle)) / 2 + 8);
  const x = (name: Column) => TIMES + gap * (lanes.indexOf(name) + 0.5);
  const edge = x(undefined) + widthOf(middle) / 2 + 8;
  const right = Math.max(TIMES + gap * lanes.length, edge);
  const width = Math.ceil(right + LETTER * LETTERS + 14);

  let y = HEAD;
  let here: Column; // where the thread is
  const under: string[] = [];
  const over: string[] = [];
  const story: string[] = []; // the same for those who can't see the picture
  const suspended = new Map<Column, number>(); // since which height each one is
  const isLeaving = ({ note }: Step) => note === MAIN_LEAVES;
  function move({ column, word }: Step) {
    if (word === "yield" || word === "await") suspended.set(here, y);
    here = column;
    resume(here);
  }
  function resume(name: Column) {
    const from = suspended.get(name) ?? y;
    if (from < y) under.push(`<path d="M${x(name)} ${from}V${y}" ${DOTS}/>`);
    suspended.delete(name);
  }

  const past = earlier.flatMap(({ steps }) => steps);
  past.forEach(move);
  const atFirst = past.some(isLeaving) ? middle : "main";
  for (const name of lanes) over.push(pill(x(name), HEAD, name ?? atFirst));
  let thread = `M${x(here)} ${HEAD}`;
  y += 16;
  let saidFree = false;
  for (const [i, { at: ms, steps, wait }] of moments.entries()) {
    const top = y;
    y += 4;
    for (const step of steps) {
      const { column: name, word, line, note } = step;
      if (name !== here) {
        y += TURN;
        const side = Math.sign(x(name) - x(here));
        if (word) over.push(text(x(here) + side * gap / 2, y - 3, word, SOFT));
        over.push(`<path d="M${x(name) - side} ${y}l${-8 * side} -4v8z"/>`);
        thread += `V${y}H${x(name)}`;
        move(step);
      }
      // To come back to the event loop and wait there is drawn by the wait.
      const waits = step === steps.at(-1) && wait && !wait.blocked;
      if (waits && line === undefined && !note) continue;
      const leaves = isLeaving(step);
      y += leaves ? ROW : ROW / 2;
      if (leaves) over.push(pill(x(name), y, middle));
      else if (line === undefined) over.push(dot(x(name), y, 3.5, EMPTY));
      else over.push(dot(x(name), y, 5), text(right, y + 5, cut(line), OUTPUT));
      if (note) over.push(text(right, y + 5, cut(note), ITALIC));
      y += leaves ? ROW - 2 : ROW / 2;
    }
    y += steps.length > 0 ? 4 : 14;
    under.unshift(box(14, top, width - 22, y - top, BAND));
    const time = `${ms / 1000} s`;
    over.push(text(22, (top + y) / 2 + 5, time));
    story.push(`At ${time}: ${steps.map(told).join("; ") || "nothing"}.`);
    if (!wait) continue;

    story.push(`Then ${noteOf(wait).join(" ")}.`);
    const lasts = moments[i + 1].at - ms;
    const isShort = lasts <= SHORT_MS;
    // That the thread is free is said once, who sleeps each time.
    const said = isShort ? [] : noteOf(wait, saidFree);
    saidFree ||= !wait.blocked && !isShort;
    const length = Math.min(Math.round(lasts / 25), 60);
    const height = isShort ? 14 : 16 + 9 * said.length + length;
    const bar = (name: Column, style: string) =>
      box(x(name) - 9, y + 3, 18, height - 6, style);
    under.push(...wait.asleep.map((name) => bar(name, ASLEEP)));
    if (!wait.blocked) over.push(bar(here, FREE));
    else if (wait.blocked.by) over.push(bar(here, BLOCKED));
    else over.push(box(TIMES, y + 3, right - TIMES - 8, height - 6, BLOCKED));
    for (const [row, line] of said.entries()) {
      const below = height / 2 + 17 * row - 8.5 * (said.length - 1);
      over.push(text(right, y + below + 5, cut(line), ITALIC));
    }
    y += height;
  }
  const last = moments.at(-1)!.steps.at(-1);
  const ended = last?.note && !isLeaving(last);
  thread += `V${ended ? y - 12 : y + 8}`;
  y += 8;
  for (const name of suspended.keys()) resume(name);
  const height = Math.ceil(y + 4);
  const size = `width="${width}" height="${height}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} viewBox="0 0 ${width} ${height}"
  role="img" font-family="Helvetica, Arial, sans-serif" font-size="14" fill="#1f2328">
${SIGNATURE}
<title>${escape(title)}</title>
<desc>${escape(story.join("\n"))}</desc>
<rect ${size} ${BACK}/>
${text(14, 24, title, `font-weight="bold"`)}
${under.join("\n")}
<path d="${thread}" fill="none" stroke="#1f2328" stroke-width="2"/>
${over.join("\n")}
</svg>
`;
}

/** What is said of a wait, in lines; that the thread is free may be known. */
function noteOf({ blocked, asleep }: Wait, knownFree = false): string[] {
  if (blocked) {
    const { by, isBusy } = blocked;
    const sleep = by ? `${by} sleeps and` : "a sleep";
    const what = isBusy ? by ?? "a busy wait" : sleep;
    return [`${what} blocks the thread:`, "nothing else can run"];
  }
  const names = new Intl.ListFormat("en").format(asleep);
  const who = `${names} ${asleep.length > 1 ? "sleep" : "sleeps"}`;
  if (knownFree) return names ? [who] : [];
  const free = "the thread is free and waits in the event loop";
  return names ? [`${who};`, free] : [free];
}

/** A step in words. */
function told({ column, middle, word, line, note }: Step) {
  if (note && !word) return note;
  const by = word ? `by ${word}, ` : "";
  const does = line === undefined ? "has control" : `prints “${line}”`;
  return `${by}${column ?? middle} ${does}${note ? `; ${note}` : ""}`;
}

const text = (x: number, y: number, content: string, style = "") =>
  `<text x="${x}" y="${y}" ${style}>${escape(content)}</text>`;
const dot = (x: number, y: number, r: number, style = "") =>
  `<circle cx="${x}" cy="${y}" r="${r}" ${style}/>`;
const box = (x: number, y: number, w: number, h: number, style: string) =>
  `<rect x="${x}" y="${y}" width="${w}" height="${h}" ${style}/>`;

function pill(x: number, y: number, name: string) {
  const width = widthOf(name);
  const style = `rx="11" ${BACK} stroke="#59636e"`;
  return box(x - width / 2, y - 11, width, 22, style) +
    text(x, y + 5, name, CENTERED);
}

/** How wide the frame of a name is. */
const widthOf = (name: string) => 8 * cellsOf(name).length + 16;

/** The letters of a text; before a Chinese one or an emoji an empty one makes room. */
function cellsOf(text: string): string[] {
  const wide = /[\u1100-\u115f\u2e80-\uffdc]|\p{Emoji_Presentation}/u;
  return [...new Intl.Segmenter().segment(text)].flatMap(({ segment }) =>
    wide.test(segment) ? ["", segment] : segment
  );
}

/** As much of a line as there is room for. */
function cut(line: string) {
  const cells = cellsOf(line.slice(0, 9 * LETTERS)); // Emoji: 2 cells, to 15 units.
  if (cells.length > LETTERS) cells.splice(LETTERS - 1, cells.length, "…");
  // Plain spaces are drawn as one, and none at the beginning.
  return cells.join("").replaceAll(/ (?= )|^ /g, "\u00a0");
}

function escape(text: string) {
  // XML has no signs for most control characters.
  // deno-lint-ignore no-control-regex
  return text.replaceAll(/[\x00-\x08\x0b-\x1f\ufffe\uffff]/g, "\ufffd")
    .replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
