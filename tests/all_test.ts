// What `deno test` runs: Deno takes longer to start on a file than all these take.
// What needs permissions is in process_test.ts, which `deno task test` runs, too.

import "./golden_test.ts";
import "./lesson_test.ts";
import "./picture_test.ts";
import "./readme_test.ts";
