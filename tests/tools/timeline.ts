// From a recording to what a picture shows: where the one thread is, step by step,
// who sleeps and who blocks. Who runs is known from the recording; the names that
// are printed only tell which column is whose.

import { linesBegun, type RecordedEvent, type Recording } from "./record.ts";
import { until } from "./record.ts";
import type { Arrival, Call, Running } from "./trace.ts";

/** A task, by its name; undefined is the column in the middle. */
export type Column = string | undefined;

/** Where the thread comes to, by what, and what it does there. */
export interface Step {
  column: Column;
  /** Whose the middle is then. */
  middle: "main" | "event loop";
  word?: Arrival | "await" | "yield";
  line?: string;
  note?: string;
}

/** What goes on at one time, and the wait after it. Times are milliseconds. */
export interface Moment {
  at: number;
  steps: Step[];
  wait?: Wait;
}
export type Wait =
  & { ms: number }
  & (
    | { thread: "free"; asleep: string[] }
    | { thread: "blocked"; by: Column }
    | { thread: "blocked by one of several" }
  );

export interface Timeline {
  moments: Moment[];
  /** The columns but for the one in the middle. */
  tasks: string[];
  /** What that one is once main has given control to the event loop. */
  middle: "event loop" | "main/event loop";
}

const isCall = (one: Running) => typeof one === "number";
const isPlain = (one: Running) => typeof one === "string";
const callIn = (running: Running[]) => running.filter(isCall).at(-1);
const helpersIn = (running: Running[]) =>
  running.slice(running.findLastIndex(isCall) + 1).filter(isPlain);

/** The one value of a set, if it has just one. */
const only = <T>(set?: Set<T>) => set?.size === 1 ? [...set][0] : undefined;

class Sets<K, V> extends Map<K, Set<V>> {
  add(key: K, value: V) {
    this.set(key, (this.get(key) ?? new Set()).add(value));
  }
}

/** Finds the first name that is in a line as a whole word. */
function finder(names: string[]) {
  if (names.length === 0) return () => undefined;
  // Of two names that begin alike the longer one is looked for first.
  const any = names.toSorted().reverse().map(RegExp.escape).join("|");
  const letter = "[[\\p{L}\\d_]--\\p{sc=Han}]"; // Chinese has no spaces.
  const pattern = new RegExp(`(?<!${letter})(${any})(?!${letter})`, "v");
  return (line: string): Column => line.match(pattern)?.[1] || undefined;
}

/** Whose each call and each plain function is. */
class Columns {
  #calls = new Map<number, Call>();
  #namedBy = new Sets<string, string>(); // the names in a plain function's lines
  #names = new Sets<number, string>(); // the names in a call's own lines
  #parts = new Sets<number, number>(); // what a call awaits or, a generator, runs
  #known = new Map<number, Column>();

  constructor(recording: Recording, printed: Named[]) {
    for (const event of recording) {
      if (event.does === "called") this.#add(event.id, event);
      if (event.does !== "suspended") continue;
      event.awaited?.forEach((part) => this.#parts.add(event.id, part));
    }
    const lines = printed.filter(({ running }) => callIn(running));
    const named = new Sets<Running, string>(); // by whose own frame prints it
    for (const { name, running } of lines) named.add(running.at(-1)!, name);
    for (const { name, running } of lines) {
      for (const helper of helpersIn(running).reverse()) {
        this.#namedBy.add(helper, name);
        if (only(named.get(helper))) break; // Who calls it does not print it.
      }
    }
    // What a call names by itself, and by helpers that name several.
    for (const { name, running } of lines) {
      const others = helpersIn(running).filter((each) => this.ofPlain(each));
      if (others.length === 0) named.add(callIn(running)!, name);
    }
    for (const { name, running } of lines) {
      const own = only(named.get(callIn(running)!));
      const others = helpersIn(running).map((each) =>
        this.ofPlain(each) ?? own
      );
      const foreign = own && others.some((other) => other !== own);
      if (!foreign) this.#names.add(callIn(running)!, name);
    }
  }

  #add(id: number, call: Call) {
    this.#calls.set(id, call);
    const caller = callIn(call.from);
    if (caller && this.#isGenerator(caller) && this.#isGenerator(id)) {
      this.#parts.add(caller, id);
    }
  }

  #isGenerator(id: number) {
    return this.#calls.get(id)!.kind.endsWith("generator");
  }

  isFile(id: number) {
    return this.#calls.get(id)!.kind === "file";
  }

  isMain(id: number) {
    return this.isFile(id) || this.#calls.get(id)!.name === "main";
  }

  /** The task that a plain function's lines name, if all name one. */
  ofPlain(plain: string): Column {
    return plain === "main" ? undefined : only(this.#namedBy.get(plain));
  }

  /** The tasks that a call names or, if it names nobody, those that its parts name. */
  #tasksOf(id: number, seen: number[] = []): Set<string> {
    const parts = [...this.#parts.get(id) ?? []];
    const unseen = parts.filter((part) => !seen.includes(part));
    const all = unseen.flatMap((
      part,
    ) => [...this.#tasksOf(part, [...seen, id])]);
    return this.#names.get(id) ?? new Set(all);
  }

  /** Whether a call is main's or of a task that it names, and so of no caller's. */
  isOwn(id: number) {
    return this.isMain(id) || this.#tasksOf(id).size > 0;
  }

  ofCall(id: number): Column {
    if (this.isMain(id)) return undefined;
    if (this.#names.has(id)) return only(this.#names.get(id));
    if (!this.#known.has(id)) {
      this.#known.set(id, undefined); // for a call that is its own part
      const { from } = this.#calls.get(id)!;
      this.#known.set(id, only(this.#tasksOf(id)) ?? this.at(from));
    }
    return this.#known.get(id);
  }

  /** The column of what runs. */
  at(running: Running[]): Column {
    let column: Column;
    for (const one of running) {
      column = isCall(one) ? this.ofCall(one) : this.ofPlain(one) ?? column;
    }
    return column;
  }

  /** The same but, for a call that names several, the one of its caller. */
  servedBy(running: Running[]): Column {
    const call = callIn(running);
    const nobodys = call && !this.isMain(call) && !this.ofCall(call);
    if (!nobodys || !this.#names.has(call)) return this.at(running);
    return this.at(running) ?? this.servedBy(this.#calls.get(call)!.from);
  }
}
type Named = { name: string; running: Running[] };

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

/** Where a call runs that is no task's own, prints nothing and runs no task. */
function hiddenRuns(recording: Recording, columns: Columns) {
  const hidden = new Set<RecordedEvent>();
  const open: { begin: RecordedEvent; id: number; seen: boolean }[] = [];
  const see = () => open.forEach((run) => run.seen = true);
  for (const event of recording) {
    const { does } = event;
    if (does === "prints" || does === "blocks") see();
    if (does === "called" || does === "resumed") {
      open.push({ begin: event, id: event.id, seen: columns.isOwn(event.id) });
    }
    if (does === "suspended" || does === "ended") {
      const i = open.findLastIndex(({ id }) => id === event.id);
      const [run] = open.splice(i, 1);
      if (run.seen) see();
      else hidden.add(run.begin);
    }
  }
  return hidden;
}

/** Who is suspended until a timer goes off that was set for that, and when. */
function sleepsOf(recording: Recording, columns: Columns) {
  const timers = new Map<number, RecordedEvent & { does: "sets" }>();
  const suspended = new Map<number, RecordedEvent & { does: "suspended" }>();
  const sleeps: { name: Column; from: number; to: number }[] = [];
  for (const event of recording) {
    const { does, at: to } = event;
    if (does === "suspended") suspended.set(event.id, event);
    if (does === "sets") {
      const { running } = timers.get(event.timer) ?? event; // an interval's first
      timers.set(event.timer, { ...event, running });
    }
    if (does !== "called" && does !== "resumed") continue;
    const set = timers.get(event.timer ?? 0);
    const since = suspended.get(event.id);
    const name = columns.ofCall(event.id);
    if (set && does === "called" && name === columns.at(set.running)) {
      sleeps.push({ name, from: set.at, to }); // It is a callback of its own.
    }
    if (!set || !since || !columns.isOwn(event.id)) continue;
    // Who runs a generator may set a timer for the number that it has yielded.
    const { at, value = NaN } = since;
    const asked = at === set.at && [value, value * 1000].includes(set.ms);
    const served = columns.servedBy(set.running);
    const from = Math.max(at, set.at);
    if (served === name || !served && asked) sleeps.push({ name, from, to });
  }
  return sleeps;
}

/** A column on the way to where the thread is, and what it is there for. */
type Place = { key: Running; column: Column };

/** Follows the thread from column to column. */
class Path {
  moments: Moment[] = [];
  moment: Moment = { at: 0, steps: [{ column: undefined, middle: "main" }] };
  /** Whether main has given control to the event loop. */
  left = false;
  #places: Place[] = [];
  #drawn: Column; // the column where the last step is
  #hidden = new Set<number>(); // the calls that run hidden

  #columns: Columns;
  #hiddenRuns: Set<RecordedEvent>;

  constructor(columns: Columns, hiddenRuns: Set<RecordedEvent>) {
    this.#columns = columns;
    this.#hiddenRuns = hiddenRuns;
  }

  get column(): Column {
    return this.#places.at(-1)?.column;
  }

  get #middle() {
    const main = this.#places.some(({ key }) =>
      isCall(key) && this.#columns.isMain(key)
    );
    const begins = !this.left && this.#places.length === 0;
    return main || begins ? "main" : "event loop";
  }

  /** Comes to where the thread is, does something there, or both at once. */
  #step(what: Pick<Step, "word" | "line" | "note">) {
    const step: Step = { column: this.column, middle: this.#middle, ...what };
    const comes = step.column !== this.#drawn;
    const does = what.line !== undefined || what.note !== undefined;
    if (!comes && !does) return;
    this.#drawn = step.column;
    const { at, steps } = this.moment;
    const last = steps.at(-1);
    const isStart = at === 0 && steps.length === 1;
    const bare = last && !isStart && last.line === undefined && !last.note;
    if (!comes && bare && last.middle === step.middle) {
      Object.assign(last, what);
    } else steps.push(step);
  }

  /** The columns from the outside in, when something runs and prints of `named`. */
  #placesOf(running: Running[], named?: string): Place[] {
    const places: Place[] = [];
    const here = () => places.at(-1)?.column;
    for (const one of running) {
      if (isCall(one)) {
        if (this.#hidden.has(one)) continue;
        places.push({ key: one, column: this.#columns.ofCall(one) });
        continue;
      }
      const column = this.#columns.ofPlain(one);
      // Of a function without a name just its place is known, which moves.
      const key = /:\d+$/.test(one) ? `a function of ${column}` : one;
      if (column && column !== here()) places.push({ key, column });
    }
    // A helper's line is of whom it names, if its call is main's or nobody's.
    const helps = running.length > 0 && !isCall(running.at(-1)!);
    if (named && helps && running.at(-1) !== "main" && !here()) {
      places.push({ key: `a line of ${named}`, column: named });
    }
    return places;
  }

  /** Goes to where control is, step by step. */
  #go(to: Place[], into: Step["word"] = "call", out?: Step["word"]) {
    const same = (place: Place, i: number) => place.key === to[i]?.key;
    while (!this.#places.every(same)) {
      this.#places.pop();
      const back = this.#places.length === to.length;
      this.#step({ word: back ? out : undefined });
    }
    for (const place of to.slice(this.#places.length)) {
      this.#places.push(place);
      this.#step({ word: place === to.at(-1) ? into : "call" });
    }
  }

  goTo(running: Running[]) {
    this.#go(this.#placesOf(running));
  }

  note(note: string) {
    this.#go([]);
    this.#step({ note });
  }

  print(running: Running[], line: string, name: Column) {
    const goesOn = this.#places.at(-1)?.key === `a line of ${this.column}`;
    const named = name ?? (goesOn ? this.column : undefined);
    this.#go(this.#placesOf(running, named));
    this.#step({ line });
  }

  /** A call begins or goes on. */
  arrive(event: RecordedEvent & { does: "called" | "resumed" }) {
    if (this.#hiddenRuns.has(event)) this.#hidden.add(event.id);
    else this.#go(this.#placesOf(event.running), event.by);
  }

  /** A call is suspended or ends. */
  depart(event: RecordedEvent & { does: "suspended" | "ended" }) {
    if (this.#hidden.delete(event.id)) return;
    const places = this.#placesOf(event.running);
    const out = event.does === "suspended" ? event.by : undefined;
    this.#go(places);
    this.#go(places.slice(0, -1), "call", out);
  }

  wait(to: number, wait: Wait) {
    const { steps } = this.moment;
    const before = this.moments.at(-1)?.wait;
    const { ms } = wait;
    const same = JSON.stringify({ ...before, ms }) === JSON.stringify(wait);
    if (before && same && steps.length === 0) before.ms += ms;
    else this.moments.push({ ...this.moment, wait });
    this.moment = { at: to, steps: [] };
  }
}

/**
 * Tells where the one thread is in the first `seconds` of a recording, and who sleeps
 * meanwhile. `tasks` are the names of the columns, by default each "task N" that is
 * printed.
 *
 * @throws An `Error` if one of `tasks` is in no line that is printed.
 */
export function timeline(
  recording: Recording,
  seconds: number,
  tasks?: string[],
): Timeline {
  const all = withYields(recording);
  const shown = until(all, seconds);
  const begun = linesBegun(all);
  const linesIn = (event: RecordedEvent) => begun.get(event) ?? [];
  const lines = shown.flatMap(linesIn);
  const numbered = lines.join("\n").match(/\btask \d+\b/g);
  const names = tasks ?? [...new Set(numbered)];
  const nameIn = finder(names);
  const found = new Set(lines.map(nameIn));
  const missing = names.filter((name) => !found.has(name));
  if (missing.length > 0) {
    const others = names.filter((name) => found.has(name)).join(", ") || "none";
    throw new Error(`In the first ${seconds} s nothing is printed that has
"${missing.join('", "')}" in it; of the names given there is ${others}.
Write each as it is printed: --tasks=producer,consumer`);
  }
  const printed = all.flatMap((event) =>
    linesIn(event).flatMap((line) => {
      const name = nameIn(line);
      return name ? [{ name, running: event.running }] : [];
    })
  );
  const columns = new Columns(all, printed);
  const sleeps = sleepsOf(all, columns);
  const path = new Path(columns, hiddenRuns(all, columns));
  let middle: Timeline["middle"] = "event loop";
  let blocking: Running[] | undefined;

  function waitUntil(to: number): Wait {
    const { at } = path.moment;
    const ms = to - at;
    if (!blocking) {
      const isAsleep = (task: string) =>
        sleeps.some(({ name, from, to: end }) =>
          name === task && from <= at && end >= to
        );
      return { ms, thread: "free", asleep: names.filter(isAsleep) };
    }
    const { column } = path;
    const isMain = blocking.filter(isCall).every((id) => columns.isMain(id));
    if (column || isMain) return { ms, thread: "blocked", by: column };
    return { ms, thread: "blocked by one of several" };
  }
  function pass(to: number) {
    if (to === path.moment.at) return;
    if (!blocking) path.goTo([]);
    path.wait(to, waitUntil(to));
  }

  for (const [i, event] of shown.entries()) {
    const { does, running } = event;
    pass(event.at);
    blocking = does === "blocks" ? running : undefined;
    if (does === "blocks") path.goTo(running);
    if (does === "called" || does === "resumed") path.arrive(event);
    if (does === "prints") {
      linesIn(event).forEach((line) => path.print(running, line, nameIn(line)));
    }
    if (does === "suspended" || does === "ended") {
      path.depart(event);
      if (path.left || !columns.isFile(event.id)) continue;
      const rest = shown.slice(i).flatMap(linesIn);
      if (!rest.every(nameIn)) middle = "main/event loop";
      path.note("main gives control to the event loop");
      path.left = true;
    }
    if (does === "ends") {
      const error = event.error?.replace(/^Uncaught (\(in promise\) )?/, "");
      path.note(`the program ends${error ? ` with the error “${error}”` : ""}`);
    }
  }
  if (shown.at(-1)?.does !== "ends") pass(seconds * 1000);
  return { moments: [...path.moments, path.moment], tasks: names, middle };
}
