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

/** What can be suspended, or is called by the event loop. */
export interface Call {
  kind:
    | "file"
    | "async function"
    | "generator"
    | "async generator"
    | "callback";
  /** The function's name, if it has one. */
  name: string;
  /** What ran, from the outside in, when it was called or, a callback, given. */
  from: Running[];
  /** The timer that calls it. */
  timer?: number;
}

/** How control comes to a call. */
export type Arrival = "call" | "resume" | "next" | "throw" | "return";

/** How a call is suspended: which calls it waits for, or which number it yields. */
interface Suspension {
  by: "await" | "yield";
  awaited?: number[];
  value?: number;
}

/** A change of control. `running` is what runs then, from the outside in. */
export type Change =
  & { id: number; running: Running[] }
  & (
    | { does: "called"; by: Arrival; call: Call }
    /** The timer is the one that lets it go on. */
    | { does: "resumed"; by: Arrival; timer?: number }
    | { does: "suspended" } & Suspension
    /** The await before, and its resumption, were parts of an asynchronous `yield`. */
    | { does: "yielded" }
    | { does: "ended" }
  );

/** A call, and where it stands. */
interface Active extends Call {
  id: number;
  state: "new" | "running" | "awaiting" | "yielded" | "ended";
  /** How many frames there are below it on the call stack. */
  base: number;
  /** In its first run: where its own frame and its caller's stood at its beginning. */
  start?: { place: string; name: string; caller: string };
  /** The plain functions between the call outside it and it. */
  between: string[];
  /** What an asynchronous generator was asked for when it could not run. */
  queued: Arrival[];
}

export type Callback = (...args: unknown[]) => unknown;
type Frame = NodeJS.CallSite;
const TOOLS = new URL(".", import.meta.url).href;
const GATHERERS = ["all", "allSettled", "any", "race"];
const STEPS = ["next", "throw", "return"] as const;

const urlOf = (frame?: Frame) => frame?.getScriptNameOrSourceURL() ?? "";
const nameOf = (frame?: Frame) => frame?.getFunctionName() ?? "";
const isTool = (frame?: Frame) => urlOf(frame).startsWith(TOOLS);
const isHook = (frame?: Frame) => urlOf(frame).startsWith("ext:deno_node/v8");
const isProgram = (frame?: Frame) =>
  /^(?!ext:|node:)./.test(urlOf(frame)) && !isTool(frame);

function placeOf(frame?: Frame) {
  const [line, column] = [frame?.getLineNumber(), frame?.getColumnNumber()];
  return frame ? `${urlOf(frame)}:${line}:${column}` : "";
}

/** The synchronous call stack, from the outside in, without these tools on top. */
function callStack(): Frame[] {
  const { stackTraceLimit, prepareStackTrace } = Error;
  const holder = {} as { stack: Frame[] };
  Error.stackTraceLimit = Infinity;
  Error.prepareStackTrace = (_, frames) => frames;
  Error.captureStackTrace(holder);
  const stack = holder.stack.reverse();
  Object.assign(Error, { stackTraceLimit, prepareStackTrace });
  while (isTool(stack.at(-1)) || isHook(stack.at(-1))) stack.pop();
  while (stack[0]?.isAsync()) stack.shift();
  return stack;
}

/** The program's functions among some frames: one without a name by its place. */
function functionsIn(frames: Frame[]): string[] {
  const functions: string[] = [];
  let last = "";
  for (const frame of frames) {
    const name = nameOf(frame);
    // A recursion may be deep: it is told once, and just its names are read.
    if (name && name === last || !isProgram(frame)) continue;
    functions.push(name || placeOf(frame));
    last = name;
  }
  return functions;
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
  let inJob = false; // whether the event loop has called what runs
  let timer: number | undefined; // the one that has let go on what runs

  const callOf = new WeakMap<object, Active>(); // by its promise, or its generator
  const resumes = new WeakMap<object, [Active, Arrival]>(); // by an await's promise
  const givenIn = new WeakMap<object, Running[]>(); // by the promise of a `then`
  const requestTo = new WeakMap<object, Active>(); // by the promise of a `next`
  const gatheredIn = new WeakMap<object, number[]>(); // by that of a Promise.all
  const parentOf = new WeakMap<object, object>();
  const timerOf = new WeakMap<object, number | undefined>(); // by what is settled
  const jobTimer = new WeakMap<object, number | undefined>(); // if that was before
  let gathered: number[] = [];
  let requested: { call: Active; returns: boolean } | undefined;

  function make(kind: Call["kind"], details: Partial<Active> = {}): Active {
    const call = {
      id: ++count,
      kind,
      name: "",
      from: [],
      base: 0,
      between: [],
    };
    return { ...call, state: "new", queued: [], ...details };
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

  function enter(call: Active, by: Arrival, stack: Frame[]) {
    const { id, kind, name, state } = call;
    call.between = helpers(stack.slice(0, call.base));
    if (state === "new" && kind !== "callback") {
      call.from = [...running(), ...call.between];
    }
    active.push(call);
    call.state = "running";
    const change = { id, running: running(), by };
    const told = { kind, name, from: call.from, timer: call.timer };
    if (state === "new") emit({ ...change, does: "called", call: told });
    else emit({ ...change, does: "resumed", timer });
  }

  /** A call is suspended or else ends, as does all that it runs. */
  function leave(call: Active, suspension?: Suspension) {
    if (!active.includes(call)) return;
    while (active.at(-1) !== call) leave(active.at(-1)!);
    const change = { id: call.id, running: running() };
    active.pop();
    call.start = undefined;
    call.state = suspension?.by === "yield" ? "yielded" : "awaiting";
    if (suspension) {
      return emit({ ...change, ...suspension, does: "suspended" });
    }
    call.state = "ended";
    emit({ ...change, does: "ended" });
  }

  /** All that was running has run. */
  function idle() {
    if (active.length > 0) leave(active[0]);
    inJob = false;
  }

  /** Reads the call stack, as it tells which call has ended by itself. */
  function look(): Frame[] {
    const stack = callStack();
    // An async function that returns a promise ends long before its own is settled.
    // In its first run it lasts while its frame is where it was.
    const ended = active.find(({ start, base }) =>
      start &&
      (start.name !== nameOf(stack[base]) ||
        start.caller !== placeOf(stack[base - 1]))
    );
    if (ended) leave(ended);
    if (!file && !inJob && isProgram(stack[0])) {
      file = make("file", { start: startAt(stack.slice(0, 1)) });
      enter(file, "call", stack);
    }
    return stack;
  }

  function startAt(stack: Frame[]) {
    const frame = stack.at(-1);
    const caller = placeOf(stack.at(-2));
    return { place: placeOf(frame), name: nameOf(frame), caller };
  }

  /** A promise without a parent is made in the program: an async function begins. */
  function begin(promise: object, stack: Frame[]) {
    const base = stack.length - 1;
    const start = startAt(stack);
    const outer = active.at(-1);
    if (outer && ownFrame(outer, stack) === base) {
      // Elsewhere than at a beginning it is import() or WebAssembly.compile().
      if (outer.start?.place !== start.place) return;
      if (outer === file) return;
      leave(outer); // It has returned, and is called again from the same place.
    }
    const call = make("async function", { name: start.name, base, start });
    callOf.set(promise, call);
    enter(call, "call", stack);
  }

  /** A promise with a parent is made in the program: maybe by an `await`. */
  function suspend(promise: object, parent: object, stack: Frame[]) {
    const call = active.at(-1);
    const other = callOf.get(parent);
    if (!call || ownFrame(call, stack) !== stack.length - 1) return;
    // Then it only wraps what is awaited, which is no promise.
    if (other === call || requestTo.get(parent) === call) return;
    resumes.set(promise, [call, "resume"]);
    const awaited = other ? [other.id] : gatheredIn.get(parent);
    leave(call, { by: "await", awaited });
  }

  /** A built-in function makes a promise. */
  function builtIn(
    promise: object,
    parent: object | undefined,
    stack: Frame[],
  ) {
    const name = nameOf(stack.at(-1));
    const caller = nameOf(stack.at(-2));
    if (GATHERERS.includes(name)) gatheredIn.set(promise, gathered = []);
    else if (name === "then" && GATHERERS.includes(caller)) {
      const call = callOf.get(parent!);
      if (call) gathered.push(call.id);
    } else if (name === "then" && parent) {
      const byProgram = isProgram(stack.at(-2)) ||
        /^(catch|finally)$/.test(caller);
      if (byProgram) givenIn.set(promise, running(stack));
    } else if (requested && STEPS.some((step) => step === name)) {
      const { call, returns } = requested;
      if (!parent) requestTo.set(promise, call);
      else if (returns && requestTo.get(parent) !== call) {
        resumes.set(promise, [call, "return"]); // after an await of what it returns
      }
    }
  }

  /** What an asynchronous generator was asked for is settled: it yields or ends. */
  function answer(call: Active) {
    if (!active.includes(call)) return;
    if (isProgram(callStack().at(-1))) return leave(call);
    while (active.at(-1) !== call) leave(active.at(-1)!);
    emit({ does: "yielded", id: call.id, running: running() });
    active.pop();
    call.state = "yielded";
    const next = call.queued.shift();
    if (next) goOn(call, next, callStack());
  }

  function goOn(call: Active, by: Arrival, stack: Frame[]) {
    call.base = stack.length;
    enter(call, by, stack);
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

  undo.defer(
    v8.promiseHooks.createHook({
      init: (promise, parent?: object) =>
        unseen(() => {
          if (parent) parentOf.set(promise, parent);
          if (parent && timerOf.has(parent)) jobTimer.set(promise, timer);
          const stack = look();
          const top = stack.at(-1);
          // Before its first statement a file makes its own, with nothing on the stack.
          if (!top && file && active[0] === file) callOf.set(promise, file);
          else if (top && urlOf(top) === "") builtIn(promise, parent, stack);
          else if (!isProgram(top)) return; // The runtime makes many for itself.
          else if (parent) suspend(promise, parent, stack);
          else begin(promise, stack);
        }),
      before: (promise) =>
        unseen(() => {
          idle();
          inJob = true;
          const parent = parentOf.get(promise);
          if (jobTimer.has(promise)) timer = jobTimer.get(promise);
          else if (parent) timer = timerOf.get(parent);
          const [call, by] = resumes.get(promise) ?? [];
          const from = givenIn.get(promise);
          if (call) goOn(call, by!, callStack());
          else if (from) goOn(make("callback", { from }), "call", callStack());
        }),
      after: () => unseen(idle),
      settled: (promise) =>
        unseen(() => {
          timerOf.set(promise, timer);
          const [call, generator] = [
            callOf.get(promise),
            requestTo.get(promise),
          ];
          if (call) leave(call);
          if (generator) answer(generator);
        }),
    }) as () => void,
  );

  /** A generator runs until it yields or ends. */
  function step(call: Active, by: Arrival, go: () => IteratorResult<unknown>) {
    unseen(() => goOn(call, by, look()));
    let suspension: Suspension | undefined;
    try {
      const result = go();
      const value = typeof result.value === "number" ? result.value : undefined;
      if (!result.done) suspension = { by: "yield", value };
      return result;
    } finally {
      unseen(() => leave(call, suspension));
    }
  }

  /** An asynchronous generator runs until it first awaits, or goes on later. */
  function request(call: Active, by: Arrival, go: () => unknown) {
    const returns = by === "return" && call.state === "yielded";
    if (/running|awaiting/.test(call.state)) call.queued.push(by);
    else if (returns) call.state = "awaiting";
    else if (call.state !== "ended") unseen(() => goOn(call, by, look()));
    requested = { call, returns };
    try {
      return go();
    } finally {
      requested = undefined;
    }
  }

  for (const sample of [function* () {}, async function* () {}]) {
    const { prototype } = Object.getPrototypeOf(sample);
    const kind = `${sample.constructor.name}`.startsWith("Async")
      ? "async generator"
      : "generator";
    for (const by of STEPS) {
      const real = prototype[by];
      undo.defer(() => prototype[by] = real);
      prototype[by] = function (this: object, ...args: unknown[]) {
        const call = callOf.get(this) ?? make(kind);
        callOf.set(this, call);
        // Who has not begun ends at once, and who has ended runs nothing.
        if (by !== "next" && call.state === "new") call.state = "ended";
        const go = () => real.apply(this, args);
        if (kind === "async generator") return request(call, by, go);
        return /running|ended/.test(call.state) ? go() : step(call, by, go);
      };
    }
  }

  return {
    /** Lets a callback that the program gives here, maybe to a timer, tell its call. */
    callback(given: Callback, own?: number): Callback {
      const caller = own ?? timer;
      let from: Running[] = [];
      unseen(() => from = running(look()));
      return function (this: unknown, ...args) {
        unseen(() => {
          idle();
          inJob = true;
          timer = caller;
          const call = make("callback", { from, timer: own });
          if (!isNative(given)) goOn(call, "call", callStack());
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
      file = make("file", { base: Infinity }); // It has no frame of its own.
      unseen(() => enter(file!, "call", []));
      try {
        return main();
      } finally {
        unseen(idle);
      }
    },
    /** To be called when the event loop is about to wait. */
    idle: () => unseen(idle),
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
