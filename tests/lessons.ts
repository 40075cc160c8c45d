import { forbidAllElse } from "./forbid.ts";
import { mistakesIn } from "./rules.ts";
import type { Words } from "./timeline.ts";

/** How many seconds of each lesson `golden/` shows. A cycle takes one second. */
export const GOLDEN_SECONDS = 3;

/** Imports a file of the project. */
export type File = () => Promise<{ default: Uint8Array }>;

export interface Lesson {
  name: string;
  /** What the script calls a switch. */
  words: Words;
  /** Imports the script, `scripts/NAME.ts`. */
  module: () => Promise<{ main: () => unknown }>;
  /** The script itself. */
  script: File;
  /** What it prints, `golden/NAME.txt`. */
  output: File;
  /** Where the thread is meanwhile, `golden/NAME.svg`. */
  picture: File;
}

/**
 * Every lesson of the collection, in the tutorial's order.
 *
 * The files are imported only when a test asks for them, so that one that is
 * missing fails that test alone. The paths are written out because Deno reads
 * them from the code, and so needs no permission.
 */
export const lessons: Lesson[] = [
  {
    name: "yield",
    words: { resume: "next", suspend: "yield" },
    module: () => import("../scripts/yield.ts"),
    script: () => import("../scripts/yield.ts", { with: { type: "bytes" } }),
    output: () => import("../golden/yield.txt", { with: { type: "bytes" } }),
    picture: () => import("../golden/yield.svg", { with: { type: "bytes" } }),
  },
  {
    name: "async",
    words: { resume: "resume", suspend: "yield*" },
    module: () => import("../scripts/async.ts"),
    script: () => import("../scripts/async.ts", { with: { type: "bytes" } }),
    output: () => import("../golden/async.txt", { with: { type: "bytes" } }),
    picture: () => import("../golden/async.svg", { with: { type: "bytes" } }),
  },
  {
    name: "async2",
    words: { resume: "resume", suspend: "await" },
    module: () => import("../scripts/async2.ts"),
    script: () => import("../scripts/async2.ts", { with: { type: "bytes" } }),
    output: () => import("../golden/async2.txt", { with: { type: "bytes" } }),
    picture: () => import("../golden/async2.svg", { with: { type: "bytes" } }),
  },
];

/** The text of a file, to the letter: a byte order mark is not left out. */
export async function read(file: File): Promise<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  return decoder.decode((await file()).default);
}

/** The `main` of a lesson. Throws an `Error` if its script breaks a rule. */
export async function mainOf({ name, module, script }: Lesson) {
  const mistakes = mistakesIn(name, await read(script));
  if (mistakes.length > 0) throw new Error(mistakes.join("\n"));
  // Importing a script does nothing, so it needs nothing either.
  using _else = forbidAllElse((error) => {
    throw error;
  });
  return (await module()).main;
}
