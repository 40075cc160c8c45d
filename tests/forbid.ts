// What a lesson may use while it is recorded: the language, and a few words of
// the runtime. Everything else answers with an error, so that nothing gets past
// the recorder unseen.

// Scripts import this. It puts its own MessageChannel in the place of Deno's, so
// it has to come before the guard of that.
import "node:worker_threads";

const ALLOWED = new Set(
  `Object Array Number parseFloat parseInt Infinity NaN undefined
  Boolean String Symbol Promise RegExp Error AggregateError EvalError RangeError
  ReferenceError SyntaxError TypeError URIError SuppressedError globalThis JSON
  Math Intl ArrayBuffer SharedArrayBuffer Atomics DataView Int8Array Uint8Array
  Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array BigInt64Array
  BigUint64Array Float16Array Float32Array Float64Array Map BigInt Set WeakMap
  WeakSet Iterator Proxy Reflect DisposableStack AsyncDisposableStack isFinite
  isNaN decodeURI decodeURIComponent encodeURI encodeURIComponent
  TextEncoder TextDecoder structuredClone queueMicrotask setTimeout clearTimeout
  URL URLSearchParams atob btoa
  AbortController AbortSignal DOMException Event EventTarget Deno`.split(/\s+/),
);

const TIME = "a lesson can't know the time, which differs from run to run";
const PRINT = "print by Deno.stdout.writeSync";
const SLEEP = "sleep by setTimeout or Atomics.wait";

const ADVICE: Record<string, string> = {
  console: PRINT,
  process: PRINT,
  alert: PRINT,
  Date: TIME,
  Temporal: TIME,
  DateTimeFormat: TIME,
  toLocaleString: "what it gives differs from machine to machine",
  performance: TIME,
  setInterval: `${SLEEP}, in a loop`,
  setImmediate: SLEEP,
  waitAsync: SLEEP,
  timeout: SLEEP,
  random: "what it prints has to be the same in every run",
  write: PRINT,
  writable: PRINT,
  stderr: PRINT,
};

/** Whom to tell, while a lesson is recorded, of what it uses all the same. */
let fail: ((error: Error) => never) | undefined;

/**
 * Lets everything that a lesson may not use fail by `whenUsed`, which gets an
 * error that says what to do instead, until the result is disposed of.
 */
export function forbidAllElse(
  whenUsed: (error: Error) => never,
): Disposable {
  fail = whenUsed;
  return { [Symbol.dispose]: () => fail = undefined };
}

/** Lets properties of an object fail when they are read, if something is to. */
function guard(object: object, names: string[], prefix = "") {
  for (const name of names) {
    const real = Object.getOwnPropertyDescriptor(object, name) ??
      { configurable: true, value: Reflect.get(object, name) };
    if (!real.configurable) continue;
    let { get = () => real.value } = real;
    const advice = ADVICE[name] ??
      'README.md says under "Add a lesson" what can';
    const use = () =>
      fail?.(new Error(`${prefix}${name} can't be recorded: ${advice}.`));
    Object.defineProperty(object, name, {
      configurable: true,
      enumerable: real.enumerable,
      get() {
        use();
        return get.call(object);
      },
      set(value) {
        use();
        get = () => value;
      },
    });
  }
}

// Done once, since it takes longer than to record a lesson.
guard(
  Object.getPrototypeOf(Deno.stdout),
  ["write", "writable", "close", "isTerminal"],
  "Deno.stdout.",
);
guard(Deno, Object.keys(Deno).filter((name) => name !== "stdout"), "Deno.");
guard(Atomics, ["waitAsync"], "Atomics.");
guard(AbortSignal, ["timeout"], "AbortSignal.");
guard(Math, ["random"], "Math.");
guard(Intl, ["DateTimeFormat"], "Intl.");
guard(Number.prototype, ["toLocaleString"], "Number.prototype.");
guard(Function.prototype, ["constructor"], "Function.prototype.");
guard(globalThis, ["addEventListener"]);
guard(
  globalThis,
  Object.getOwnPropertyNames(globalThis).filter((name) => !ALLOWED.has(name)),
);
