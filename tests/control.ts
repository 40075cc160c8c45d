import type { Event, Running } from "./clock.ts";
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
  note?: string;
}

/** What goes on at one time, and the wait after it. Times are milliseconds. */
export interface Moment {
  at: number;
  steps: Step[];
  /** Who blocks the thread, if anybody: a list of one, or of none if not known. */
  wait?: { ms: number; blocked?: Name[]; asleep: string[]; note: string[] };
}

/** Somebody who has control, and the words by which it comes and goes. */
type Frame = { name: string; key: string; begin: string; end: string };

/** Main is the file itself, which has no name, or a function of that name. */
const isMain = ({ key }: Running) => key === "" || key === "main";

/**
 * Tells who has control of the one thread in the first `seconds` of a recording,
 * and who sleeps meanwhile. What is printed is of the first of `tasks` that is in
 * its first line as a whole word, by default of any "task N"; anything else is of
 * the middle, which is main's and the event loop's.
 *
 * What the recording does not tell for sure is left out.
 *
 * @returns The moments, and the names of the lanes.
 * @throws An `Error` if nothing that is printed is of one of `tasks`.
 */
export function control(
  recorded: Recording,
  seconds: number,
  tasks?: string[],
) {
  const shown = until(recorded, seconds);
  const printed = shown.map(({ text = "" }) => text).join("");
  const lanes = tasks ?? [...new Set(printed.match(/\btask \d+\b/g))];
  // Of two names that begin alike the longer one is looked for first.
  const any = lanes.toSorted().reverse().map(RegExp.escape).join("|");
  const word = "[[\\p{L}\\d_]--\\p{sc=Han}]"; // Chinese has no spaces.
  const pattern = new RegExp(`(?<!${word})(${any})(?!${word})`, "v");
  const nameIn = (text = ""): Name =>
    text.trim().split("\n", 1)[0].match(pattern)?.[1] || undefined;
  const names = new Map(recorded.map((each) => [each, nameIn(each.text)]));
  const nameOf = (event: Event) => names.get(event);
  const missing = lanes.find((name) => !shown.map(nameOf).includes(name));
  if (missing !== undefined) {
    throw new Error(`In the first ${seconds} s nothing is printed that has
"${missing}" in it. Write each name as it is printed: --tasks=producer,consumer`);
  }

  // A function that itself prints lines of several is a helper: they are of who
  // calls it. What a generator runs is its own, as far as no other generator does.
  const prints = recorded.filter(({ text }) => text);
  const itself = new Map<unknown, Set<Name>>();
  const owners = new Map<unknown, Set<Name>>();
  function add(to: typeof owners, key: unknown, event: Event) {
    to.set(key, (to.get(key) ?? new Set()).add(nameOf(event)));
  }
  for (const event of prints) add(itself, event.running[0]?.key, event);
  const helps = (one: Running) =>
    isMain(one) || (itself.get(one.key)?.size ?? 0) > 1;
  for (const event of prints) {
    const own = event.running.find((each) => each.call || !helps(each));
    const generators = event.running.filter(({ call }) => call);
    add(owners, own?.key, event);
    add(owners, generators[0]?.key, event);
    for (const { key } of generators) add(owners, `in ${key}`, event);
  }
  /** Who prints all that it prints: a list of one, or of none. */
  function ownerOf({ key }: Running): Name[] {
    const names = owners.get(key) ?? owners.get(`in ${key}`);
    return key && names?.size === 1 ? [...names] : [];
  }

  /** Whether `await` has let `name` go on; undefined if that can't be told. */
  function resumes({ by, running }: Event, name: Name) {
    if (by === "main" && running.every(isMain)) return;
    if (by !== "await") return false;
    const outermost = running.at(-1)!;
    if (!outermost.key) return;
    const [owner] = ownerOf(outermost);
    return running.length === 1 || (owner ? owner === name : undefined);
  }

  /** Who has control, from the outside in, when the event is of `name`. */
  function framesOf(event: Event, name: Name): Frame[] {
    if (name === undefined) return [];
    const { running, turn, by } = event;
    const later = recorded.slice(recorded.indexOf(event) + 1);
    const frames: Frame[] = [];
    for (const one of [...running.toReversed(), undefined]) {
      const [owner] = one ? ownerOf(one) : [name];
      if (!owner || owner === frames.at(-1)?.name) continue;
      const next = later.find((each) => nameOf(each) === owner);
      const resumed = resumes(event, owner);
      let begin = resumed ? "resume" : resumed === false ? "call" : "";
      if (one && one !== running.at(-1)) begin = "call";
      if (!one && running.some(({ call }) => call)) begin = "";
      const awaits = next && !running.every(isMain) && resumes(next, owner);
      let end = awaits ? "await" : "";
      let key = `${owner} ${turn} ${by}`;
      if (one?.method) {
        begin = one.method;
        end = next?.running.some(({ key }) => key === one.key) ? "yield" : "";
        key = `${one.call}`;
      }
      frames.push({ name: owner, key, begin, end });
    }
    return frames;
  }

  /** Who blocks the thread: a list of one, or of none if that can't be told. */
  function blockerOf({ by, running }: Event): Name[] {
    // A generator's function is left to the generator.
    const printer = running.find((one, i) =>
      one.call ||
      !isMain(one) && itself.has(one.key) && !running[i + 1]?.call ||
      ownerOf(one).length > 0
    );
    const main = by === "main" ? [undefined] : [];
    return printer ? ownerOf(printer).filter(Boolean) : main;
  }

  // Whoever goes on and prints when a timer goes off has slept, if what goes on has
  // set that timer.
  const fired = recorded.filter(({ does }) => does === "fires");
  const sleeps = recorded.flatMap((set) => {
    const fires = fired.find(({ timer }) => timer === set.timer);
    const woken = fires && prints.find(({ turn }) => turn === fires.turn);
    const name = woken && nameOf(woken);
    if (!name || woken.at !== fires.at) return [];
    const outermost = woken.running.at(-1)!;
    const own = woken.running.find((one) => ownerOf(one)[0] === name);
    const keys = set.running.map(({ key }) => key);
    if (!outermost.key || !keys.includes(outermost.key)) return [];
    if (own && !keys.includes(own.key)) return [];
    if (woken.by !== "await" && !own?.call || !own && !woken.first) return [];
    const [setter = name] = set.running.flatMap(ownerOf);
    return setter === name ? [{ name, set, to: fires.at }] : [];
  });
  for (const { name, set } of sleeps) names.set(set, name);

  const moments: Moment[] = [];
  let moment: Moment = { at: 0, steps: [{ name: undefined }] };
  let stack: Frame[] = [];
  let middle: Name = "main";
  let block: Event | undefined;
  let by: Event["by"] = "main";
  let lost = false; // whether it is not known who has control

  /** Goes to where control is, step by step, and does `what` there. */
  function go(frames: Frame[], what?: Partial<Step>) {
    const same = stack.filter(({ key }, i) => key === frames[i]?.key).length;
    const steps: Step[] = [];
    for (let i = stack.length - 1; i >= same; i--) {
      steps.push({ name: stack[i - 1]?.name, word: stack[i].end });
    }
    for (const { name, begin } of frames.slice(same)) {
      steps.push({ name, word: lost ? "" : begin });
    }
    const here = frames.at(-1)?.name;
    if (steps.length === 0 && (what || lost)) steps.push({ name: here });
    lost = false;
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
    let note = ["the thread is free and waits in the event loop"];
    const sleepers = new Intl.ListFormat("en").format(asleep);
    const verb = asleep.length > 1 ? "sleep" : "sleeps";
    if (sleepers) note.unshift(`${sleepers} ${verb};`);
    const blocked = block && blockerOf(block);
    if (blocked) {
      const [blocker] = blocked.map((name) => name ?? middle);
      const sleep = blocker ? `${blocker} sleeps and` : "a sleep";
      note = [`${sleep} blocks the thread:`, "nothing else can run"];
    }
    const wait = { ms: at - moment.at, blocked, asleep, note };
    moments.push({ ...moment, wait });
    moment = { at, steps: [] };
  }

  for (const [i, event] of shown.entries()) {
    const { does, at, text = "" } = event;
    const sleep = sleeps.find(({ set }) => set === event);
    if (does === "fires") go([]);
    if (does === "fires" || does === "sets" && !sleep) continue;
    pass(at);
    block = does === "blocks" ? event : undefined;
    if (sleep) go(framesOf(event, sleep.name));
    const known = block ? blockerOf(block) : [];
    if (known.length > 0) go(framesOf(event, known[0]));
    else if (block) [stack, lost] = [[], true];
    // A line without a name may be anybody's; within a callback nobody goes back.
    const frames = framesOf(event, nameOf(event));
    const called = by === event.by && typeof by === "number";
    const hidden = frames.length === 0 && !event.running.every(isMain);
    const direct = called && frames[0]?.key !== stack[0]?.key;
    if (text && (hidden || direct)) [stack, lost] = [[], true];
    by = event.by;
    for (const line of text.split("\n").filter(Boolean)) go(frames, { line });
    lost ||= text !== "" && hidden && lanes.length > 0;
    if (does === "leaves") {
      middle = undefined;
      const goesOn = shown.slice(i).some((each) => each.text && !nameOf(each));
      const name = goesOn ? "main/event loop" : "event loop";
      go([], { middle: name, note: "main gives control to the event loop" });
    }
    if (does === "ends") go([], { note: "the program ends" });
  }
  if (shown.at(-1)?.does !== "ends") pass(seconds * 1000);
  if (!block) go([]);
  moments.push(moment);
  return { moments, lanes };
}
