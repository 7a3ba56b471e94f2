/** Proves stacks one after the other on control planes that are thrown away. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../../offline/compile";
import { UserError } from "../../offline/user-error";
import { startControlPlane, stopControlPlane } from "../control-plane";
import type { ControlPlane } from "../control-plane";
import { namespacesOf } from "../surroundings";
import { buildTools, CONTROL_PLANE_TOOLS } from "../tools";
import type { Proven } from "./page";
import { prove } from "./prove";
import type { ProveOptions, Sides } from "./prove";

/** Both sides of a stack, or why there are none. */
export type StackSides = (Sides | { readonly error: string }) & { readonly stack: string };

/**
 * Proves every stack. Two that use the same namespace do not meet: each then gets a control plane of its own.
 * @throws UserError if no control plane can be had; Interrupted.
 */
export async function proveStacks(stacks: readonly StackSides[], options: ProveOptions): Promise<Proven[]> {
  const { root, report = () => undefined, signal } = options;
  const proven: Proven[] = [];
  const folder = join(cacheFolder(root), `prove-${String(process.pid)}`);
  let plane: ControlPlane | undefined;
  let used = new Set<string>();
  const stop = async (): Promise<void> => {
    await stopControlPlane(folder);
    rmSync(folder, { recursive: true, force: true });
    plane = undefined;
    used = new Set();
  };
  try {
    for (const one of stacks) {
      const { stack } = one;
      if ("error" in one) {
        proven.push({ stack, error: one.error });
        continue;
      }
      const namespaces = [one.base, one.head].flatMap((side) => (side === undefined ? [] : namespacesOf(side)));
      if (namespaces.some((name) => used.has(name))) await stop();
      if (plane === undefined) {
        report("starting a control plane");
        const tools = await buildTools(root, CONTROL_PLANE_TOOLS, report, signal);
        plane = await startControlPlane(folder, tools, { report, signal });
      }
      for (const name of namespaces) used.add(name);
      const told = (progress: string): void => {
        report(`${stack}: ${progress}`);
      };
      proven.push(await prove(plane, one, { root, report: told, signal }));
    }
  } finally {
    await stop();
  }
  if (proven.length === 0) throw new UserError("There is no stack to prove.");
  return proven;
}
