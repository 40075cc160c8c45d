const LAST_LINE = "if (import.meta.main) main();";
const IMPORT =
  /^import \{ (isMainThread|threadId)(, (isMainThread|threadId))? \} from "node:worker_threads";$/;
/** What may stand in a line that isn't indented, and opens nothing. */
const WHOLE = new RegExp(
  [
    /^\/\/( .*)?$|^\/\*((?!\*\/).)*(\*\/)?$/, // a comment
    /^const \w+ = (\d[\d_.]*|"[^"]*");$/,
    /^type \w+ = [^;]*;$/,
  ].map(({ source }) => source).join("|"),
);
/** What may begin a function, a task or a type, which go on in indented lines. */
const OPENING =
  /^(export )?(async )?function\b.*[{(<]$|^const \w+ = coroutine\(function\*.*\{$|^(interface|type) .*\{$/;
const CLOSING = /^(\}|\}\);)$/;

/**
 * What is wrong with the text of a script, each with its line and what to do.
 *
 * A script is imported once, and then its `main` is recorded many times. So that
 * nothing happens on import, where the recorder could not see it, and nothing is
 * kept from one run to the next, only functions and tasks stand at its top level.
 * It imports no more than the name of the thread, as a copy of it has to stand
 * alone.
 */
export function mistakesIn(name: string, text: string): string[] {
  const path = `scripts/${name}.ts`;
  const lines = text.split("\n");
  const [header] = text.split("\n\n");
  const mistakes = [];
  if (!header.split("\n").includes(`//   deno run ${path}`)) {
    mistakes.push(
      `${path}:1: begin with a header of lines like "// …"; one is "//   deno run ${path}"`,
    );
  }
  let open = false;
  for (const [i, line] of lines.entries()) {
    if (line === LAST_LINE && i === lines.length - 2) continue;
    if (IMPORT.test(line)) continue;
    const at = `${path}:${i + 1}:`;
    if (/^import\b|\bimport\s*["'{*(.]/.test(line)) {
      mistakes.push(
        `${at} import nothing but isMainThread and threadId from "node:worker_threads"`,
      );
    } else if (line.includes("\r")) {
      mistakes.push(`${at} end lines by a line feed alone`);
    } else if (OPENING.test(line)) {
      open = true;
    } else if (CLOSING.test(line)) {
      open = false;
    } else if (
      line && !WHOLE.test(line) && !(open && /^[ )]/.test(line)) &&
      !/^ \*(\/?$| )/.test(line)
    ) {
      mistakes.push(
        `${at} move this into a function, so that each run starts afresh`,
      );
    }
  }
  if (!/^export (async )?function main\(\)/m.test(text)) {
    mistakes.push(`${path}: export a function main() without parameters`);
  }
  if (!text.endsWith(`\n${LAST_LINE}\n`)) {
    mistakes.push(
      `${path}:${lines.length}: end with the line \`${LAST_LINE}\``,
    );
  }
  return mistakes;
}
