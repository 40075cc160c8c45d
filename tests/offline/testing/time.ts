/** Stands in for `FakeTime` of `@std/testing/time`. Times are milliseconds. */
export class FakeTime implements Disposable {
  now: number;
  #timers: { due: number; run: () => void }[] = [];
  #real = { setTimeout };

  /** Fakes `setTimeout`, from a time on. */
  constructor(start: number) {
    this.now = start;
    const fake = <Args extends unknown[]>(
      callback: (...args: Args) => void,
      delay = 0,
      ...args: Args
    ) => {
      const due = this.now + (delay || 0);
      this.#timers.push({ due, run: () => callback(...args) });
      this.#timers.sort((a, b) => a.due - b.due);
    };
    Object.assign(globalThis, { setTimeout: fake });
  }

  tick(ms: number) {
    const end = this.now + ms;
    while (this.#timers[0]?.due <= end) {
      const { due, run } = this.#timers.shift()!;
      this.now = due;
      run();
    }
    this.now = end;
  }

  next() {
    this.tick(this.#timers[0].due - this.now);
  }

  [Symbol.dispose]() {
    Object.assign(globalThis, this.#real);
  }
}
