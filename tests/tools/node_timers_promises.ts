// What a recorded program gets for node:timers/promises. These are plain functions:
// an async one would be a call of its own in the picture.

type Options = { signal?: AbortSignal };

export function setTimeout<T>(ms?: number, value?: T, options: Options = {}) {
  const { signal } = options;
  return new Promise<T>((resolve, reject) => {
    const timer = globalThis.setTimeout(resolve, ms, value as T);
    function abort() {
      clearTimeout(timer);
      const error = new Error("The operation was aborted");
      const details = { name: "AbortError", code: "ABORT_ERR" };
      reject(Object.assign(error, details, { cause: signal?.reason }));
    }
    if (signal?.aborted) abort();
    signal?.addEventListener("abort", abort, { once: true });
  });
}

export function setInterval<T>(ms?: number, value?: T) {
  return {
    next: () => setTimeout(ms, { done: false, value }),
    return: () => Promise.resolve({ done: true, value: undefined }),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

export function setImmediate<T>(value?: T): Promise<T> {
  return new Promise((resolve) => globalThis.setImmediate(resolve, value as T));
}

export const scheduler = {
  wait: (ms?: number, options?: Options) => setTimeout(ms, undefined, options),
  yield: () => setImmediate(),
};
export * as default from "./node_timers_promises.ts";
