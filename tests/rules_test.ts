import { assertEquals } from "@std/assert";
import { mistakesIn } from "./rules.ts";

const HEADER = "// A lesson.\n//\n//   deno run scripts/x.ts\n";
const MAIN = "export function main() {\n}\n";
const LAST = "if (import.meta.main) main();\n";
const GOOD = `${HEADER}\n${MAIN}\n${LAST}`;

Deno.test("a script of a header, imports of the thread's name, functions, tasks and the last line breaks no rule", () => {
  const other = `import { isMainThread, threadId } from "node:worker_threads";

const task1 = coroutine(function* () {
  yield;
});

/* Wrapped by deno fmt. */
export function longer<T>(
  value: T,
) {
  return value;
}

const SECONDS = 0.5;

/** What a lesson may have. */
interface Message {
}

async function task2() {
}`;
  assertEquals(mistakesIn("x", GOOD), []);
  assertEquals(mistakesIn("x", GOOD.replace("\n\n", `\n\n${other}\n`)), []);
});

/** A script with one more line, its fifth, and what is to be said of it. */
function withLine(line: string, expected: string): [string, string] {
  return [
    GOOD.replace("\n\n", `\n\n${line}\n`),
    `scripts/x.ts:5: ${expected}`,
  ];
}

Deno.test("a script that could do something unseen is told its line and what to do", () => {
  const bad: [string, string][] = [
    [`${MAIN}\n${LAST}`, "scripts/x.ts:1: begin with a header"],
    ["\ufeff" + GOOD, "scripts/x.ts:1: move this into a function"],
    [GOOD.replace("x.ts", "y.ts"), "scripts/x.ts:1: begin with a header"],
    [GOOD.replace(LAST, "main();\n"), "scripts/x.ts:8: move this into"],
    [GOOD.replace("(import", "(!import"), "scripts/x.ts:8: import nothing"],
    [GOOD.replace(LAST, ""), "scripts/x.ts:8: end with the line"],
    [GOOD + "main();\n", "scripts/x.ts:8: import nothing"],
    [GOOD.replace("\n\n", "\r\n\n"), "scripts/x.ts:1: begin with"],
    [GOOD.replace("}\n", "}\r\n"), "scripts/x.ts:6: end lines by"],
    [GOOD.replace("}\n", "})();\n"), "scripts/x.ts:6: move this into"],
    [GOOD.replace("export ", ""), "scripts/x.ts: export a function main()"],
    [GOOD.replace("main() {", "main(turns = 3) {"), "scripts/x.ts: export"],
    ...[
      'import { log } from "./log.ts";',
      'import { x } from "npm:x";',
      'import { setTimeout } from "node:timers/promises";',
      'import "node:worker_threads";',
      'import { Worker } from "node:worker_threads";',
      '/* */ import { log } from "./log.ts";',
      'function load() { return import("./log.ts"); }',
    ].map((line) =>
      withLine(line, "import nothing but isMainThread and threadId")
    ),
    ...[
      '/// <reference lib="dom" />',
      "const { log } = console;",
      "const start = Date.now();",
      "const start = `${Date.now()}`;",
      "const start = 1 + performance.now();",
      "  console.log(1);",
      "const start = now(1);",
      "function f() {} setTimeout(f);",
      "const task1 = coroutine(async () => {",
      "/** a */ const { log } = console;",
      "type X = 1; console.log(1);",
      'Deno.permissions.requestSync({ name: "net" });',
      "while (true);",
    ].map((line) => withLine(line, "move this into a function")),
  ];
  for (const [text, expected] of bad) {
    const [first = ""] = mistakesIn("x", text);
    assertEquals(first.slice(0, expected.length), expected);
  }
});
