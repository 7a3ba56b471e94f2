/** Proves stacks one after the other on control planes that are thrown away. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../../recording/compile";
import type { Proven } from "../../report";
import type { Sides as Recorded } from "../../recording/both-sides";
import { Interrupted, UserError } from "../../shared/user-error";
import { startControlPlane, stopControlPlane } from "../../cluster/control-plane";
import type { ControlPlane } from "../../cluster/control-plane";
import { namespacesOf } from "../../cluster/assumed-surroundings";
import { buildTools, CONTROL_PLANE_TOOLS } from "../../cluster/go-tools";
import { prove } from "./prove";
import type { ProveOptions, Sides } from "./prove";

/** Both sides of a stack, or why there are none. */
type StackSides = (Sides | { readonly error: string }) & { readonly stack: string };

/**
 * Proves every stack that was recorded; one that is taken out has nothing to prove. Where no control plane can be had,
 * that is told of each.
 * @throws Interrupted
 */
export async function proveRecorded(sides: ReadonlyMap<string, Recorded>, options: ProveOptions): Promise<Proven[]> {
  const stacks = [...sides].flatMap(provable);
  try {
    return await proveStacks(stacks, options);
  } catch (error) {
    if (!(error instanceof UserError) || error instanceof Interrupted) throw error;
    return stacks.map(({ stack }) => ({ stack, error: error.message }));
  }
}

function provable([stack, { base, head }]: readonly [string, Recorded]): StackSides[] {
  if ("error" in head) return [{ stack, error: `This side: ${head.error}` }];
  if ("error" in base) return [{ stack, error: `The base: ${base.error}` }];
  if ("absent" in head) return [];
  return [{ stack, head: head.recording, ...("absent" in base ? {} : { base: base.recording }) }];
}

/** Two stacks that use the same namespace do not meet: each then gets a control plane of its own. */
async function proveStacks(stacks: readonly StackSides[], options: ProveOptions): Promise<Proven[]> {
  const { root, progress = () => undefined, signal } = options;
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
        progress("starting a control plane");
        const tools = await buildTools(root, CONTROL_PLANE_TOOLS, progress, signal);
        plane = await startControlPlane(folder, tools, { progress, signal });
      }
      for (const name of namespaces) used.add(name);
      const told = (what: string): void => {
        progress(`${stack}: ${what}`);
      };
      proven.push(await prove(plane, one, { root, progress: told, signal }));
    }
  } finally {
    await stop();
  }
  return proven;
}
