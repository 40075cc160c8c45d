// What the tests rely on in @std, whether it comes from the stand-ins in
// offline/ or from JSR. First that assertEquals can fail, then all else by it.

import { assertEquals, assertRejects } from "@std/assert";
import { green, red, yellow } from "@std/fmt/colors";
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
  const different: [unknown, unknown][] = [
    ["1", 1],
    [[1, 2], [1]],
    [[1], [1, 2]],
    [[1, 2], [2, 1]],
    [[[1, 2]], [[1, 3]]],
    [{ a: 1, b: 2 }, { a: 1 }],
    [{ a: 1 }, { a: 1, b: 2 }],
    [undefined, null],
    ["", undefined],
  ];
  for (const [actual, expected] of different) {
    await failure(() => assertEquals(actual, expected));
  }
});

Deno.test("assertRejects asks for the class and the message of the error", async () => {
  const reject = () => Promise.reject(new RangeError("some text"));
  await assertRejects(reject, RangeError, "text");
  await failure(() => assertRejects(reject, TypeError, "text"));
  await failure(() => assertRejects(reject, RangeError, "other text"));
  await failure(() => assertRejects(reject, RangeError, "some.text"));
  await failure(() => assertRejects(() => Promise.resolve(), Error));
});

Deno.test("green, yellow and red colour a text, unless NO_COLOR is set", () => {
  const colour = (code: number) =>
    Deno.noColor ? "text" : `\x1b[${code}mtext\x1b[39m`;
  assertEquals(
    [green("text"), yellow("text"), red("text")],
    [colour(32), colour(33), colour(31)],
  );
});

Deno.test("FakeTime calls the timers that are due, each at its time; there is one of it, and it gives the real ones back", async () => {
  const real = setTimeout;
  const calls: string[] = [];
  {
    using time = new FakeTime(5);
    await failure(() => new FakeTime(0));
    for (const [name, delay] of [["b", 20], ["a", 10], ["c", 20], ["d", 30]]) {
      setTimeout(() => calls.push(`${name} at ${time.now}`), Number(delay));
    }
    time.tick(15);
    assertEquals([calls, time.now], [["a at 15"], 20]);
    time.next();
    time.next();
    assertEquals(time.now, 35);
  }
  assertEquals(calls, ["a at 15", "b at 25", "c at 25", "d at 35"]);
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
