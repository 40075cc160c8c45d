import assert from "node:assert/strict";

/** Stands in for `assertEquals` of `@std/assert`. */
export function assertEquals<T>(actual: T, expected: T, msg?: string) {
  try {
    assert.deepEqual(actual, expected);
  } catch (error) {
    // Node's assertion shows a diff or the caller's message; this shows both.
    if (msg && error instanceof Error) {
      error.message = `${msg}\n${error.message}`;
    }
    throw error;
  }
}

/** Stands in for `assertRejects` of `@std/assert`. */
export async function assertRejects(
  fn: () => Promise<unknown>,
  ErrorClass: new (message: string) => Error,
  msgIncludes = "",
) {
  const error = await fn().then(() => undefined, (error) => error);
  assert(
    error instanceof ErrorClass,
    `Rejected with ${error} instead of a ${ErrorClass.name}.`,
  );
  assert(
    error.message.includes(msgIncludes),
    `"${error.message}" lacks "${msgIncludes}".`,
  );
}
