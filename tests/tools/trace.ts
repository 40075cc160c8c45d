// Who has control.
//
// V8's promise hooks tell when a promise is made, when it is settled, and when the
// code that waits for it begins and stops to run. A call of an async function makes
// a promise first; each `await` in it makes another one, whose parent is what is
// awaited, and whose `before` is the resumption. So each call has an identity. The
// call stack tells whose promise it is, and which call has returned. Generators are
// told by their next, throw and return, which are replaced.

import v8 from "node:v8";

if (!v8.promiseHooks) {
  console.error(`It takes Deno 2.9.5 or newer to tell who has control; this is
Deno ${Deno.version.deno}. \`deno upgrade\` or \`npx -y deno@latest\` brings it.`);
  Deno.exit(1);
}

/** A call, by its number, or a plain function of the program, by its name. */
export type Running = number | string;

/** How control comes to a call, or goes away as it is suspended. */
export type Way =
  | ("call" | "resume" | "next" | "throw" | "return")
  | ("await" | "yield");

/** What can be suspended, or is called by the event loop. */
export interface Call {
  kind: "file" | "async" | "generator" | "async generator" | "callback";
  name: string; // the function's, if it has one
  from: Running[]; // what ran when it was called or, a callback, given
}

/**
 * A change of control. That a call has `yielded` tells that the await before it, and
 * its resumption, were parts of an asynchronous `yield`.
 */
export interface Change {
  does: "called" | "resumed" | "suspended" | "yielded" | "ended";
  id: number; // the call's
  running: Running[]; // what runs then, from the outside in
  by?: Way;
  call?: Call; // if it is called
  timer?: number; // the one that calls it or lets it go on
  awaited?: number[]; // the calls that it waits for
  value?: number; // the number that it yields
}

/** A call, and where it stands. */
interface Active extends Call {
  id: number;
  state: "new" | "running" | "ended" | Way; // how it was suspended, or is to return
  timer?: number; // the one that calls it
  base: number; // the index of its own frame among the program's, or -1
  place?: string; // where its function begins
  origin?: string; // until its first suspension: its name, and where it is called
  between: string[]; // the plain functions between the call outside it and it
  queued: Way[]; // what a generator was asked for when it could not run
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
  stack[i] && `${nameOf(stack[i])} called at ${placeOf(stack[i - 1])}`;
const isTools = (frame: Frame) =>
  [TOOLS, "ext:deno_node/v8"].some((each) => urlOf(frame).startsWith(each));
const isProgram = (frame: Frame) => !/^($|ext:|node:)/.test(urlOf(frame));

/** The program's frames on the call stack, from the outside in, and those inside. */
function callStack() {
  const { stackTraceLimit, prepareStackTrace } = Error;
  const holder = {} as { stack: Frame[] };
  Error.stackTraceLimit = Infinity;
  Error.prepareStackTrace = (_, frames) => frames;
  Error.captureStackTrace(holder);
  const all = holder.stack.reverse().filter((frame) => !isTools(frame));
  Object.assign(Error, { stackTraceLimit, prepareStackTrace });
  while (all[0]?.isAsync()) all.shift();
  const inner = all.slice(all.findLastIndex(isProgram) + 1);
  return { stack: all.filter(isProgram), inner };
}
type Stacks = ReturnType<typeof callStack>;

/** The functions of some frames: one without a name by its place. */
function functionsIn(frames: Frame[]): string[] {
  return frames.map((frame) => nameOf(frame) || placeOf(frame))
    .filter((name, i, all) => name !== all[i - 1]); // A recursion may be deep.
}

/** Whether it is no code of the program's, such as the `resolve` of a promise. */
function isNative(callback: Callback) {
  const text = Function.prototype.toString.call(callback);
  return text.endsWith("[native code] }") &&
    !callback.name.startsWith("bound ");
}

/** Tells `emit` each change of control, from now on until it is stopped. */
export function trace(emit: (change: Change) => void) {
  const undo = new DisposableStack();
  let count = 0;
  const active: Active[] = []; // the calls that run, from the outside in
  let file: Active | undefined;
  // Between two timers all goes on that the first one lets go on.
  let timer: number | undefined;

  // By its promise or generator, or by a promise that an async generator's next gives.
  const callOf = new WeakMap<object, Active>();
  const resumedBy = new WeakMap<object, Active>(); // by the promise of what it awaits
  const callsBehind = new WeakMap<object, number[]>(); // by a promise of their end
  let gathered: number[] = []; // those of the Promise.all that is called now
  let stepped: Active | undefined; // the generator that is asked to go on now

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
    return functionsIn(stack.slice((active.at(-1)?.base ?? -1) + 1));
  }

  /** A call begins or goes on, with `base` frames below it. */
  function enter(call: Active, by: Way, { stack } = look(), base?: number) {
    const isNew = call.state === "new";
    call.state = "running";
    call.base = base ?? stack.length;
    call.between = helpers(stack.slice(0, call.base));
    if (call.kind !== "callback") call.from = [...running(), ...call.between];
    active.push(call);
    const { id, kind, name, from } = call;
    const change = { id, running: running(), by };
    if (!isNew) return emit({ ...change, does: "resumed", timer });
    const told = { call: { kind, name, from }, timer: call.timer };
    emit({ ...change, does: "called", ...told });
  }

  /** A call is suspended or else ends, and so ends all that it runs. */
  function leave(call: Active, how?: Partial<Change>) {
    if (!active.includes(call)) return;
    while (active.at(-1) !== call) leave(active.at(-1)!);
    const does = how ? "suspended" : "ended";
    const change = { does, id: call.id, running: running(), ...how } as const;
    active.pop();
    call.origin = undefined;
    call.state = how?.by ?? "ended";
    emit(change);
  }

  /** All that was running has run. */
  function idle() {
    if (active.length > 0) leave(active[0]);
  }

  /** Reads the call stack, as it tells which call has ended by itself. */
  function look() {
    const seen = callStack();
    const { stack } = seen;
    // An async function that returns a promise ends long before its own is settled.
    // In its first run it lasts while its frame is where it was.
    const ended = active.find(({ origin, base }) =>
      origin && origin !== originOf(stack, base)
    );
    if (ended && stack.length > 0) leave(ended); // else a file's own promises are made
    if (!file && stack.length > 0) {
      file = make("file", { origin: originOf(stack, 0) });
      enter(file, "call", seen, 0);
    }
    return seen;
  }

  /** A promise without a parent is made in the program: an async function begins. */
  function begin(promise: object, seen: Stacks) {
    const base = seen.stack.length - 1;
    const place = placeOf(seen.stack[base]);
    const outer = active.at(-1);
    if (outer?.base === base) {
      if (outer.kind === "callback" && !outer.place) {
        outer.place = place; // It may be an async function itself.
        return callOf.set(promise, outer);
      }
      // Elsewhere than at a beginning it is import() or WebAssembly.compile().
      if (outer.place !== place) return;
      leave(outer); // It has returned, and is called again from the same place.
    }
    const origin = originOf(seen.stack, base);
    const name = nameOf(seen.stack[base]);
    const call = make("async", { name, place, origin });
    callOf.set(promise, call);
    callsBehind.set(promise, [call.id]);
    enter(call, "call", seen, base);
  }

  /** A promise with a parent is made in the program: by an `await`. */
  function suspend(promise: object, parent: object) {
    const call = active.at(-1);
    // A call's own one only wraps what is awaited, which is no promise.
    if (!call || callOf.get(parent) === call) return;
    resumedBy.set(promise, call);
    leave(call, { by: "await", awaited: callsBehind.get(parent) });
  }

  /** A built-in function makes a promise. */
  function builtIn(promise: object, parent: object | undefined, seen: Stacks) {
    const [name, caller] = seen.inner.toReversed().map(nameOf);
    if (GATHERERS.includes(name)) callsBehind.set(promise, gathered = []);
    else if (GATHERERS.includes(caller)) {
      gathered.push(...callsBehind.get(parent!) ?? []);
    } else if (name === "then") {
      resumedBy.set(promise, make("callback", { from: running(seen.stack) }));
    } else if (stepped && STEPS.some((step) => step === name)) {
      (parent ? resumedBy : callOf).set(promise, stepped);
    }
  }

  let isUnseen = false;
  let failure: { error: unknown } | undefined;
  /** Does what the hooks are not to see, and keeps what it throws for `tell`. */
  function unseen(what: () => void) {
    if (isUnseen) return;
    isUnseen = true;
    try {
      what();
    } catch (error) {
      failure ??= { error };
    }
    isUnseen = false;
  }

  const disable = v8.promiseHooks.createHook({
    init: (promise, parent?: object) =>
      unseen(() => {
        const seen = look();
        if (seen.inner.length > 0) return builtIn(promise, parent, seen);
        // Before its first statement a file makes its own, with nothing on the stack.
        if (seen.stack.length === 0) {
          if (file && active[0] === file) callOf.set(promise, file);
        } else if (parent) suspend(promise, parent);
        else begin(promise, seen);
      }),
    before: (promise) =>
      unseen(() => {
        idle();
        const call = resumedBy.get(promise);
        resumedBy.delete(promise); // It comes again if the callback returns a promise.
        if (!call) return;
        const { state } = call;
        const other = state === "new" ? "call" : "resume";
        enter(call, state === "return" ? state : other);
      }),
    after: () => unseen(idle),
    settled: (promise) =>
      unseen(() => {
        const call = callOf.get(promise);
        if (call?.kind !== "async generator" || !active.includes(call)) return;
        // It has yielded or ended what it was asked for.
        if (callStack().stack.length > 0) return leave(call);
        leave(call, { does: "yielded", by: "yield" });
        const next = call.queued.shift();
        if (next) enter(call, next);
      }),
  }) as () => void;
  undo.defer(disable);

  /** A generator runs until it yields, ends or, asynchronous, awaits. */
  function step(call: Active, by: Way, go: () => IteratorResult<unknown>) {
    // Who seemed to have ended had yielded by yield*, as it asks this one to go on.
    const outer = stepped?.queued.shift();
    if (outer) unseen(() => enter(stepped!, outer));
    const isAsync = call.kind === "async generator";
    const { state } = call;
    const runs = state === "new" || state === "yield";
    if (isAsync && by === "return" && runs) call.state = by; // It goes on later.
    else if (runs) unseen(() => enter(call, by));
    else call.queued.push(by);
    stepped = call;
    let how: Partial<Change> | undefined;
    try {
      const result = go();
      const value = typeof result.value === "number" ? result.value : undefined;
      if (!result.done) how = { by: "yield", value };
      return result;
    } finally {
      stepped = undefined;
      if (runs && !isAsync) unseen(() => leave(call, how));
    }
  }

  for (const sample of [function* () {}, async function* () {}]) {
    const { prototype } = Object.getPrototypeOf(sample);
    const isAsync = Symbol.asyncIterator in prototype;
    const kind = isAsync ? "async generator" : "generator";
    for (const by of STEPS) {
      const real = prototype[by];
      undo.defer(() => prototype[by] = real);
      prototype[by] = function (this: object, ...args: unknown[]) {
        const call = callOf.get(this) ?? make(kind);
        callOf.set(this, call);
        return step(call, by, () => real.apply(this, args));
      };
    }
  }

  return {
    /** Makes a stand-in for a callback given here, which tells when it is called. */
    asCallback(given: Callback, ownTimer?: number): Callback {
      let from: Running[] = [];
      unseen(() => from = running(look().stack));
      return function (this: unknown, ...args) {
        unseen(() => {
          idle();
          timer = ownTimer ?? timer;
          const call = make("callback", { from, timer: ownTimer });
          if (!isNative(given)) enter(call, "call");
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
      unseen(() => enter(file!, "call", callStack(), -1));
      return main();
    },
    /** To be called before each turn of the event loop, when promises have gone on. */
    idle() {
      unseen(idle);
      timer = undefined;
    },
    /** Lets something be told, with what runs then, from the outside in. */
    tell(what: (running: Running[]) => void) {
      unseen(() => what(running(look().stack)));
      // What was thrown in a hook is thrown here, from where it reaches the program.
      if (failure) throw failure.error;
    },
    stop: () => undo.dispose(),
  };
}
