// What the README shows is what the scripts are and print.

import config from "../deno.json" with { type: "json" };
import readme from "../README.md" with { type: "text" };
import { type Lesson, lessons, read } from "./lessons.ts";

interface Excerpt {
  text: string;
  /** Where it begins in the README. */
  index: number;
}

/** All that the pattern finds in the README: its first group, or the whole. */
function excerpts(pattern: RegExp, text = readme): Excerpt[] {
  return Array.from(
    text.matchAll(pattern),
    ({ 0: whole, 1: group = whole, index }) => ({ text: group, index }),
  );
}

function listings(language: string) {
  return excerpts(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, "gm"));
}

/** The README with nothing but empty lines for its listings. */
const prose = readme.replaceAll(
  /^```[^]*?^```$/gm,
  (listing) => listing.replaceAll(/./g, " "),
);

/** Whose section the excerpt stands in: the lesson that was linked last. */
function lessonOf({ index }: Excerpt): Lesson | undefined {
  const names = excerpts(/\]\(scripts\/(\w+)\.ts\)/g, prose.slice(0, index));
  return lessons.find(({ name }) => name === names.at(-1)?.text);
}

/**
 * Checks each excerpt, and fails with the README's lines that are wrong and what
 * to do about them. `check` returns that, or nothing if all is well.
 */
async function checkAll(
  excerpts: Excerpt[],
  check: (excerpt: Excerpt, lesson?: Lesson) => unknown,
) {
  const wrong = [];
  for (const excerpt of excerpts) {
    const advice = await check(excerpt, lessonOf(excerpt));
    if (!advice) continue;
    const line = readme.slice(0, excerpt.index).split("\n").length;
    wrong.push(`README.md:${line}: ${advice}`);
  }
  if (wrong.length > 0) throw new Error(wrong.join("\n"));
}

Deno.test("each listing of code in the README is whole lines of its section's script", () =>
  checkAll(listings("ts"), async ({ text }, lesson) => {
    const script = "\n" + (lesson && await read(lesson.script));
    return script.includes("\n" + text) ? "" : (
      `scripts/${lesson?.name}.ts no longer has this: update the listing`
    );
  }));

Deno.test("each listing of output in the README is the beginning of its section's golden file", () =>
  checkAll(listings("txt"), async ({ text }, lesson) => {
    const output = lesson && await read(lesson.output);
    return output?.startsWith(text) ? "" : (
      `golden/${lesson?.name}.txt does not begin so: update the listing`
    );
  }));

Deno.test("all TypeScript that the README compares with Python is in its section's script", async () => {
  for (const table of excerpts(/^\| Python .*\n(?:\|.*\n)+/gm, prose)) {
    const cells = excerpts(/`([^`]+)` *\|$/gm, table.text)
      .map(({ text, index }) => ({ text, index: table.index + index }));
    await checkAll(cells, async ({ text }, lesson) => {
      const script = lesson && await read(lesson.script);
      return script?.includes(text) ? "" : (
        `scripts/${lesson?.name}.ts no longer has \`${text}\`: update the table`
      );
    });
  }
});

Deno.test("each link in the README leads to a script, to its section's picture, or elsewhere", () =>
  checkAll(excerpts(/\]\((.*?)\)/g, prose), ({ text }, lesson) => {
    if (text.startsWith("https://")) return;
    if (lessons.some(({ name }) => text === `scripts/${name}.ts`)) return;
    if (text === `golden/${lesson?.name}.svg`) return;
    return `${text} is no script, and no picture of ${lesson?.name}.ts`;
  }));

Deno.test("each listing in the README is of a language that these tests know", () =>
  checkAll(excerpts(/^```.*\n[^]*?^```$/gm), ({ text }) => {
    const [, language] = text.match(/^```(.*)/)!;
    return ["sh", "ts", "txt"].includes(language) ? "" : (
      `no test checks listings of "${language}": make it sh, ts or txt`
    );
  }));

Deno.test("each command in the README is one that works in this project", () =>
  checkAll(
    excerpts(/(?<=`|^)(?:npx -y )?(deno [a-z].*?)(?=`|$)/gm),
    ({ text }) => {
      const [, command, ...args] = text.replace(/ *#.*/, "").split(" ");
      const known: Record<string, unknown[] | undefined> = {
        run: lessons.map(({ name }) => `scripts/${name}.ts`),
        test: [],
        task: Object.keys(config.tasks),
        fmt: ["deno.json"],
        unlink: Object.keys(config.imports),
        link: Object.keys(config.imports)
          .map((name) => name.replace("@std/", "tests/offline/")),
      };
      return args.every((arg) => known[command]?.includes(arg)) &&
          known[command]
        ? ""
        : `\`${text}\` does not work here: correct it`;
    },
  ));
