// Every file of the collection belongs to a lesson, and every test is run.

import { assertEquals } from "@std/assert";
import { lessons } from "./lessons.ts";

const ignore = Deno.permissions.querySync({ name: "read" }).state !== "granted";

/** The names in a folder of the project that `owned` does not have. */
function strays(folder: string, owned: string[]) {
  const url = new URL(`../${folder}/`, import.meta.url);
  return Array.from(Deno.readDirSync(url), ({ name }) => `${folder}/${name}`)
    .filter((path) => !owned.includes(path));
}

Deno.test({
  name: "every script is in the list of lessons (checked by `deno task test`)",
  ignore,
  fn() {
    assertEquals(
      strays("scripts", lessons.map(({ name }) => `scripts/${name}.ts`)),
      [],
      "Add each to tests/lessons.ts, or remove it.",
    );
  },
});

Deno.test({
  name: "every golden file has its lesson (checked by `deno task test`)",
  ignore,
  fn() {
    const owned = lessons.flatMap((
      { name },
    ) => [`golden/${name}.txt`, `golden/${name}.svg`]);
    assertEquals(
      strays("golden", owned),
      [],
      "`deno task golden` removes them.",
    );
  },
});

Deno.test({
  name: "all_test.ts imports every test file (checked by `deno task test`)",
  ignore,
  fn() {
    const all = Deno.readTextFileSync(new URL("all_test.ts", import.meta.url));
    const imported = all.matchAll(/^import "\.\/(.*)";$/gm);
    assertEquals(
      strays("tests", Array.from(imported, ([, name]) => `tests/${name}`))
        .filter((path) => path.endsWith("_test.ts")),
      ["tests/all_test.ts"],
      "Import each in tests/all_test.ts.",
    );
  },
});
