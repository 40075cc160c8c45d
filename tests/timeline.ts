import type { Recording } from "./record.ts";

// All in pixels. A lane is the row of a task, or of the main thread.
const [LEFT, RIGHT] = [132, 672]; // the first and the last moment
const [TOP, LANE] = [72, 40]; // the first lane, and from one to the next

const STYLE = `
  svg {
    --back: #fff; --text: #1f2328; --grid: #d1d9e0;
    --sleeping: #d55e00; --waiting: #818b98; --suspended: #0072b2;
  }
  @media (prefers-color-scheme: dark) {
    svg {
      --back: #0d1117; --text: #f0f6fc; --grid: #3d444d;
      --sleeping: #e69f00; --waiting: #818b98; --suspended: #56b4e9;
    }
  }
  text { font: 14px system-ui, sans-serif; fill: var(--text); }
  .back { fill: var(--back); }
  .grid { stroke: var(--grid); }
  .print { fill: var(--text); stroke: var(--back); stroke-width: 1.5; }
  .sleeping { stroke: var(--sleeping); stroke-width: 18; }
  .waiting { stroke: var(--waiting); stroke-width: 2; }
  .suspended { stroke: var(--suspended); stroke-width: 5; stroke-dasharray: 5; }
`;

/**
 * Draws a recording as an SVG picture: time runs from left to right, in a lane
 * for everyone who prints.
 */
export function timeline(name: string, recording: Recording): string {
  const { seconds, lines, blocked } = recording;
  const title = `scripts/${name}.ts, the first ${seconds} seconds`;
  const prints = lines.filter(({ text }) => text);
  const lanes = [...new Set(prints.map(({ text }) => who(text)))];
  const x = (time: number) => LEFT + (RIGHT - LEFT) * time / seconds;
  const y = (lane: string) => TOP + LANE * lanes.indexOf(lane);
  const bottom = TOP + LANE * lanes.length;

  const grid = Array.from(
    { length: 2 * seconds + 1 },
    (_, i) => line("grid", x(i / 2), TOP - 20, x(i / 2), bottom - 14),
  );
  const axis = Array.from(
    { length: seconds + 1 },
    (_, second) => label(x(second) - 10, bottom + 4, `${second} s`),
  );

  // From one of these times to the next, everyone does one thing only.
  const times = [
    ...prints.map(({ seconds }) => seconds),
    ...blocked.flatMap(({ from, to }) => [from, to]),
  ].sort((a, b) => a - b);
  const spans = times.slice(1).flatMap((to, i) => {
    const from = times[i];
    if (from === to) return [];
    const sleep = blocked.find((sleep) => sleep.from <= from && to <= sleep.to);
    const doing = (lane: string) =>
      !sleep ? "suspended" : lane === who(sleep.after) ? "sleeping" : "waiting";
    return lanes.map((lane) =>
      line(doing(lane), x(from), y(lane), x(to), y(lane))
    );
  });

  const key = bottom + 44;
  const height = key + 52;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="700" height="${height}" viewBox="0 0 700 ${height}" role="img" aria-labelledby="title desc">
<title id="title">${title}</title>
<desc id="desc">${description(lanes, recording)}</desc>
<style>${STYLE}</style>
<rect class="back" width="100%" height="100%"/>
${
    [
      label(24, 32, title),
      ...grid,
      ...axis,
      ...lanes.map((lane) => label(24, y(lane) + 5, lane)),
      ...spans,
      ...prints.map(({ text, seconds }) =>
        mark(x(seconds), y(who(text)), text)
      ),

      mark(30, key, "--before"),
      label(46, key + 5, "prints “before”"),
      mark(188, key, "--after"),
      label(196, key + 5, "prints “after”"),
      mark(338, key, ""),
      label(354, key + 5, "prints something else"),
      line("sleeping", 24, key + 30, 52, key + 30),
      label(60, key + 35, "sleeps and blocks the thread"),
      line("waiting", 280, key + 30, 308, key + 30),
      label(316, key + 35, "has to wait for it"),
      line("suspended", 452, key + 30, 482, key + 30),
      label(490, key + 35, "suspended, others may run"),
    ].join("\n")
  }
</svg>
`;
}

/** Whom a printed line names. */
function who(text: string) {
  return text.match(/task \d+|main thread/)?.[0] ?? "script";
}

/** What the picture shows, for those who can't see it. */
function description(lanes: string[], { lines, blocked }: Recording) {
  const prints = lanes.map((lane) => {
    const times = lines.filter(({ text }) => text && who(text) === lane)
      .map(({ seconds }) => `${seconds} s`);
    return `${lane} prints at ${[...new Set(times)].join(", ")}.`;
  });
  const sleeps = blocked.map(({ from, to, after }) =>
    `${who(after)} sleeps and blocks the thread from ${from} s to ${to} s.`
  );
  return [...prints, ...sleeps].join(" ");
}

/** A half circle to the right for "before", to the left for "after". */
function mark(x: number, y: number, text: string) {
  const shape = text.includes("--before")
    ? "a8 8 0 0 1 0 16"
    : text.includes("--after")
    ? "a8 8 0 0 0 0 16"
    : "l8 8 -8 8 -8 -8";
  return `<path class="print" d="M${x} ${y - 8}${shape}z"/>`;
}

function line(kind: string, x1: number, y1: number, x2: number, y2: number) {
  return `<line class="${kind}" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"/>`;
}

function label(x: number, y: number, text: string) {
  return `<text x="${x}" y="${y}">${text}</text>`;
}
