// What `deno test` runs. Deno starts an isolate for each test file, and that
// takes longer than all these tests together, so they share one.

// First what the other tests stand on.
import "./offline_test.ts";
import "./record_test.ts";
import "./timeline_test.ts";
import "./rules_test.ts";

import "./golden_test.ts";
import "./lesson_test.ts";
import "./readme_test.ts";
import "./files_test.ts";
import "./process_test.ts";
