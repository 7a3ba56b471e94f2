/** What would stop a deployment in the state: a lock, operations whose end is not known, a drifted cluster. */
import { fileBackend, isObjectStore, lockProblem, readLocks } from "../../pulumi/lock";
import { liveObjects, identity, titleOf } from "../../cluster/live";
import type { PulumiStack } from "../../pulumi/stack";
import { stateObjects } from "../../pulumi/state";
import { error, ok, skipped, warning } from "./finding";
import type { Found, Patient } from "./finding";

/** The stack is not locked. `busy` is true while pulumi works on it, as far as its locks can be seen. */
export async function lock(
  root: string,
  stack: PulumiStack,
): Promise<{ readonly found: readonly Found[]; readonly busy: boolean }> {
  const url = await stack.backend();
  const folder = fileBackend(url, root);
  if (folder === undefined) {
    const why = isObjectStore(url)
      ? "Locks of an object store are seen when pulumi runs."
      : "Pulumi Cloud keeps its own locks.";
    return { found: [skipped(why)], busy: false };
  }
  const locks = readLocks(folder, stack.project, stack.stack);
  if (locks.length === 0) return { found: [ok("No lock.")], busy: false };
  const problems = await Promise.all(locks.map((one) => lockProblem(one, stack.stack)));
  return {
    found: problems.map(({ message, remedy }) => error(message, remedy)),
    busy: problems.some(({ judgement }) => judgement === "live"),
  };
}

/** No operation was cut off. @param busy True while pulumi works on the stack: what it has begun is no remnant. */
export function pending({ state, file }: Patient, busy: boolean): Found[] {
  if (state === undefined) return [skipped("The state could not be read.")];
  if (state.resources.length === 0 && state.pending.length === 0) return [skipped("The stack is not deployed yet.")];
  if (state.pending.length === 0) return [ok("No operation was cut off.")];
  if (busy) return [skipped("pulumi is at work on the stack.")];
  const names = state.pending.map(({ type, resource }) => `${type} ${resource.urn.split("::").pop() ?? ""}`);
  return [error(`An interrupted deployment left open: ${names.join(", ")}.`, `Type: npm run recover -- ${file.stack}`)];
}

/** Everything the state holds is on the cluster. Changed fields are for `npm run drift`. */
export async function drifted({ state, cluster, file, signal }: Patient): Promise<Found[]> {
  const objects = (state === undefined ? [] : stateObjects(state)).map(({ object }) => object);
  if (objects.length === 0) return [skipped("Nothing is deployed that could have drifted.")];
  const live = await liveObjects(cluster, objects, signal);
  const gone = objects.filter((object) => !live.has(identity(object)));
  if (gone.length === 0)
    return [ok(`All that was deployed is there; npm run drift -- ${file.stack} looks at every field.`)];
  return [
    warning(
      `Deployed and not there: ${gone.map(titleOf).join(", ")}.`,
      `npm run drift -- ${file.stack} shows every difference and how to put it back.`,
    ),
  ];
}
