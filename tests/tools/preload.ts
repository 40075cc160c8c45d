// `deno run --preload` runs this before a program: the fake clock. Each event goes
// to standard output, as a line of JSON after a mark that JSON never has.

import { registerHooks } from "node:module";
import { recorder } from "./record.ts";

const TOOLS = new URL(".", import.meta.url).href;
const encoder = new TextEncoder();
const write = Deno.stdout.writeSync.bind(Deno.stdout);
let begun = false;

const { tell } = recorder((event) => {
  begun = true;
  write(encoder.encode(`\x1e${JSON.stringify(event)}\n`));
}, true);
addEventListener("unload", () => tell({ does: "ends" }));
addEventListener("error", () => tell({ does: "fails" }));
addEventListener("unhandledrejection", () => tell({ does: "fails" }));

// What waits for something else than a timer is told, to be named if need be.
const NAMES = [
  "fetch",
  "setImmediate",
  "BroadcastChannel",
  "MessageChannel",
  "Worker",
];
const UNFOLLOWED: [object, string, string[]][] = [
  [globalThis, "", NAMES],
  [Atomics, "Atomics.", ["waitAsync"]],
  [WebAssembly, "WebAssembly.", ["compile", "instantiate"]],
  [
    SubtleCrypto.prototype,
    "crypto.subtle.",
    Object.keys(SubtleCrypto.prototype),
  ],
];
for (const [object, prefix, names] of UNFOLLOWED) {
  for (const name of names) {
    const real = Reflect.get(object, name);
    const what = prefix + name;
    const told = (...args: Parameters<typeof Reflect.apply>) => {
      tell({ does: "uses", what });
      return Reflect.apply(...args);
    };
    const construct = (...args: Parameters<typeof Reflect.construct>) => {
      tell({ does: "uses", what });
      return Reflect.construct(...args);
    };
    Reflect.set(object, name, new Proxy(real, { apply: told, construct }));
  }
}
registerHooks({
  resolve(specifier, context, next) {
    const ours = context.parentURL?.startsWith(TOOLS);
    const [, timers, promises] =
      /^(?:node:)?(timers(\/promises)?)$/.exec(specifier) ?? [];
    if (begun && !ours) tell({ does: "uses", what: "import()" });
    if (!timers || ours) return next(specifier, context);
    const url = `${TOOLS}node_timers${promises ? "_promises" : ""}.ts`;
    return { url, format: "module", shortCircuit: true };
  },
});
