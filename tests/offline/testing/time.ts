import { mock } from "node:test";
import { setImmediate } from "node:timers/promises";

/** Stands in for `FakeTime` of `@std/testing/time`. Times are milliseconds. */
export class FakeTime implements Disposable {
  #due: number[] = [];

  /** Fakes the clock and `setTimeout`. Throws if they are faked already. */
  constructor(start: number) {
    mock.timers.enable({ apis: ["Date", "setTimeout"], now: start });
    // The mock timers don't tell when the next one is due, so it is noted here.
    globalThis.setTimeout = new Proxy(setTimeout, {
      apply: (setTimeout, self, args) => {
        this.#due.push(this.now + (args[1] || 0));
        return Reflect.apply(setTimeout, self, args);
      },
    });
  }

  get now(): number {
    return Date.now();
  }

  tick(ms = 0) {
    const now = this.now + ms;
    this.#due = this.#due.filter((due) => due > now);
    mock.timers.tick(ms);
  }

  async runMicrotasks() {
    await setImmediate();
  }

  async nextAsync() {
    await this.runMicrotasks();
    this.tick(Math.min(...this.#due) - this.now);
  }

  [Symbol.dispose]() {
    mock.timers.reset();
  }
}
