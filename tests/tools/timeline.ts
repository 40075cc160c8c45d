// From a recording to what a picture shows: where the one thread is, step by step,
// who sleeps and who blocks. Who runs is known from the recording; the names that
// are printed only tell which column is whose.

import { linesBegun, type RecordedEvent, type Recording } from "./record.ts";
import { until } from "./record.ts";
import type { Call, Change, Running, Way } from "./trace.ts";

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

/** What goes on at one time, and the wait after it. Times are milliseconds. */
export interface Moment {
  at: number;
  steps: Step[];
  wait?: Wait;
}
export interface Wait {
  ms: number;
  thread: "free" | "blocked" | "blocked by somebody";
  asleep: string[]; // while the thread is free
  by?: Column; // who blocks it
  isBusy?: boolean; // by asking for the time again and again, and not by a sleep
}

const isCall = (one: Running) => typeof one === "number";
const isPlain = (one: Running) => typeof one === "string";
const callIn = (running: Running[]) => running.findLast(isCall);
const helpersIn = (running: Running[]) =>
  running.slice(running.findLastIndex(isCall) + 1).filter(isPlain);

/** The one value of a set, if it has just one. */
const only = <T>(set?: Set<T>) => set?.size === 1 ? [...set][0] : undefined;

class MultiMap<K, V> extends Map<K, Set<V>> {
  add(key: K, ...values: V[]) {
    this.set(key, (this.get(key) ?? new Set()).union(new Set(values)));
  }
}

/** Finds the first name that is in a line as a whole word. */
function finder(names: string[]) {
  // Of two names that begin alike the longer one is looked for first.
  const any = names.toSorted().reverse().map(RegExp.escape).join("|");
  const letter = "[[\\p{L}\\d_]--\\p{sc=Han}]"; // Chinese has no spaces.
  const pattern = new RegExp(`(?<!${letter})(${any})(?!${letter})`, "v");
  return (line: string): Column => line.match(pattern)?.[1] || undefined;
}

/** A name in a line that is printed, and what runs then. */
type Named = { name: string; running: Running[] };

/** Whose each call and each plain function is. */
class Columns {
  #calls = new Map<number, Call>();
  #namedBy = new MultiMap<string, string>(); // the names in a plain function's lines
  #parts = new MultiMap<number, number>(); // what it awaits, gives or, yielding, runs
  #names = new MultiMap<number, string>(); // the names in a call's lines
  #tasks = new Map<number, Set<string>>(); // the same or, without one, its parts'

  constructor(recording: Recording, lines: Named[]) {
    for (const event of recording) {
      if (event.does === "suspended") {
        this.#parts.add(event.id, ...event.awaited ?? []);
      }
      if (!("call" in event && event.call)) continue;
      this.#calls.set(event.id, event.call);
      const caller = callIn(event.call.from);
      const both = [event.call, this.#calls.get(caller!)];
      const runs = both.every((call) => call?.kind.endsWith("generator"));
      const gives = caller && event.call.kind === "callback";
      if (runs || gives) this.#parts.add(caller!, event.id);
    }

    const printedBy = new MultiMap<Running, string>(); // by who prints
    for (const { name, running } of lines) printedBy.add(running.at(-1)!, name);
    for (const { name, running } of lines) {
      for (const helper of helpersIn(running).reverse()) {
        this.#namedBy.add(helper, name);
        if (only(printedBy.get(helper))) break; // Who calls it does not print it.
      }
    }
    // What a call names by itself, or by helpers that name several, comes first.
    const own = lines.filter(({ running }) =>
      this.#tasksOfHelpers(running).length === 0
    );
    for (const each of [own, lines]) {
      const named = new Set(this.#names.keys());
      for (const { name, running } of each) {
        const call = callIn(running)!;
        if (!named.has(call)) this.#names.add(call, name);
      }
    }
  }

  isFile(id: number) {
    return this.#calls.get(id)!.kind === "file";
  }

  isMain(id: number) {
    return this.isFile(id) || this.#calls.get(id)!.name === "main";
  }

  /** The tasks that a call names or, if it names nobody, those that its parts name. */
  tasksOf(id: number): Set<string> {
    const known = this.#names.get(id) ?? this.#tasks.get(id);
    if (known) return known;
    this.#tasks.set(id, new Set()); // It may be a part of its own.
    const parts = [...this.#parts.get(id) ?? []];
    const tasks = new Set(parts.flatMap((part) => [...this.tasksOf(part)]));
    this.#tasks.set(id, tasks);
    return tasks;
  }

  /** Whether a call's own lines name a task. */
  isNamed(id: number) {
    return this.#names.has(id);
  }

  /** Without a name it is its caller's or its parts'; a generator's parts come first. */
  ofCall(id: number): Column {
    if (this.isMain(id)) return undefined;
    if (this.isNamed(id)) return only(this.#names.get(id));
    const { kind, from } = this.#calls.get(id)!;
    const parts = only(this.tasksOf(id));
    const caller = this.ofRunning(from);
    return kind.endsWith("generator") ? parts ?? caller : caller ?? parts;
  }

  /** Whether what runs is a callback or main's, and no call that suspends a task. */
  isCallback(running: Running[]) {
    const call = callIn(running);
    const kind = call && this.#calls.get(call)!.kind;
    return !call || kind === "callback" || this.isMain(call);
  }

  /** The task that a plain function's lines name, if all name one. */
  ofPlain(plain: string): Column {
    return plain === "main" ? undefined : only(this.#namedBy.get(plain));
  }

  /** The tasks of the plain functions that the innermost call runs. */
  #tasksOfHelpers(running: Running[]) {
    const tasks = helpersIn(running).map((each) => this.ofPlain(each));
    return tasks.filter((task) => task !== undefined);
  }

  /** The column of what runs. */
  ofRunning(running: Running[]): Column {
    const call = callIn(running);
    return this.#tasksOfHelpers(running).at(-1) ??
      (call ? this.ofCall(call) : undefined);
  }
}

/** Tells an asynchronous generator's `yield` as one, not as an await in it. */
function withYields(recording: Recording): Recording {
  const told: Recording = [];
  const yielding = new Set<number>();
  for (const event of recording.toReversed()) {
    if (event.does === "yielded") yielding.add(event.id);
    else if (event.does === "suspended" && yielding.delete(event.id)) {
      told.push({ ...event, by: "yield" });
    } else if (event.does !== "resumed" || !yielding.has(event.id)) {
      told.push(event);
    }
  }
  return told.reverse();
}

/** Who is suspended until a timer goes off that was set for that, and when. */
function sleepsOf(recording: Recording, columns: Columns) {
  const lastSet = new Map<number, { at: number; ms: number }>(); // by the timer
  const setBy = new Map<number, Running[]>(); // what has run when it was first set
  const suspended = new Map<number, { at: number; value?: number }>();
  const begun = new Set<Column>(); // the tasks of which a call has begun
  let ran = new Set<Column>(); // those that have gone on by the last timer

  /** The sleep that ends as a call begins or goes on, if one does. */
  function sleepUntil({ does, id, at: to, timer = 0 }: RecordedEvent & Change) {
    const name = columns.ofCall(id);
    const set = lastSet.get(timer);
    const setters = setBy.get(timer) ?? [];
    const isServed = columns.ofRunning(setters) === name;
    // Another task that has gone on by this timer may have let this one go on.
    if (!set || [...ran].some((each) => each !== name)) return [];
    if (does === "called") {
      // To give a callback is to sleep only for who can't be suspended.
      const isSleep = isServed && columns.isCallback(setters);
      return isSleep ? [{ name, from: set.at, to }] : [];
    }
    if (columns.tasksOf(id).size === 0 || !begun.has(name)) return [];
    const { at: from, value = NaN } = suspended.get(id) ?? { at: set.at };
    // Who runs a generator may set a timer for the number that it has yielded.
    const asked = from === set.at && [value, value * 1000].includes(set.ms);
    return isServed || asked ? [{ name, from, to }] : [];
  }

  return recording.flatMap((event) => {
    const { does } = event;
    if (does === "fires") ran = new Set();
    if (does === "suspended") suspended.set(event.id, event);
    if (does === "sets") {
      const isAnew = lastSet.has(event.timer); // It is an interval's.
      if (!isAnew) setBy.set(event.timer, event.running);
      lastSet.set(event.timer, event);
    }
    if (does !== "called" && does !== "resumed") return [];
    const sleep = sleepUntil(event);
    const name = columns.ofCall(event.id);
    if (columns.tasksOf(event.id).size > 0 && name) ran.add(name);
    if (columns.isNamed(event.id)) begun.add(name);
    return sleep;
  });
}

/** On the way to where the thread is: a call, or a task whose plain function runs. */
type Place = number | string;

/** Follows the thread from column to column. */
class Path {
  moments: Moment[] = [];
  moment: Moment = { at: 0, steps: [] };
  mainHasLeft = false; // whether main has given control to the event loop
  #places: Place[] = [];
  #drawn: Column; // the column where the last step is
  #arrivals = new Map<Place, Way>(); // how control has come to a call
  #columns: Columns;

  constructor(columns: Columns) {
    this.#columns = columns;
  }

  get column(): Column {
    const place = this.#places.at(-1);
    return typeof place === "number" ? this.#columns.ofCall(place) : place;
  }

  get #middle(): Step["middle"] {
    const calls = this.#places.filter(isCall);
    const begins = !this.mainHasLeft && this.#places.length === 0;
    const isMain = begins || calls.some((id) => this.#columns.isMain(id));
    return isMain ? "main" : "event loop";
  }

  /** Draws that control comes to another column. */
  #drawArrival(word?: Way) {
    const { column } = this;
    if (column === this.#drawn) return;
    this.#drawn = column;
    this.moment.steps.push({ column, middle: this.#middle, word });
  }

  /** Something is done where control is: in one step with the arrival there. */
  act(what: { line: string } | { note: string }) {
    const step = { column: this.column, middle: this.#middle };
    const last = this.moment.steps.at(-1);
    const arrives = last && (last.line ?? last.note) === undefined;
    if (arrives && last.middle === step.middle) Object.assign(last, what);
    else this.moment.steps.push({ ...step, ...what });
  }

  /** The columns from the outside in, when something runs and prints of `named`. */
  #placesOf(running: Running[], named?: string): Place[] {
    const places = running.map((one) =>
      isCall(one) ? one : this.#columns.ofPlain(one)
    ).filter((place) => place !== undefined);
    // A helper's line is of whom it names, if its call is main's or nobody's.
    const helper = helpersIn(running).at(-1);
    const isNobodys = helper && helper !== "main" &&
      !this.#columns.ofRunning(running);
    return named && isNobodys ? [...places, named] : places;
  }

  /** Goes to where control is, step by step. */
  goTo(running: Running[], named?: string) {
    const to = this.#placesOf(running, named);
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

  wait(wait: Wait) {
    const { at, steps } = this.moment;
    const before = this.moments.at(-1)?.wait;
    const { ms } = wait;
    const same = JSON.stringify({ ...before, ms }) === JSON.stringify(wait);
    if (before && same && steps.length === 0) before.ms += ms;
    else this.moments.push({ at, steps, wait });
    this.moment = { at: at + ms, steps: [] };
  }
}

/**
 * Tells where the one thread is in the first `seconds` of a recording, and who sleeps
 * meanwhile. `tasks` are the names of the columns, by default each "task N" that is
 * printed.
 *
 * @returns The moments, the names of the columns but for the one in the middle, and
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
    linesIn(event).map(nameIn).filter((name) => name !== undefined)
      .map((name) => ({ name, running: event.running }))
  );
  const columns = new Columns(all, named);
  const sleeps = sleepsOf(all, columns);
  const path = new Path(columns);
  path.act({ note: "" }); // That main begins is drawn, whatever follows.
  let middle = "event loop"; // what the middle is once main has given control
  let blocking: (RecordedEvent & { does: "blocks" }) | undefined;

  const isAsleep = (task: string, at: number, end: number) =>
    sleeps.some(({ name, from, to }) =>
      name === task && from <= at && to >= end
    );
  /** Nothing happens until then. */
  function pass(to: number) {
    const { at } = path.moment;
    if (to === at) return;
    if (!blocking) path.goTo([]);
    const by = path.column;
    const calls = blocking?.running.filter(isCall);
    const isMain = calls?.length && calls.every((id) => columns.isMain(id));
    const isKnown = by !== undefined || isMain;
    path.wait({
      ms: to - at,
      thread: !blocking ? "free" : isKnown ? "blocked" : "blocked by somebody",
      asleep: names.filter((task) => !blocking && isAsleep(task, at, to)),
      by,
      isBusy: blocking?.isBusy,
    });
  }

  for (const [i, event] of shown.entries()) {
    const { does, running } = event;
    pass(event.at);
    blocking = does === "blocks" ? event : undefined;
    if (does === "blocks") path.goTo(running);
    if (does === "called" || does === "resumed") path.arrive(event);
    for (const line of linesIn(event)) {
      path.goTo(running, nameIn(line));
      path.act({ line });
    }
    if (does === "suspended" || does === "ended") {
      path.depart(event);
      if (path.mainHasLeft || !columns.isFile(event.id)) continue;
      const rest = shown.slice(i).flatMap(linesIn);
      if (!rest.every(nameIn)) middle = "main/event loop";
      path.act({ note: "main gives control to the event loop" });
      path.mainHasLeft = true;
    }
    if (does === "ends") {
      const error = event.error?.replace(/^Uncaught (\(in promise\) )?/, "");
      const how = error ? ` with the error “${error}”` : "";
      path.act({ note: `the program ends${how}` });
    }
  }
  if (shown.at(-1)?.does !== "ends") pass(seconds * 1000);
  return { moments: [...path.moments, path.moment], tasks: names, middle };
}
