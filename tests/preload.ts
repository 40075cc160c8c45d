// What `deno run --preload` runs before a program, so that it begins on the fake
// clock. Each event goes to standard output, as JSON between two marks, and what
// the program prints follows its event.

import { fakeClock } from "./clock.ts";

const { log } = console;
const { stdout } = Deno;
const { stringify } = JSON;
const encoder = new TextEncoder();

const clock = fakeClock((event, printed) => {
  // What main runs is run by the file, which has no name.
  if (event.turn === 0 && event.running.at(-1)?.key) {
    clock.leave();
    event.called = false;
  }
  stdout.writeSync(encoder.encode(`\x1e${stringify(event)}\x1f`));
  if (event.does === "prints") log(...printed);
});
addEventListener("unload", () => clock.see("ends"));

// The first thing that a program does may be to hand a callback to a promise.
const { then } = Promise.prototype;
Promise.prototype.then = function (...callbacks) {
  Promise.prototype.then = then;
  clock.begin();
  return then.apply(this, callbacks) as never;
};
