import type { Event } from "./clock.ts";
import { type Recording, until } from "./record.ts";

/** Whose a line or a lane is. Undefined is the one in the middle. */
export type Name = string | undefined;

/** Where the thread comes to, by what, and what it prints there. */
export interface Step {
  name: Name;
  word?: string;
  line?: string;
  /** What the middle is called from here on. */
  middle?: string;
  note?: string[];
}

/** What goes on at one time, and the wait after it. Times are milliseconds. */
export interface Moment {
  at: number;
  steps: Step[];
  wait?: {
    ms: number;
    /** Whether the thread is blocked; otherwise it waits in the event loop. */
    blocked: boolean;
    asleep: string[];
    suspended: Name[];
    note: string[];
  };
}

/** Somebody who has control, and the words by which it comes and goes. */
type Frame = { name: string; key: string; words: [string, string] };

/**
 * Tells who has control of the one thread in the first `seconds` of a recording,
 * and who sleeps meanwhile. A line is of the first of `tasks` that is in it as a
 * whole word, by default of any "task N"; any other line is of the middle, which
 * is main's and the event loop's. `program` is its text.
 *
 * What the recording does not tell for sure is left out, such as who sleeps when a
 * timer wakes nobody who prints.
 *
 * @returns The moments, the names of the lanes, who is suspended between them, and
 * who prints more after the end.
 * @throws An `Error` if one of `tasks` is in no line.
 */
export function control(
  recording: Recording,
  seconds: number,
  program: string,
  tasks?: string[],
) {
  const awaits = /\bawait\b/.test(program);
  const shown = until(recording, seconds);
  const printed = shown.map(({ text = "" }) => text).join("");
  const lanes = tasks ?? [...new Set(printed.match(/\btask \d+\b/g))]
    .sort((a, b) => parseInt(a.slice(5)) - parseInt(b.slice(5)));
  // Of two names that begin alike the longer one is looked for first.
  const any = lanes.toSorted().reverse().map(RegExp.escape).join("|");
  const pattern = new RegExp(`(?<![\\p{L}\\d_])(${any})(?![\\p{L}\\d_])`, "u");
  const nameIn = (line: string): Name => line.match(pattern)?.[1] || undefined;
  const found = printed.split("\n").map(nameIn);
  const missing = lanes.find((name) => !found.includes(name));
  if (missing !== undefined) {
    throw new Error(
      `No line is of "${missing}". Write each name as it is printed, with commas ` +
        "between: --tasks=producer,consumer",
    );
  }
  const nameOf = ({ text = "" }: Event) => nameIn(text);
  const prints = recording.filter(({ text }) => text);

  // Whose lines a generator itself prints, and all that it or a function runs.
  const names = new Map<unknown, Set<Name>>();
  for (const event of prints) {
    const inner = event.generators.at(-1)?.number;
    for (const key of [...running(event), `itself ${inner}`]) {
      names.set(key, (names.get(key) ?? new Set()).add(nameOf(event)));
    }
  }
  /** The one whose all these lines are: a list of one, or of none. */
  function ownerOf(key: number | string): Name[] {
    const all = [...names.get(`itself ${key}`) ?? names.get(key) ?? []];
    return all.length === 1 ? all : [];
  }

  /** Who has control, from the outside in, when the event is of `name`. */
  function framesOf(event: Event, name: Name): Frame[] {
    if (name === undefined) return [];
    const later = recording.slice(recording.indexOf(event) + 1);
    const frames: Frame[] = [];
    for (const { number, call, method } of event.generators) {
      const [owner] = ownerOf(number);
      if (!owner || owner === frames.at(-1)?.name) continue;
      const again = later.some(({ generators }) =>
        generators.some((each) => each.number === number && each.call !== call)
      );
      const word = again ? "yield" : "";
      frames.push({ name: owner, key: `${call}`, words: [method, word] });
    }
    if (frames.at(-1)?.name === name) return frames;
    const resumes = ({ called }: Event) => awaits && !called;
    const begin = event.called ? "call" : resumes(event) ? "resume" : "";
    const again = later.some((each) => nameOf(each) === name && resumes(each));
    const key = `${name} ${event.generators.at(-1)?.call} ${event.turn}`;
    return [...frames, { name, key, words: [begin, again ? "await" : ""] }];
  }

  /** Who blocks the thread: a list of one, or of none if that can't be told. */
  function blockerOf(block: Event): Name[] {
    const [owner] = running(block).map(ownerOf).filter(({ length }) => length);
    if (owner) return owner;
    const beside = recording.filter(({ turn, does, text }) =>
      turn === block.turn && (text || does === "blocks")
    );
    const i = beside.indexOf(block);
    const [before, after] = [beside[i - 1], beside[i + 1]];
    if (!before?.text || !after?.text) return [];
    return nameOf(before) === nameOf(after) ? [nameOf(after)] : [];
  }

  // Whoever goes on and prints when a timer goes off has slept, unless the timer
  // was set by somebody else.
  const sleeps = recording.flatMap((set) => {
    const fires = set.does === "sets" &&
      recording.find(({ does, timer }) =>
        does === "fires" && timer === set.timer
      );
    const woken = fires && prints.find(({ turn }) => turn === fires.turn);
    const name = woken && !woken.called && nameOf(woken);
    if (!name || woken.at !== fires.at) return [];
    const setters = running(set);
    const [setter = name] = setters.flatMap(ownerOf);
    const own = running(woken).find((key) => ownerOf(key)[0] === name);
    if (setter !== name || own && !setters.includes(own)) return [];
    return [{ name, set, to: fires.at }];
  });

  const moments: Moment[] = [];
  let moment: Moment = { at: 0, steps: [{ name: undefined }] };
  let stack: Frame[] = [];
  const suspends = new Set<Name>();
  let middle: Name = "main";
  let block: Event | undefined;

  /** Goes to where control is, step by step, and does `what` there. */
  function go(frames: Frame[], what?: Partial<Step>) {
    const same = stack.filter(({ key }, i) => key === frames[i]?.key).length;
    const steps: Step[] = [];
    for (let i = stack.length - 1; i >= same; i--) {
      const { name, words: [, word] } = stack[i];
      if (word) suspends.add(name);
      steps.push({ name: stack[i - 1]?.name, word });
    }
    for (const { name, words } of frames.slice(same)) {
      steps.push({ name, word: words[0] });
    }
    if (what && steps.length === 0) steps.push({ name: frames.at(-1)?.name });
    Object.assign(steps.at(-1) ?? {}, what);
    moment.steps.push(...steps);
    stack = frames;
  }

  /** Lets the time go on to `at`. */
  function pass(at: number) {
    if (at === moment.at) return;
    if (!block) go([]);
    const goOn = sleeps.filter(({ set, to }) => set.at < at && to > moment.at);
    const asleep = lanes.filter((lane) =>
      !block && goOn.some(({ name }) => name === lane)
    );
    const suspended = [...suspends].filter((task) =>
      stack.every(({ name }) => name !== task)
    );
    let note = ["the thread is free and waits in the event loop"];
    const verb = asleep.length > 1 ? "sleep" : "sleeps";
    if (asleep.length > 0) note.unshift(`${asleep.join(" and ")} ${verb};`);
    if (block) {
      const [blocker] = blockerOf(block).map((name) => name ?? middle);
      const sleep = blocker ? `${blocker} sleeps and` : "a sleep";
      note = [`${sleep} blocks the thread:`, "nothing else can run"];
    }
    const ms = at - moment.at;
    const wait = { ms, blocked: Boolean(block), asleep, suspended, note };
    moments.push({ ...moment, wait });
    moment = { at, steps: [] };
  }

  for (const [i, event] of shown.entries()) {
    const { does, at, text = "" } = event;
    const sleep = sleeps.find(({ set }) => set === event);
    if (does === "fires" || does === "sets" && !sleep) continue;
    pass(at);
    block = does === "blocks" ? event : undefined;
    if (sleep) go(framesOf(event, sleep.name));
    if (block) go(framesOf(block, blockerOf(block)[0]));
    for (const line of text.split("\n").filter(Boolean)) {
      go(framesOf(event, nameIn(line)), { line });
    }
    if (does === "leaves") {
      middle = undefined;
      const note = ["main gives control to the event loop"];
      if (shown.slice(i).some((each) => each.text && !nameOf(each))) {
        note.push("lines that name no task stay in this column");
      }
      go([], { middle: "event loop", note });
    }
    if (does === "ends") go([], { note: ["the program ends"] });
  }
  if (shown.at(-1)?.does !== "ends") pass(seconds * 1000);
  if (!block) go([]);
  moments.push(moment);
  const later = prints.filter((event) => !shown.includes(event));
  return { moments, lanes, suspends, goOn: new Set(later.map(nameOf)) };
}

/** The generators and functions that are running, from the inside out. */
function running({ generators, functions }: Event) {
  return [...generators.map(({ number }) => number).reverse(), ...functions];
}
