// What the tests rely on in @std, whether it comes from the stand-ins in
// offline/ or from JSR. First that assertEquals can fail, then all else by it.

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { green, yellow } from "@std/fmt/colors";
import { stub } from "@std/testing/mock";
import { FakeTime } from "@std/testing/time";

/** The message with which `check` fails. */
async function failure(check: () => unknown): Promise<string> {
  try {
    await check();
  } catch (error) {
    return `${error}`;
  }
  throw new Error(`This should fail: ${check}`);
}

Deno.test("assertEquals compares by content, and its failure shows the message and both values", async () => {
  assertEquals([{ line: "text" }], [{ line: "text" }]);
  const message = await failure(() =>
    assertEquals(["same", "actual"], ["same", "expected"], "the message")
  );
  for (const part of ["the message", "actual", "expected"]) {
    if (!message.includes(part)) throw new Error(`No "${part}" in: ${message}`);
  }
  await failure(() => assertEquals("1", 1 as unknown));
});

Deno.test("assertStringIncludes takes its text literally", async () => {
  assertStringIncludes("some text.", "text.");
  await failure(() => assertStringIncludes("some text", "text."));
});

Deno.test("assertRejects asks for the class and the message of the error", async () => {
  const reject = () => Promise.reject(new RangeError("some text"));
  await assertRejects(reject, RangeError, "text");
  await failure(() => assertRejects(reject, TypeError, "text"));
  await failure(() => assertRejects(reject, RangeError, "other text"));
  await failure(() => assertRejects(() => Promise.resolve(), Error));
});

Deno.test("green and yellow colour a text, unless NO_COLOR is set", () => {
  const colour = (code: number) =>
    Deno.noColor ? "text" : `\x1b[${code}mtext\x1b[39m`;
  assertEquals([green("text"), yellow("text")], [colour(32), colour(33)]);
});

Deno.test("FakeTime runs the timers that are due, each at its time, and gives the real ones back", () => {
  const real = setTimeout;
  const calls: string[] = [];
  {
    using time = new FakeTime(0);
    setTimeout(() => calls.push(`second at ${time.now}`), 20);
    setTimeout(() => calls.push(`first at ${time.now}`), 10);
    setTimeout((which) => calls.push(`${which} at ${time.now}`), 30, "third");
    time.tick(20);
    time.next();
    assertEquals(time.now, 30);
  }
  assertEquals(calls, ["first at 10", "second at 20", "third at 30"]);
  assertEquals(setTimeout === real, true);
});

Deno.test("stub replaces a method until the end of its scope", () => {
  const object = { answer: () => "real" };
  {
    using _stub = stub(object, "answer", () => "fake");
    assertEquals(object.answer(), "fake");
  }
  assertEquals(object.answer(), "real");
});
