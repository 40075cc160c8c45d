// What a recorded program gets for node:timers/promises. These are plain functions:
// an async one would be a call of its own in the picture.

import { setTimeout as realTimeout } from "node:timers/promises";

type Options = { signal?: AbortSignal };

export function setTimeout<T>(ms?: number, value?: T, options: Options = {}) {
  const { signal } = options;
  return new Promise<T>((resolve, reject) => {
    const timer = globalThis.setTimeout(resolve, ms, value as T);
    function abort() {
      clearTimeout(timer);
      realTimeout(0, undefined, { signal }).catch(reject); // at once
    }
    if (signal?.aborted) abort();
    // A listener of the signal's own would keep the program alive after the sleep.
    if (signal) AbortSignal.any([signal]).addEventListener("abort", abort);
  });
}

export function setInterval<T>(ms?: number, value?: T, options?: Options) {
  return {
    next: () => setTimeout(ms, { done: false, value }, options),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

export const setImmediate = <T>(value?: T) =>
  new Promise((resolve) => globalThis.setImmediate(resolve, value));

export const scheduler = {
  wait: (ms?: number, options?: Options) => setTimeout(ms, undefined, options),
  yield: () => setImmediate(),
};
export * as default from "./node_timers_promises.ts";
