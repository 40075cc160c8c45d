import type { Recording } from "./record.ts";

/** What a script calls a switch to a task, and the switch back. */
export interface Words {
  resume: string;
  suspend: string;
}

/** What happens at one time, in order, and the wait after it. */
interface Moment {
  seconds: number;
  steps: Step[];
  wait?: Wait;
}

/** Where the thread comes to: whose lane it is in, and what it does there. */
interface Step {
  lane: string;
  who: string;
  /** The line that is printed, if one is. */
  line?: string;
  /** How many empty lines are printed before. */
  emptyLines: number;
  /** Why the lane is somebody else's from here on. */
  note?: string;
}

interface Wait {
  seconds: number;
  /** Who sleeps and blocks the thread, if anyone does. */
  blockedBy?: string;
  /** Who sleeps and leaves the thread free. */
  asleep: string[];
}

const EVENT_LOOP = "event loop";
// The lane of main and, when main has returned, of the event loop.
const MIDDLE = "middle";

// All in pixels.
const BAND = 30; // the left side of the bands
const [LANE, LANES] = [104, 60]; // the first lane, and from one to the next
const OUTPUT = 444; // room for a line of output
const SECOND = 96; // a second in which the thread waits

const STYLE = `
  svg {
    --back: #fff; --text: #1f2328; --soft: #59636e; --band: #f0f2f5;
    --suspended: #818b98; --asleep: #b9dcf2; --free: #0072b2; --blocked: #d55e00;
  }
  @media (prefers-color-scheme: dark) {
    svg {
      --back: #0d1117; --text: #f0f6fc; --soft: #9198a1; --band: #1a212a;
      --suspended: #818b98; --asleep: #17435f; --free: #56b4e9; --blocked: #e69f00;
    }
  }
  text { font: 13px system-ui, sans-serif; fill: var(--text); }
  .title { font-weight: 600; }
  .label, .word { text-anchor: middle; }
  .word { font-size: 11px; fill: var(--soft); }
  .note { font-size: 12px; font-style: italic; }
  .output { font: 11px ui-monospace, Menlo, Consolas, monospace; }
  .detail { fill: var(--soft); }
  .back { fill: var(--back); }
  .band { fill: var(--band); }
  .thread { fill: none; stroke: var(--text); stroke-width: 2; }
  .prints, .arrow { fill: var(--text); }
  .passes { fill: var(--back); stroke: var(--text); stroke-width: 1.5; }
  .suspended { stroke: var(--suspended); stroke-width: 2; stroke-dasharray: 2 5; }
  .asleep { fill: var(--asleep); }
  .free { fill: var(--back); stroke: var(--free); stroke-width: 2.5; }
  .blocked { fill: var(--blocked); }
  .name, .cycle { fill: var(--back); stroke: var(--soft); }
`;

/**
 * Draws a recording as an SVG picture of where the one thread is. Time runs down,
 * as it does on the terminal, and the thread is in the lane of whoever has
 * control. A band is one moment; time passes only between the bands, to scale.
 */
export function timeline(
  name: string,
  recording: Recording,
  words: Words,
): string {
  const title =
    `scripts/${name}.ts: the path of the one thread, and what it prints`;
  const moments = momentsOf(recording);
  const tasks = [...new Set(moments.flatMap(({ steps }) => steps))]
    .map(({ lane }) => lane).filter((lane) => lane !== MIDDLE);
  const lanes = [...new Set(tasks)].sort();
  lanes.splice(Math.ceil(lanes.length / 2), 0, MIDDLE);
  const x = (lane: string) => LANE + LANES * lanes.indexOf(lane);
  const right = x(lanes.at(-1)!) + 32;
  const width = right + OUTPUT;

  let y = 92;
  let at = moments[0].steps[0];
  let thread = `M${x(at.lane)} ${y - 14}`;
  const under: string[] = [];
  const over = [pill(x(at.lane), 64, at.who)];
  const secondsEnd: number[] = [];
  /** Where each task starts. From there on it has control or is suspended. */
  const started = new Map<string, number>();
  /** The tasks that the picture has said to be suspended. Once is enough. */
  const told = new Set<string>();

  for (const { seconds, steps, wait } of moments) {
    const top = y;
    y += 8;
    for (const step of steps) {
      y += 10 * step.emptyLines;
      if (step.lane !== at.lane) {
        y += 10;
        thread += `V${y}H${x(step.lane)}`;
        over.push(arrow(x(at.lane), x(step.lane), y));
        // Said in the first cycle, and then no more.
        if (seconds <= 1) {
          const word = step.lane === MIDDLE
            ? words.suspend
            : at.who === EVENT_LOOP || !recording.returned
            ? words.resume
            : "call";
          over.push(text("word", (x(at.lane) + x(step.lane)) / 2, y - 4, word));
        }
      } else if (step.note) {
        y += 20;
        over.push(pill(x(step.lane), y, step.who));
        over.push(text("note", right, y + 4, step.note));
        y += 10;
      }
      if (step.lane !== MIDDLE && !started.has(step.lane)) {
        over.push(pill(x(step.lane), 64, step.who));
        started.set(step.lane, y);
      }
      at = step;

      y += 10;
      if (step.line === undefined) {
        over.push(dot("passes", x(step.lane), y - 1, 3.5));
      } else {
        over.push(dot("prints", x(step.lane), y, 5));
        over.push(output(right, y + 4, step.line));
        y += 8;
      }
    }
    y += 8;
    under.push(rect("band", BAND, top, width - BAND - 8, y - top));
    over.push(text("label", BAND + 30, (top + y) / 2 + 5, `${seconds} s`));
    if (Number.isInteger(seconds)) secondsEnd.push(y);

    if (wait) {
      const height = SECOND * wait.seconds;
      const bar = (kind: string, lane: string) =>
        rect(kind, x(lane) - 9, y + 3, 18, Math.max(height - 6, 1));
      for (const task of wait.asleep) {
        if (started.has(task)) under.push(bar("asleep", task));
      }
      over.push(bar(wait.blockedBy ? "blocked" : "free", at.lane));
      for (const task of started.keys()) {
        if (task === at.lane || told.has(task)) continue;
        told.add(task);
        const side = Math.sign(x(task) - x(MIDDLE));
        over.push(sideways(x(task) + 16 * side, y + height / 2, "suspended"));
      }
      // Two lines of text need so much room.
      if (height > 30) {
        const [first, second] = note(wait);
        over.push(text("note", right, y + height / 2 - 4, first));
        over.push(text("note", right, y + height / 2 + 12, second));
      }
      y += height;
    }
  }
  thread += `V${y + 12}`;
  const height = y + 24;

  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title desc">
<title id="title">${title}</title>
<desc id="desc">${escape(moments.flatMap(sentences).join("\n"))}</desc>
<style>${STYLE}</style>
<rect class="back" width="100%" height="100%"/>
${
    [
      text("title", 16, 28, title),
      ...secondsEnd.slice(1).map((end, i) => cycle(secondsEnd[i], end)),
      ...under,
      ...started.entries().map(([lane, top]) =>
        `<path class="suspended" d="M${x(lane)} ${top}V${y + 12}"/>`
      ),
      `<path class="thread" d="${thread}"/>`,
      ...over,
    ].join("\n")
  }
</svg>
`;
}

/** The path of the thread, moment by moment. */
function momentsOf({ seconds, lines, sleeps, returned }: Recording): Moment[] {
  const times = new Set([0, seconds, ...lines.map(({ seconds }) => seconds)]);
  for (const { from, to, blocking } of sleeps) {
    if (blocking) times.add(from).add(to);
  }
  const sorted = [...times].sort((a, b) => a - b);

  let printed = 0;
  let middle = "main";
  let who = middle;
  /** Whom a printed line names. */
  const nameIn = (line: string) => line.match(/task \d+/)?.[0] ?? "main";

  return sorted.map((now, i) => {
    const steps: Step[] = [];
    let emptyLines = 0;
    const go = (to: string, line?: string, note?: string) => {
      const lane = to === middle ? MIDDLE : to;
      steps.push({ lane, who: to, line, emptyLines, note });
      emptyLines = 0;
      who = to;
    };
    if (i === 0) go(middle);
    while (true) {
      if (returned?.lines === printed && returned.seconds === now) {
        if (who !== middle) go(middle);
        middle = EVENT_LOOP;
        go(middle, undefined, "main has returned");
      }
      if (lines[printed]?.seconds !== now) break;
      const { text } = lines[printed++];
      if (!text) {
        emptyLines++;
        continue;
      }
      // A task gives control back to who resumed it, never to another task.
      const next = nameIn(text);
      if (who !== middle && next !== middle && next !== who) go(middle);
      go(next, text);
    }

    const next = sorted[i + 1];
    const during = sleeps.filter(({ from, to }) => from < next && now < to);
    const blocked = during.find(({ blocking }) => blocking);
    if (!blocked && returned && who !== middle) go(middle);
    if (next === undefined) return { seconds: now, steps };
    const asleep = during.filter(({ blocking }) => !blocking)
      .map(({ after }) => nameIn(after));
    const wait = {
      seconds: next - now,
      blockedBy: blocked && who,
      asleep: [...new Set(asleep)],
    };
    return { seconds: now, steps, wait };
  });
}

function note({ seconds, blockedBy, asleep }: Wait): [string, string] {
  if (blockedBy) {
    return [
      `${blockedBy} sleeps ${seconds} s and blocks the thread:`,
      "nothing else can run",
    ];
  }
  const names = new Intl.ListFormat("en").format(asleep);
  return [
    `${names} ${asleep.length > 1 ? "sleep" : "sleeps"};`,
    "the thread is free and waits in the event loop",
  ];
}

/** A moment in words, for those who can't see the picture. */
function sentences({ seconds, steps, wait }: Moment): string[] {
  const does = steps.map(({ who, line, note }) => {
    if (line) return `${who} prints “${line.replace(/ <.*/, "")}”`;
    const to = who === EVENT_LOOP ? `the ${who}` : who;
    return `${note ? `${note}, ` : ""}control goes to ${to}`;
  });
  const then = wait ? [`Then ${note(wait).join(" ")}.`] : [];
  return [`At ${seconds} s: ${does.join("; ") || "nothing"}.`, ...then];
}

function cycle(top: number, bottom: number) {
  return `<path class="cycle" d="M22 ${top + 3}h-6V${bottom - 1}h6"/>` +
    sideways(8, (top + bottom) / 2, "one cycle: 1 s");
}

function sideways(x: number, y: number, word: string) {
  const transform = `translate(${x + 4} ${y})rotate(-90)`;
  return `<text class="word" transform="${transform}">${word}</text>`;
}

function pill(x: number, y: number, name: string) {
  const width = 7 * name.length + 14;
  return `<rect class="name" x="${x - width / 2}" y="${
    y - 11
  }" width="${width}" height="22" rx="11"/>` +
    text("label", x, y + 5, name);
}

function arrow(from: number, to: number, y: number) {
  const sign = Math.sign(to - from);
  return `<path class="arrow" d="M${to - sign} ${y}l${-7 * sign} -3.5v7z"/>`;
}

/** A line of output, with less weight on a detail in angle brackets. */
function output(x: number, y: number, line: string) {
  const text = escape(line)
    .replace(/ &lt;.*/, '<tspan class="detail">$&</tspan>');
  return `<text class="output" x="${x}" y="${y}">${text}</text>`;
}

function dot(kind: string, x: number, y: number, r: number) {
  return `<circle class="${kind}" cx="${x}" cy="${y}" r="${r}"/>`;
}

function rect(
  kind: string,
  x: number,
  y: number,
  width: number,
  height: number,
) {
  return `<rect class="${kind}" x="${x}" y="${y}" width="${width}" height="${height}" rx="3"/>`;
}

function text(kind: string, x: number, y: number, text: string) {
  return `<text class="${kind}" x="${x}" y="${y}">${escape(text)}</text>`;
}

function escape(text: string) {
  // XML has no signs for most control characters.
  // deno-lint-ignore no-control-regex
  return text.replaceAll(/[\x00-\x08\x0b-\x1f\ufffe\uffff]/g, "\ufffd")
    .replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}
