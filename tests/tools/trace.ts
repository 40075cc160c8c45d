// Who has control, as the engine itself tells it.
//
// V8's promise hooks tell when a promise is made, when it is settled, and when the
// code that waits for it begins and stops to run. A call of an async function makes
// a promise first; each `await` in it makes another one, whose parent is what is
// awaited, and whose `before` is the resumption. So each call has an identity, and
// nothing is inferred from names. The call stack only tells whose promise it is.
//
// What was tried instead: call stacks alone know no identity; the inspector has no
// async parents in Deno; `async_hooks` has no promises there; `AsyncLocalStorage`
// can't tell what an `await` resumes from a callback.

import v8 from "node:v8";

/** A call, by its number, or a plain function of the program, by its name. */
export type Running = number | string;

/** How control comes to a call. */
export type Arrival = "call" | "resume" | "next" | "throw" | "return";

/** What can be suspended, or is called by the event loop. */
export interface Call {
  kind:
    | "file"
    | "async function"
    | "generator"
    | "async generator"
    | "callback";
  name: string; // the function's, if it has one
  from: Running[]; // what ran when it was called or, a callback, given
  timer?: number; // the one that calls it
}

/** A change of control. */
export type Change =
  & {
    id: number; // the call's
    running: Running[]; // what runs then, from the outside in
    by?: Arrival | "await" | "yield"; // the way in or out, but for an end
    timer?: number; // the one that calls it or lets it go on
    awaited?: number[]; // the calls that it waits for
    value?: number; // the number that it yields
  }
  & ({ does: "called" } & Call | { does: "resumed" } | Departure);
type Departure =
  | { does: "suspended"; by: "await" | "yield" }
  /** The await before, and its resumption, were parts of an asynchronous `yield`. */
  | { does: "yielded"; by: "yield" }
  | { does: "ended"; by?: undefined };

/** A call, and where it stands. */
interface Active extends Call {
  id: number;
  state: "new" | "running" | "await" | "yield" | "return" | "ended";
  base: number; // how many frames there are below it on the call stack
  place?: string; // where its function begins
  origin?: string; // in its first run: its name, and from where it is called
  between: string[]; // the plain functions between the call outside it and it
  queued: Arrival[]; // what a generator was asked for when it could not run
}

export type Callback = (...args: unknown[]) => unknown;
type Frame = NodeJS.CallSite;
const TOOLS = new URL(".", import.meta.url).href;
const GATHERERS = ["all", "allSettled", "any", "race"];
const STEPS = ["next", "throw", "return"] as const;

const urlOf = (frame?: Frame) => frame?.getScriptNameOrSourceURL() ?? "";
const nameOf = (frame?: Frame) => frame?.getFunctionName() ?? "";
const placeOf = (frame?: Frame) =>
  `${urlOf(frame)}:${frame?.getLineNumber()}:${frame?.getColumnNumber()}`;
const originOf = (stack: Frame[], i: number) =>
  `${nameOf(stack[i])} called at ${placeOf(stack[i - 1])}`;
const isTool = (frame?: Frame) =>
  urlOf(frame).startsWith(TOOLS) || urlOf(frame).startsWith("ext:deno_node/v8");
const isProgram = (frame?: Frame) =>
  /^(?!ext:|node:)./.test(urlOf(frame)) && !isTool(frame);

/** The synchronous call stack, from the outside in, without these tools on top. */
function callStack(): Frame[] {
  const { stackTraceLimit, prepareStackTrace } = Error;
  const holder = {} as { stack: Frame[] };
  Error.stackTraceLimit = Infinity;
  Error.prepareStackTrace = (_, frames) => frames;
  Error.captureStackTrace(holder);
  const stack = holder.stack.reverse();
  Object.assign(Error, { stackTraceLimit, prepareStackTrace });
  while (isTool(stack.at(-1))) stack.pop();
  while (stack[0]?.isAsync()) stack.shift();
  return stack;
}

/** The program's functions among some frames: one without a name by its place. */
function functionsIn(frames: Frame[]): string[] {
  return frames.filter(isProgram)
    .map((frame) => nameOf(frame) || placeOf(frame))
    .filter((name, i, all) => name !== all[i - 1]); // A recursion may be deep.
}

/** Where a call's own frame is: the program's first one above what is below it. */
function ownFrame({ base }: Active, stack: Frame[]) {
  return stack.findIndex((frame, i) => i >= base && isProgram(frame));
}

/** Whether it is no code of the program's, such as the `resolve` of a promise. */
function isNative(callback: Callback) {
  const text = Function.prototype.toString.call(callback);
  return text.endsWith("[native code] }") &&
    !callback.name.startsWith("bound ");
}

/**
 * Tells `emit` each change of control, from now on until it is stopped.
 *
 * @throws An `Error` if this Deno has no promise hooks.
 */
export function trace(emit: (change: Change) => void) {
  if (!v8.promiseHooks) {
    throw new Error(
      `It takes Deno 2.9.5 or newer to tell who has control; this is
Deno ${Deno.version.deno}. \`deno upgrade\` brings the newest.`,
    );
  }
  const undo = new DisposableStack();
  let count = 0;
  const active: Active[] = []; // the calls that run, from the outside in
  let file: Active | undefined;
  // Between two timers all goes on that the first one lets go on.
  let timer: number | undefined;

  const callOf = new WeakMap<object, Active>(); // by its promise or generator, or
  // by the promise of what an asynchronous generator was asked for
  const goesOn = new WeakMap<object, Active>(); // by the promise of what it awaits
  const partsOf = new WeakMap<object, number[]>(); // the calls that it stands for
  let gathered: number[] = [];
  let requested: Active | undefined;

  function make(kind: Call["kind"], details: Partial<Active> = {}): Active {
    const call = { id: ++count, kind, name: "", from: [], base: 0 };
    return { ...call, state: "new", between: [], queued: [], ...details };
  }

  /** What runs, from the outside in. */
  function running(stack: Frame[] = []): Running[] {
    const calls = active.flatMap(({ between, id }) => [...between, id]);
    return [...calls, ...helpers(stack)];
  }

  /** The plain functions that the innermost call runs. */
  function helpers(stack: Frame[]) {
    const call = active.at(-1);
    return functionsIn(stack.slice(call ? ownFrame(call, stack) + 1 : 0));
  }

  /** A call begins or goes on, above `base` frames of the stack. */
  function enter(
    call: Active,
    by: Arrival,
    stack: Frame[],
    base = stack.length,
  ) {
    const { id, kind, name, state } = call;
    call.base = base;
    call.between = helpers(stack.slice(0, base));
    if (state === "new" && kind !== "callback") {
      call.from = [...running(), ...call.between];
    }
    active.push(call);
    call.state = "running";
    const change = { id, running: running(), by };
    const called = { kind, name, from: call.from, timer: call.timer };
    if (state === "new") emit({ ...change, does: "called", ...called });
    else emit({ ...change, does: "resumed", timer });
  }

  /** A call is suspended or ends, and so ends all that it runs. */
  function leave(
    call: Active,
    how: Departure & Partial<Change> = { does: "ended" },
  ) {
    if (!active.includes(call)) return;
    while (active.at(-1) !== call) leave(active.at(-1)!);
    const change = { id: call.id, running: running(), ...how };
    active.pop();
    call.origin = undefined;
    call.state = how.by ?? "ended";
    emit(change);
  }

  /** All that was running has run. */
  function idle() {
    if (active.length > 0) leave(active[0]);
  }

  /** Reads the call stack, as it tells which call has ended by itself. */
  function look(): Frame[] {
    const stack = callStack();
    // An async function that returns a promise ends long before its own is settled.
    // In its first run it lasts while its frame is where it was.
    const ended = active.find(({ origin, base }) =>
      origin && origin !== originOf(stack, base)
    );
    if (ended) leave(ended);
    if (!file && isProgram(stack[0])) {
      file = make("file", { origin: originOf(stack, 0) });
      enter(file, "call", stack, 0);
    }
    return stack;
  }

  /** A promise without a parent is made in the program: an async function begins. */
  function begin(promise: object, stack: Frame[]) {
    const base = stack.length - 1;
    const place = placeOf(stack[base]);
    const outer = active.at(-1);
    if (outer && ownFrame(outer, stack) === base) {
      // Elsewhere than at a beginning it is import() or WebAssembly.compile().
      if (outer.place !== place) return;
      leave(outer); // It has returned, and is called again from the same place.
    }
    const origin = originOf(stack, base);
    const name = nameOf(stack[base]);
    const call = make("async function", { name, place, origin });
    callOf.set(promise, call);
    partsOf.set(promise, [call.id]);
    enter(call, "call", stack, base);
  }

  /** A promise with a parent is made in the program: by an `await`. */
  function suspend(promise: object, parent: object) {
    const call = active.at(-1);
    // A call's own one only wraps what is awaited, which is no promise.
    if (!call || callOf.get(parent) === call) return;
    goesOn.set(promise, call);
    leave(call, {
      does: "suspended",
      by: "await",
      awaited: partsOf.get(parent),
    });
  }

  /** A built-in function makes a promise. */
  function builtIn(
    promise: object,
    parent: object | undefined,
    stack: Frame[],
  ) {
    const [caller, name] = [nameOf(stack.at(-2)), nameOf(stack.at(-1))];
    if (GATHERERS.includes(name)) partsOf.set(promise, gathered = []);
    else if (name === "then" && GATHERERS.includes(caller)) {
      gathered.push(...partsOf.get(parent!) ?? []);
    } else if (name === "then") {
      goesOn.set(promise, make("callback", { from: running(stack) }));
    } else if (requested && STEPS.some((step) => step === name)) {
      if (!parent) callOf.set(promise, requested);
      else if (requested.state === "return") goesOn.set(promise, requested);
    }
  }

  /** What an asynchronous generator was asked for is settled: it yields or ends. */
  function answer(call: Active) {
    if (!active.includes(call)) return;
    if (isProgram(callStack().at(-1))) return leave(call);
    leave(call, { does: "yielded", by: "yield" });
    const next = call.queued.shift();
    if (next) enter(call, next, callStack());
  }

  let busy = false;
  let failure: { error: unknown } | undefined;
  /** Does what the hooks are not to see, and keeps what it throws for `check`. */
  function unseen(what: () => void) {
    if (busy) return;
    busy = true;
    try {
      what();
    } catch (error) {
      failure ??= { error };
    }
    busy = false;
  }

  const disable = v8.promiseHooks.createHook({
    init: (promise, parent?: object) =>
      unseen(() => {
        const stack = look();
        const top = stack.at(-1);
        // Before its first statement a file makes its own, with nothing on the stack.
        if (!top && file && active[0] === file) callOf.set(promise, file);
        else if (top && urlOf(top) === "") builtIn(promise, parent, stack);
        else if (!isProgram(top)) return; // The runtime makes many for itself.
        else if (parent) suspend(promise, parent);
        else begin(promise, stack);
      }),
    before: (promise) =>
      unseen(() => {
        idle();
        const call = goesOn.get(promise);
        goesOn.delete(promise); // It comes again if a promise is returned to it.
        if (call?.state === "new") enter(call, "call", callStack());
        else if (call) {
          const by = call.state === "return" ? "return" : "resume";
          enter(call, by, callStack());
        }
      }),
    after: () => unseen(idle),
    settled: (promise) =>
      unseen(() => {
        const call = callOf.get(promise);
        if (call?.kind === "async generator") answer(call);
        else if (call) leave(call);
      }),
  }) as () => void;
  undo.defer(disable);

  /** A generator runs until it yields or ends. */
  function step(call: Active, by: Arrival, go: () => IteratorResult<unknown>) {
    unseen(() => enter(call, by, look()));
    let how: Parameters<typeof leave>[1];
    try {
      const result = go();
      const value = typeof result.value === "number" ? result.value : undefined;
      if (!result.done) how = { does: "suspended", by: "yield", value };
      return result;
    } finally {
      unseen(() => leave(call, how));
    }
  }

  /** An asynchronous generator runs until it first awaits, or goes on later. */
  function request(call: Active, by: Arrival, go: () => unknown) {
    const { state } = call;
    if (by === "return" && state === "yield") call.state = "return";
    else if (/new|yield/.test(state)) unseen(() => enter(call, by, look()));
    else if (state !== "ended") call.queued.push(by);
    requested = call;
    try {
      return go();
    } finally {
      requested = undefined;
    }
  }

  for (const sample of [function* () {}, async function* () {}]) {
    const { prototype } = Object.getPrototypeOf(sample);
    const isAsync = Symbol.asyncIterator in prototype;
    for (const by of STEPS) {
      const real = prototype[by];
      undo.defer(() => prototype[by] = real);
      prototype[by] = function (this: object, ...args: unknown[]) {
        const call = callOf.get(this) ??
          make(isAsync ? "async generator" : "generator");
        callOf.set(this, call);
        // Who has not begun ends at once, and who has ended runs nothing.
        if (by !== "next" && call.state === "new") call.state = "ended";
        const go = () => real.apply(this, args);
        if (isAsync) return request(call, by, go);
        return /running|ended/.test(call.state) ? go() : step(call, by, go);
      };
    }
  }

  return {
    /** Lets a callback that the program gives here, maybe to a timer, tell its call. */
    callback(given: Callback, own?: number): Callback {
      let from: Running[] = [];
      unseen(() => from = running(look()));
      return function (this: unknown, ...args) {
        unseen(() => {
          idle();
          timer = own ?? timer;
          const call = make("callback", { from, timer: own });
          if (!isNative(given)) enter(call, "call", callStack());
        });
        try {
          return given.apply(this, args);
        } finally {
          unseen(idle);
        }
      };
    },
    /** Runs `main` as a file does by which a program is started. */
    run<T>(main: () => T): T {
      file = make("file"); // It has no frame of its own.
      unseen(() => enter(file!, "call", [], Infinity));
      return main();
    },
    /** To be called when the event loop is about to wait. */
    idle() {
      unseen(idle);
      timer = undefined;
    },
    /** What runs now, from the outside in. */
    running() {
      let now: Running[] = [];
      unseen(() => now = running(look()));
      return now;
    },
    /** Throws what was thrown in a hook, from where it never reaches the program. */
    check() {
      if (failure) throw failure.error;
    },
    unseen,
    stop: () => undo.dispose(),
  };
}
