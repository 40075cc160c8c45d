// Runs a lesson for 20,000 virtual seconds: `deno run --v8-flags=--expose-gc
// tests/long_run.ts NAME`. Fails if a cycle differs from the one before, or if the
// memory in use grows.

import { lessons, mainOf } from "./lessons.ts";
import { play } from "./play.ts";

const SECONDS = 20_000;
// It varies by some ten kilobytes. Ten bytes kept in each cycle are as much as this.
const MAX_GROWTH = 100_000;

// All that a recording forbids is kept from before.
const { memoryUsage, args } = Deno;
const { gc: collect } = globalThis as unknown as { gc: () => void };
const lesson = lessons.find(({ name }) => name === args[0]);
if (!lesson) throw new Error(`There is no lesson "${args[0]}".`);

let cycle = 0;
let printed = "";
let before = "";
/** The memory in use in the middle and in the last cycle. */
const inUse: number[] = [];
await play(await mainOf(lesson), SECONDS, {
  print(text, seconds) {
    // A cycle's last moment belongs to it, its first to the one before.
    const now = Math.max(1, Math.ceil(seconds));
    if (now !== cycle) {
      if (cycle > 2 && printed !== before) {
        throw new Error(`Cycle ${cycle} differs from the one before.`);
      }
      [before, printed, cycle] = [printed, "", now];
      if (cycle === SECONDS / 2 || cycle === SECONDS) {
        collect();
        inUse.push(memoryUsage().heapUsed);
      }
    }
    printed += `${(seconds - cycle).toFixed(3)} ${text}`;
  },
});
const growth = inUse[1] - inUse[0];
if (!(growth < MAX_GROWTH)) {
  throw new Error(`The memory in use has grown by ${growth} bytes.`);
}
