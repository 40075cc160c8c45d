import { assertEquals } from "@std/assert";
import config from "../deno.json" with { type: "json" };
import readme from "../README.md" with { type: "text" };
import { lessons } from "./lessons.ts";

/** The scripts and the golden files: what each contains, by its path. */
const files = new Map<string, () => Promise<{ default: string }>>();
for (const { name, script, output, picture } of lessons) {
  files.set(`scripts/${name}.ts`, script);
  files.set(`golden/${name}.txt`, output);
  files.set(`golden/${name}.svg`, picture);
}

/** The listings, each with its language. */
const listings = Array.from(
  readme.matchAll(/^```(.*)\n([^]*?)^```$/gm),
  ([, language, text]) => ({ language, text }),
);

function textsIn(language: string) {
  return listings.filter((listing) => listing.language === language)
    .map(({ text }) => text);
}

/** Those of the texts that are not part of any file with that ending. */
async function madeUp(texts: string[], ending: string) {
  const sources: string[] = [];
  for (const [path, read] of files) {
    if (path.endsWith(ending)) sources.push((await read()).default);
  }
  return texts.filter((text) =>
    !sources.some((source) => source.includes(text))
  );
}

Deno.test("every listing in the README is code, output or a command", () => {
  const languages = new Set(listings.map(({ language }) => language));
  assertEquals([...languages].sort(), ["sh", "ts", "txt"]);
});

Deno.test("all TypeScript in the README, listed or compared with Python, is part of a script", async () => {
  const tables = readme.match(/^\| Python .*\n(\|.*\n)+/gm) ?? [];
  const cells = tables.flatMap((table) =>
    Array.from(table.matchAll(/`([^`]+)` *\|$/gm), ([, code]) => code)
  );
  assertEquals(cells.length > 0, true);
  assertEquals(await madeUp([...textsIn("ts"), ...cells], ".ts"), []);
});

Deno.test("all output listed in the README is part of a golden file", async () => {
  assertEquals(await madeUp(textsIn("txt"), ".txt"), []);
});

Deno.test("every link and picture in the README leads to a script or a golden file", () => {
  const prose = readme.replaceAll(/^```[^]*?^```$/gm, "");
  const links = Array.from(prose.matchAll(/\]\((.*?)\)/g), ([, link]) => link);
  assertEquals(links.length > 0, true);
  assertEquals(links.filter((link) => !files.has(link)), []);
});

Deno.test("every command in the README is one that Deno can carry out here", () => {
  const inline = Array.from(
    readme.matchAll(/`((?:npx -y )?deno .*?)`/g),
    ([, command]) => command,
  );
  const commands = [
    ...textsIn("sh").flatMap((text) => text.trim().split("\n")),
    ...inline,
  ];
  assertEquals(commands.filter((command) => !isCommand(command)), []);
});

function isCommand(command: string) {
  const [deno, subcommand, ...args] = command.replace(/^npx -y /, "").split(
    " ",
  );
  if (deno !== "deno") return false;
  switch (subcommand) {
    case "run":
      return args.length === 1 && files.has(args[0]);
    case "test":
      return args.length === 0;
    case "task":
      return args.every((name) => name in config.tasks);
    case "fmt":
      return args.every((file) => file === "deno.json");
    case "unlink":
      return args.every((name) => name in config.imports);
    case "link":
      return args.every((path) =>
        path.replace("tests/offline/", "@std/") in config.imports
      );
    default:
      return false;
  }
}
