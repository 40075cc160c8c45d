// From a recording to what a picture shows: where the one thread is, step by step,
// who sleeps and who blocks. Who runs is known from the recording; the names that
// are printed only tell which column is whose.

import { linesOf, type RecordedEvent, type Recording } from "./record.ts";
import { until } from "./record.ts";
import type { Call, Change, Running, Way } from "./trace.ts";

export const MAIN_LEAVES = "main gives control to the event loop"; // a note

/** A task, by its name; undefined is the column in the middle. */
export type Column = string | undefined;

/** Where the thread comes to, by what, and what it does there. */
export interface Step {
  column: Column;
  middle: "main" | "event loop"; // whose the middle is then
  word?: Way;
  line?: string;
  note?: string;
}

/** What goes on `at` a time, in milliseconds, and the wait until the next moment. */
interface Moment {
  at: number;
  steps: Step[];
  wait?: Wait;
}
export interface Wait {
  asleep: string[]; // while the thread is free
  blocked?: { by?: string; isBusy?: boolean }; // by "main" or a task, if it is known
}

const isCall = (one: Running) => typeof one === "number";
const isGenerator = (call?: Call) => call?.kind.endsWith("generator");

/** The innermost call or plain `main`, and the plain functions that it runs. */
function innermost(running: Running[]) {
  const i = running.findLastIndex((one) => isCall(one) || one === "main");
  return running.slice(Math.max(i, 0));
}

/** The one value of a set, if it has just one. */
const only = (set?: Set<string>) => set?.size === 1 ? [...set][0] : undefined;

/** Finds the first name that is in a line as a whole word. */
function finder(names: string[]) {
  // Of two names that begin alike the longer one is looked for first.
  const any = names.toSorted().reverse().map(RegExp.escape).join("|");
  const letter = "[[\\p{L}\\d_]--\\p{sc=Han}]"; // Chinese has no spaces.
  const pattern = new RegExp(`(?<!${letter})(${any})(?!${letter})`, "v");
  return (line: string): Column => line.match(pattern)?.[1] || undefined;
}

/** What each call prints at one time, in lines, by the event in which each begins. */
function linesBegun(recording: Recording) {
  const turns = Map.groupBy(
    recording,
    ({ at, running }) => `${at} ${running.findLast(isCall)}`,
  );
  const lines = [...turns.values()].flatMap((events) => linesOf(events));
  return Map.groupBy(lines.filter(({ text }) => text), ({ from }) => from);
}

/** A name in a line that is printed, and what runs then. */
type Named = { name: string; running: Running[] };

/** Names by whose a line is: those who run then, up to the first who `stops`. */
function namesBy(lines: Named[], stops: (one: Running) => unknown) {
  const names = new Map<Running, Set<string>>();
  for (const { name, running } of lines) {
    for (const one of innermost(running).reverse()) {
      names.getOrInsert(one, new Set()).add(name);
      if (stops(one)) break;
    }
  }
  return names;
}

/** Whose each call and each plain function is. */
class Columns {
  calls = new Map<Running, Call>();
  // Calls that it awaits, callbacks that it gives and, of a generator, those it runs.
  #parts = new Map<Running, Running[]>();
  names: Map<Running, Set<string>>; // those in its lines
  #tasks = new Map<number, Set<string>>(); // what `tasksOf` has found

  constructor(recording: Recording, lines: Named[]) {
    const partsOf = (one: Running) => this.#parts.getOrInsert(one, []);
    for (const event of recording) {
      if (!("id" in event)) continue;
      const { id, call, awaited = [] } = event;
      partsOf(id).push(...awaited);
      if (!call) continue;
      this.calls.set(id, call);
      const [caller] = innermost(call.from);
      const runs = isGenerator(call) && isGenerator(this.calls.get(caller));
      if (runs || call.kind === "callback") partsOf(caller).push(id);
    }
    // Who names one task alone keeps its lines from those who run it, but not from
    // those who have no other line.
    const all = namesBy(lines, () => false);
    const own = namesBy(lines, (one) => only(all.get(one)));
    this.names = new Map([...all, ...own]);
  }

  /** Whether it is the file or a function `main`. */
  isMain(one: Running) {
    const call = this.calls.get(one);
    return one === "main" || call?.kind === "file" || call?.name === "main";
  }

  /** The tasks that a call names or, if it names nobody, those that its parts name. */
  tasksOf(id: number): Set<string> {
    return this.#tasks.getOrInsertComputed(id, () => {
      let tasks = new Set<string>();
      const calls = new Set<Running>([id]); // It grows on the way.
      for (const each of calls) {
        const names = this.names.get(each);
        if (names) tasks = tasks.union(names);
        else this.#parts.get(each)?.forEach((part) => calls.add(part));
      }
      return tasks;
    });
  }

  /**
   * The one whom a call or a plain function names. A call that names nobody is its
   * caller's or its parts'; a generator's parts come first.
   */
  of(one: Running): Column {
    if (this.isMain(one)) return undefined;
    if (!isCall(one) || this.names.has(one)) return only(this.names.get(one));
    const call = this.calls.get(one)!;
    const caller = this.ofRunning(call.from);
    const parts = only(this.tasksOf(one));
    return isGenerator(call) ? parts ?? caller : caller ?? parts;
  }

  /** The column of what runs. */
  ofRunning(running: Running[]): Column {
    return innermost(running).map((one) => this.of(one))
      .findLast((task) => task !== undefined);
  }
}

/** Tells an asynchronous generator's `yield` as one, not as an await or an end. */
function withYields(recording: Recording): Recording {
  const yielding = new Set<number>(); // the calls whose await was a part of a yield
  const goOn = new Set<number>(); // those that are resumed later
  return recording.toReversed().flatMap((event): Recording => {
    if (!("id" in event)) return [event];
    const { does, id } = event;
    const yields = { ...event, does: "suspended", by: "yield" } as const;
    if (does === "resumed") goOn.add(id);
    if (does === "ended" && goOn.has(id)) return [yields]; // by `yield*`
    if (does === "yielded") yielding.add(id);
    if (!yielding.has(id)) return [event];
    if (does !== "suspended") return []; // It was resumed to yield.
    yielding.delete(id);
    return [yields];
  }).reverse();
}

/** Who is suspended until a timer goes off that was set for that, and when. */
function sleepsOf(recording: Recording, columns: Columns) {
  type Timer = RecordedEvent & { does: "sets"; by: Column; since: number };
  const timers = new Map<number, Timer>();
  let last: Timer | undefined; // to go off
  const suspended = new Map<number, RecordedEvent & Change>();
  const begun = new Set<string>(); // the tasks of which a call has begun
  const ran = new Set<string>(); // those that have gone on by the last timer
  return recording.flatMap((event) => {
    const { does, at: to } = event;
    if (does === "fires") {
      ran.clear();
      last = timers.get(event.timer);
    }
    if (does === "suspended") suspended.set(event.id, event);
    if (does === "sets") {
      // An interval's timer is set anew, but by nobody.
      const { running } = timers.get(event.timer) ?? event;
      const by = columns.ofRunning(running);
      // Who sets the next one when the last one has gone off has slept by both.
      const since = last && last.by === by ? last.since : to;
      timers.set(event.timer, { ...event, running, by, since });
    }
    if (does !== "called" && does !== "resumed") return [];
    const { id, timer = 0 } = event;
    const name = columns.of(id);
    if (!name || columns.tasksOf(id).size === 0) return [];
    ran.add(name);
    if (columns.names.has(id)) begun.add(name);
    const set = timers.get(timer);
    // Another task that has gone on by this timer may have let this one go on.
    if (!set || ran.size > 1) return [];
    const isServed = set.by === name;
    if (does === "called") {
      // To give a callback is to sleep only for who can't be suspended.
      const [setter] = innermost(set.running);
      const isCallback = columns.calls.get(setter)?.kind === "callback";
      const isSleep = isServed && (isCallback || columns.isMain(setter));
      return isSleep ? [{ name, from: set.at, to }] : [];
    }
    if (!begun.has(name)) return [];
    const { at: from, value = NaN } = suspended.get(id)!;
    // Who runs a generator may set a timer for the number that it has yielded.
    const asked = from === set.at && [value, value * 1000].includes(set.ms);
    const since = Math.max(from, set.since);
    return isServed || asked ? [{ name, from: since, to }] : [];
  });
}

/** Follows the thread from column to column. */
class Path {
  steps: Step[] = []; // those at this time
  column: Column; // where the last step is
  mainHasLeft = false; // whether main has given control to the event loop
  #places: Running[] = []; // from the outside in; plain functions by their tasks
  #arrivals = new Map<Running, Way>(); // how control has come to a call
  #columns: Columns;

  constructor(columns: Columns) {
    this.#columns = columns;
  }

  get #middle(): Step["middle"] {
    const isMains = this.#places.some((place) => this.#columns.isMain(place));
    return isMains || !this.mainHasLeft ? "main" : "event loop";
  }

  /** Draws that control comes to another column, if it does. */
  #drawArrival(word?: Way) {
    const place = this.#places.at(-1);
    const column = typeof place === "number" ? this.#columns.of(place) : place;
    if (column === this.column) return;
    this.column = column;
    this.steps.push({ column, middle: this.#middle, word });
  }

  /** Something is done where control is: in one step with the arrival there. */
  act(what: { line: string } | { note: string }) {
    const step = { column: this.column, middle: this.#middle };
    const last = this.steps.at(-1);
    const arrives = last && (last.line ?? last.note) === undefined;
    if (arrives && last.middle === step.middle) Object.assign(last, what);
    else this.steps.push({ ...step, ...what });
  }

  /** Goes to where control is, step by step: to what runs, and prints of `named`. */
  goTo(running: Running[], named?: string) {
    const [inner] = innermost(running);
    const to = running.flatMap((one) => {
      if (!isCall(one)) return this.#columns.of(one) ?? [];
      // A callback that names nobody is passed by on the way to what it lets go on.
      const isCallback = this.#columns.calls.get(one)!.kind === "callback";
      const tasks = this.#columns.tasksOf(one);
      return isCallback && tasks.size === 0 && one !== inner ? [] : one;
    });
    // A helper's line is of whom it names; its call then is that one's, or nobody's.
    const last = running.at(-1);
    const isHelper = typeof last === "string" && last !== "main";
    if (named && isHelper) to.push(named);
    while (!this.#places.every((place, i) => place === to[i])) {
      this.#places.pop();
      this.#drawArrival();
    }
    for (const place of to.slice(this.#places.length)) {
      this.#places.push(place);
      this.#drawArrival(this.#arrivals.get(place) ?? "call");
    }
  }

  /** A call begins or goes on; one that is no task's own is not drawn for that. */
  arrive({ id, running, by }: Change) {
    this.#arrivals.set(id, by!);
    if (this.#columns.tasksOf(id).size > 0) this.goTo(running);
  }

  /** A call is suspended or ends. */
  depart({ id, running, by }: Change) {
    if (!this.#places.includes(id)) return;
    this.goTo(running);
    this.#places.pop();
    this.#drawArrival(by);
  }
}

/**
 * Tells where the one thread is in the first `seconds` of a recording, and who sleeps
 * meanwhile. `tasks` are the names of the columns, by default each "task N" that is
 * printed.
 *
 * @returns The moments, the `names` of the columns but for the one in the middle, and
 * what that one is called once main has given control to the event loop.
 * @throws An `Error` if one of `tasks` is in no line that is printed.
 */
export function timeline(
  recording: Recording,
  seconds: number,
  tasks?: string[],
) {
  const all = withYields(recording);
  const shown = until(all, seconds);
  const begun = linesBegun(all);
  const linesIn = (event: RecordedEvent) =>
    begun.get(event)?.map(({ text }) => text) ?? [];
  const lines = shown.flatMap(linesIn);
  const numbered = lines.join("\n").match(/\btask \d+\b/g);
  const names = [...new Set(tasks ?? numbered)];
  const nameIn = finder(names);
  const found = new Set(lines.map(nameIn));
  const missing = names.filter((name) => !found.has(name));
  if (tasks && missing.length > 0) {
    const others = names.filter((name) => found.has(name)).join(", ") || "none";
    throw new Error(
      `In the first ${seconds} s no line is of "${missing.join('", "')}". A line
is of the first name that is in it; of those given, this is so for ${others}.
Write each as it is printed: --tasks=producer,consumer`,
    );
  }
  const named = all.flatMap((event) =>
    linesIn(event).flatMap((line) => nameIn(line) ?? [])
      .map((name) => ({ name, running: event.running }))
  );
  const columns = new Columns(all, named);
  const sleeps = sleepsOf(all, columns);
  const path = new Path(columns);
  path.act({ note: "" }); // That main begins is drawn, whatever follows.
  let middle = "event loop"; // what the middle is once main has given control
  const moments: Moment[] = [];
  let at = 0;
  let blocked: Wait["blocked"];

  /** Nothing happens until then. */
  function pass(to: number) {
    if (to === at) return;
    if (!blocked) path.goTo([]);
    const lasting = sleeps.filter((each) => each.from <= at && to <= each.to);
    const asleep = names.filter((task) =>
      !blocked && lasting.some(({ name }) => name === task)
    );
    const wait = { asleep, blocked };
    const before = moments.at(-1)?.wait;
    const goesOn = JSON.stringify(before) === JSON.stringify(wait);
    if (!goesOn || path.steps.length > 0) {
      moments.push({ at, steps: path.steps, wait });
    }
    path.steps = [];
    at = to;
  }

  for (const event of shown) {
    const { does, running } = event;
    pass(event.at);
    blocked = undefined;
    if (does === "blocks") {
      path.goTo(running);
      const isMains = columns.isMain(innermost(running)[0]);
      const by = path.column ?? (isMains ? "main" : undefined);
      blocked = { by, isBusy: event.isBusy };
    }
    if (does === "called" || does === "resumed") path.arrive(event);
    for (const line of linesIn(event)) {
      if (path.mainHasLeft && !nameIn(line)) middle = "main/event loop";
      path.goTo(running, nameIn(line));
      path.act({ line });
    }
    if (does === "suspended" || does === "ended") {
      path.depart(event);
      const isFile = columns.calls.get(event.id)?.kind === "file";
      if (path.mainHasLeft || !isFile) continue;
      path.act({ note: MAIN_LEAVES });
      path.mainHasLeft = true;
    }
    if (does === "ends") {
      const error = event.error?.replace(/^Uncaught (\(in promise\) )?/, "");
      const how = error ? ` with the error “${error}”` : "";
      path.act({ note: `the program ends${how}` });
    }
  }
  if (!shown.some(({ does }) => does === "ends")) pass(seconds * 1000);
  moments.push({ at, steps: path.steps });
  return { moments, names, middle };
}
