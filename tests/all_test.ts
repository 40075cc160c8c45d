// What `deno test` runs. Deno starts an isolate for each test file, and that
// takes longer than all these tests together, so they share one.

import { assertEquals } from "@std/assert";

// First what the other tests stand on.
import "./offline_test.ts";
import "./record_test.ts";

import "./golden_test.ts";
import "./lesson_test.ts";
import "./process_test.ts";
import "./readme_test.ts";

Deno.test({
  name: "all_test.ts imports every test file (checked by `deno task test`)",
  ignore: Deno.permissions.querySync({ name: "read" }).state !== "granted",
  fn() {
    const files = Array.from(
      Deno.readDirSync(new URL(".", import.meta.url)),
      ({ name }) => name,
    );
    const source = Deno.readTextFileSync(new URL(import.meta.url));
    assertEquals(
      files.filter((name) =>
        name.endsWith("_test.ts") && name !== "all_test.ts" &&
        !source.includes(`import "./${name}";`)
      ),
      [],
    );
  },
});
