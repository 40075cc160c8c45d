// `deno run --preload` runs this before a program: the fake clock. Each event goes
// to standard output, as JSON between two marks; what it prints follows it.

import { fakeClock } from "./clock.ts";

const encoder = new TextEncoder();

const clock = fakeClock((event, printed) => {
  if (event.by === "main") {
    clock.begin();
    // What main itself runs is run by the file, which has no name.
    if (event.running.at(-1)?.key) {
      clock.leave();
      event.by = "await";
    }
  }
  Deno.stdout.writeSync(encoder.encode(`\x1e${JSON.stringify(event)}\x1f`));
  printed?.print();
});
addEventListener("unload", () => clock.see("ends"));
