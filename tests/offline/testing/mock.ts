import { mock } from "node:test";

/** Stands in for `stub` of `@std/testing/mock`. */
export function stub<Self extends object, Prop extends keyof Self>(
  self: Self,
  property: Prop,
  func: Self[Prop] extends (...args: infer Args) => infer Return
    ? (this: Self, ...args: Args) => Return
    : never,
): Disposable {
  const method = mock.method(self, property, func, {});
  return { [Symbol.dispose]: () => method.mock.restore() };
}
