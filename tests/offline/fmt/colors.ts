import { styleText } from "node:util";

/** Stands in for `green` of `@std/fmt/colors`. */
export function green(str: string): string {
  return color("green", str);
}

/** Stands in for `yellow` of `@std/fmt/colors`. */
export function yellow(str: string): string {
  return color("yellow", str);
}

function color(name: "green" | "yellow", str: string) {
  return Deno.noColor ? str : styleText(name, str, { validateStream: false });
}
