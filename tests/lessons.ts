import { main as yieldMain } from "../scripts/yield.ts";
import { main as asyncMain } from "../scripts/async.ts";
import { main as async2Main } from "../scripts/async2.ts";
import type { Words } from "./timeline.ts";

/** How many seconds of each lesson `golden/` shows. A cycle takes one second. */
export const GOLDEN_SECONDS = 3;

/** A file of the project, imported as text. */
export type Text = () => Promise<{ default: string }>;

export interface Lesson {
  name: string;
  main: () => unknown;
  /** What the script calls a switch. */
  words: Words;
  /** The script, `scripts/NAME.ts`, as text. */
  script: Text;
  /** What it prints, `golden/NAME.txt`. */
  output: Text;
  /** Where the thread is meanwhile, `golden/NAME.svg`. */
  picture: Text;
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
    main: yieldMain,
    words: { resume: "next", suspend: "yield" },
    script: () => import("../scripts/yield.ts", { with: { type: "text" } }),
    output: () => import("../golden/yield.txt", { with: { type: "text" } }),
    picture: () => import("../golden/yield.svg", { with: { type: "text" } }),
  },
  {
    name: "async",
    main: asyncMain,
    words: { resume: "resume", suspend: "yield*" },
    script: () => import("../scripts/async.ts", { with: { type: "text" } }),
    output: () => import("../golden/async.txt", { with: { type: "text" } }),
    picture: () => import("../golden/async.svg", { with: { type: "text" } }),
  },
  {
    name: "async2",
    main: async2Main,
    words: { resume: "resume", suspend: "await" },
    script: () => import("../scripts/async2.ts", { with: { type: "text" } }),
    output: () => import("../golden/async2.txt", { with: { type: "text" } }),
    picture: () => import("../golden/async2.svg", { with: { type: "text" } }),
  },
];
