let faked = false;

/** Stands in for `FakeTime` of `@std/testing/time`. Times are milliseconds. */
export class FakeTime implements Disposable {
  now: number;
  #real = Date;

  /** Fakes `Date`. Throws if it is faked already. */
  constructor(start: number) {
    if (faked) {
      throw new Error("Cannot construct FakeTime: time is already faked");
    }
    faked = true;
    this.now = start;
    const now = () => this.now;
    globalThis.Date = class extends Date {
      static override now = now;
      constructor(...args: unknown[]) {
        super(...(args.length > 0 ? args : [now()]) as [number]);
      }
    } as DateConstructor;
  }

  tick(ms: number) {
    this.now += ms;
  }

  [Symbol.dispose]() {
    globalThis.Date = this.#real;
    faked = false;
  }
}
