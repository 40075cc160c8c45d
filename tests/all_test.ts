// What `deno test` runs: Deno takes longer to start on a file than all these take.

import "./golden_test.ts";
import "./lesson_test.ts";
import "./picture_test.ts";
import "./process_test.ts";
import "./readme_test.ts";
