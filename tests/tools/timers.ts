/** The timers of one duration, the first set first. */
interface List {
  ms: number;
  expiry: number;
  id: number;
  timers: Timeout[];
}

/**
 * Timers that go off in Deno's order (libs/core/02_timers.js in its source: `insert`,
 * `processTimers` and `listOnTimeout`). There is a list for each duration, and the
 * list that expires first comes first. A pass through the lists has one time, which
 * is read when it begins: an interval is set again from there, and what a callback
 * sets goes off in a later pass. Times are milliseconds.
 */
export class Timers {
  #lists = new Map<number, List>();
  #count = 0;
  #pass?: number;

  constructor(private now: () => number) {}

  /** How long Deno waits: whole milliseconds, at least 1. */
  static duration(ms: unknown): number {
    const given = Number(ms);
    return given >= 1 && given < 2 ** 31 ? Math.trunc(given) : 1;
  }

  /** Puts a timer at the end of its list. */
  insert(timer: Timeout, start = this.now()) {
    this.remove(timer);
    timer.start = start;
    const { ms } = timer;
    let list = this.#lists.get(ms);
    list ??= { ms, expiry: start + ms, id: ++this.#count, timers: [] };
    this.#lists.set(ms, list);
    list.timers.push(timer);
  }

  remove(timer: Timeout) {
    const timers = this.#lists.get(timer.ms)?.timers ?? [];
    if (timers.includes(timer)) timers.splice(timers.indexOf(timer), 1);
  }

  has(timer: Timeout): boolean {
    return this.#lists.get(timer.ms)?.timers.includes(timer) ?? false;
  }

  find(id: number): Timeout | undefined {
    return this.#all.find((timer) => timer.id === id);
  }

  get #all() {
    return [...this.#lists.values()].flatMap(({ timers }) => timers);
  }

  /** When the next pass begins, if a timer keeps the program from its end. */
  get due(): number | undefined {
    const isAlive = this.#all.some((timer) => timer.hasRef());
    return isAlive ? this.#first()?.expiry : undefined;
  }

  /** Takes the next timer of this pass, if there is one; otherwise it is over. */
  take(): { timer: Timeout; pass: number } | undefined {
    const pass = this.#pass ??= this.now();
    let list = this.#first();
    while (list && list.expiry <= pass) {
      const timer = this.#head(list, pass);
      if (timer) {
        this.remove(timer);
        return { timer, pass };
      }
      list = this.#first();
    }
    this.#pass = undefined;
  }

  /** To be called when the callback of a timer has returned. */
  returned({ timer, pass }: { timer: Timeout; pass: number }) {
    if (timer.repeats && !timer.cleared && !this.has(timer)) {
      this.insert(timer, pass);
    }
    const list = this.#lists.get(timer.ms);
    if (list) this.#head(list, pass);
  }

  /** The first timer of a list, if it is due; otherwise the list comes later. */
  #head(list: List, pass: number): Timeout | undefined {
    const [timer] = list.timers;
    if (timer && pass - timer.start >= list.ms) return timer;
    if (!timer) this.#lists.delete(list.ms);
    else {
      list.expiry = Math.max(timer.start + list.ms, pass + 1);
      list.id = ++this.#count;
    }
  }

  #first() {
    const lists = [...this.#lists.values()];
    return lists.sort((a, b) => a.expiry - b.expiry || a.id - b.id).at(0);
  }
}

/** What `setTimeout` returns in Deno, as in Node: it can be used as a number. */
export class Timeout {
  start = 0;
  cleared = false;
  #refed = true;

  constructor(
    private timers: Timers,
    readonly id: number,
    readonly ms: number,
    readonly repeats: boolean,
    readonly call: () => void,
  ) {
    timers.insert(this);
  }

  ref() {
    this.#refed = true;
    return this;
  }

  /** From now on it does not keep the program from its end. */
  unref() {
    this.#refed = false;
    return this;
  }

  hasRef() {
    return this.#refed;
  }

  /** Sets it anew, also when it has gone off, but not when it was cleared. */
  refresh() {
    if (!this.cleared) this.timers.insert(this);
    return this;
  }

  close() {
    this.cleared = true;
    this.timers.remove(this);
    return this;
  }

  [Symbol.toPrimitive]() {
    return this.id;
  }

  [Symbol.dispose]() {
    this.close();
  }
}
