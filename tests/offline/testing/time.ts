interface Timer {
  due: number;
  callback: () => void;
}

const real = { setTimeout, Date };
let faked = false;

/** Stands in for `FakeTime` of `@std/testing/time`. Times are milliseconds. */
export class FakeTime implements Disposable {
  now: number;
  #timers: Timer[] = [];

  /** Fakes `setTimeout` and `Date`. Throws if they are faked already. */
  constructor(start: number) {
    if (faked) {
      throw new Error("Cannot construct FakeTime: time is already faked");
    }
    faked = true;
    this.now = start;
    const now = () => this.now;
    const fakeSetTimeout = (callback: () => void, delay: number) => {
      const due = this.now + delay;
      const later = this.#timers.findIndex((timer) => timer.due > due);
      this.#timers.splice(later < 0 ? Infinity : later, 0, { due, callback });
    };
    const FakeDate = class extends Date {
      static override now = now;
      constructor(...args: unknown[]) {
        super(...(args.length > 0 ? args : [now()]) as [number]);
      }
    };
    Object.assign(globalThis, { setTimeout: fakeSetTimeout, Date: FakeDate });
  }

  tick(ms: number) {
    const end = this.now + ms;
    while (this.#timers[0]?.due <= end) {
      const { due, callback } = this.#timers.shift()!;
      this.now = due;
      callback();
    }
    this.now = end;
  }

  next() {
    this.tick(this.#timers[0].due - this.now);
  }

  [Symbol.dispose]() {
    Object.assign(globalThis, real);
    faked = false;
  }
}
