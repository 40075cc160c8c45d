/** Stands in for `stub` of `@std/testing/mock`. */
export function stub<Self extends object, Prop extends keyof Self>(
  self: Self,
  property: Prop,
  func: Self[Prop] extends (...args: infer Args) => infer Return
    ? (this: Self, ...args: Args) => Return
    : never,
): Disposable {
  const original = self[property];
  self[property] = func as Self[Prop];
  return {
    [Symbol.dispose]() {
      self[property] = original;
    },
  };
}
