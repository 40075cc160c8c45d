import { picture } from "./tools/picture.ts";
import { record, type Recording } from "./tools/record.ts";

/** Imports the text of a file. */
export type Text = () => Promise<{ default: string }>;

interface Lesson {
  name: string;
  seconds: number; // how many golden/NAME.txt shows
  cycle?: number; // how many golden/NAME.svg shows, if it is repeated after them
  tasks?: string[]; // who has a column there, if not every "task N"
  module: () => Promise<{ main: () => unknown }>;
  script: Text;
  output: Text;
  picture: Text;
  recording?: Promise<Recording>; // kept by `recorded`
}

/**
 * Every lesson. With paths that are written out no permission is needed, and a file
 * that is missing fails just the tests that import it.
 */
export const lessons: Lesson[] = [
  {
    name: "yield",
    seconds: 3,
    cycle: 1,
    module: () => import("../scripts/yield.ts"),
    script: () => import("../scripts/yield.ts", { with: { type: "text" } }),
    output: () => import("../golden/yield.txt", { with: { type: "text" } }),
    picture: () => import("../golden/yield.svg", { with: { type: "text" } }),
  },
  {
    name: "async",
    seconds: 3,
    cycle: 1,
    module: () => import("../scripts/async.ts"),
    script: () => import("../scripts/async.ts", { with: { type: "text" } }),
    output: () => import("../golden/async.txt", { with: { type: "text" } }),
    picture: () => import("../golden/async.svg", { with: { type: "text" } }),
  },
  {
    name: "async2",
    seconds: 3,
    cycle: 1,
    module: () => import("../scripts/async2.ts"),
    script: () => import("../scripts/async2.ts", { with: { type: "text" } }),
    output: () => import("../golden/async2.txt", { with: { type: "text" } }),
    picture: () => import("../golden/async2.svg", { with: { type: "text" } }),
  },
];

/** Records a lesson for twice its `seconds`, but once, as a module may keep something. */
export function recorded(lesson: Lesson): Promise<Recording> {
  const { module, seconds } = lesson;
  return lesson.recording ??= record(module, 2 * seconds, { traced: true });
}

/** Draws what `golden/NAME.svg` shows. */
export function drawLesson(lesson: Lesson, recording: Recording) {
  const { name, seconds, cycle, tasks } = lesson;
  return picture(`scripts/${name}.ts`, recording, [0, cycle ?? seconds], tasks);
}
