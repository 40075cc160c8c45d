// `deno run --preload` runs this before a program: the fake clock. Each event goes
// to standard output, as a line of JSON after a mark that JSON never has.

import { registerHooks } from "node:module";
import process from "node:process";
import { recorder } from "./record.ts";

const TOOLS = new URL(".", import.meta.url).href;
const { log } = console;
let begun = false;

const { tell } = recorder((event) => {
  begun = true;
  log(`\v${JSON.stringify(event)}`);
}, true);
addEventListener("unload", () => tell({ does: "ends" }));

// What waits for something else than a timer is told, to be named if need be.
function watch(object: object, prefix: string, names = Object.keys(object)) {
  for (const name of names) {
    const used = () => tell({ does: "uses", what: prefix + name });
    const watched = new Proxy(Reflect.get(object, name), {
      apply: (...args) => (used(), Reflect.apply(...args)),
      construct: (...args) => (used(), Reflect.construct(...args)),
    });
    Reflect.set(object, name, watched);
  }
}
watch(globalThis, "", ["fetch", "setImmediate", "Worker"]);
watch(globalThis, "", ["BroadcastChannel", "MessageChannel"]);
watch(Atomics, "Atomics.", ["waitAsync"]);
watch(process, "process.", ["nextTick"]);
watch(WebAssembly, "WebAssembly.", ["compile", "instantiate"]);
watch(SubtleCrypto.prototype, "crypto.subtle.");

registerHooks({
  resolve(specifier, context, next) {
    if (begun) tell({ does: "uses", what: "import()" });
    const name = specifier.replace(/^node:/, "").replace("/", "_");
    const isFaked = /^timers(_promises)?$/.test(name);
    return next(isFaked ? `${TOOLS}node_${name}.ts` : specifier, context);
  },
});
