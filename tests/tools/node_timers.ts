// What a recorded program gets for node:timers: the timers of the fake clock.

export const { setTimeout, setInterval, setImmediate } = globalThis;
export const { clearTimeout, clearInterval, clearImmediate } = globalThis;
export * as promises from "./node_timers_promises.ts";
export * as default from "./node_timers.ts";
