import { green, red, yellow } from "@std/fmt/colors";
import { GOLDEN_SECONDS, type Lesson, lessons, mainOf } from "./lessons.ts";
import { record } from "./record.ts";
import { timeline } from "./timeline.ts";

/** A folder. Names are those of the files in it. */
export interface Folder {
  names(): string[];
  read(name: string): string | undefined;
  write(name: string, content: string): void;
  remove(name: string): void;
}

/**
 * Makes `golden` what the lessons print and draw, and nothing else. Returns what
 * became of each file.
 *
 * @throws What `record` throws. Nothing is written then.
 */
export async function writeGolden(lessons: Lesson[], golden: Folder) {
  const files = new Map<string, string>();
  for (const lesson of lessons) {
    const { name, words } = lesson;
    const recording = await record(await mainOf(lesson), GOLDEN_SECONDS);
    if (!recording.output.trim()) {
      throw new Error(`scripts/${name}.ts prints nothing in its first cycles.`);
    }
    files.set(`${name}.txt`, recording.output);
    files.set(`${name}.svg`, timeline(name, recording, words));
  }
  const report: string[] = [];
  for (const [name, content] of files) {
    const changed = golden.read(name) !== content;
    if (changed) golden.write(name, content);
    report.push(
      `golden/${name} ${changed ? yellow("written") : green("is up to date")}`,
    );
  }
  for (const name of golden.names()) {
    if (files.has(name)) continue;
    golden.remove(name);
    report.push(
      `golden/${name} ${red("removed")}: no lesson in tests/lessons.ts has it`,
    );
  }
  return report;
}

if (import.meta.main) main();

async function main() {
  const url = new URL("../golden/", import.meta.url);
  const report = await writeGolden(lessons, {
    names: () => Array.from(Deno.readDirSync(url), ({ name }) => name).sort(),
    read(name) {
      try {
        const bytes = Deno.readFileSync(new URL(name, url));
        return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    },
    write(name, content) {
      Deno.mkdirSync(url, { recursive: true });
      Deno.writeTextFileSync(new URL(name, url), content);
    },
    remove: (name) => Deno.removeSync(new URL(name, url)),
  });
  console.log(report.join("\n"));
}
