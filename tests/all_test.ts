// What `deno test` runs. Deno takes longer to start on each test file than these
// tests take, so they are one.

import "./golden_test.ts";
import "./lesson_test.ts";
import "./picture_test.ts";
import "./process_test.ts";
import "./readme_test.ts";
