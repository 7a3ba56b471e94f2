import { readFileSync } from "node:fs";

/** Version of a module that a go.mod requires, e.g. `v1.37.2`; empty if it requires none. */
export function moduleVersion(goMod: string, module: string): string {
  const line = new RegExp(`^\\s${module.replaceAll(".", "\\.")} (v\\S+)`, "m");
  return line.exec(readFileSync(goMod, "utf8"))?.[1] ?? "";
}
