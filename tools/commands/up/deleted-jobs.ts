/** Jobs of a stack that failed and that somebody has deleted since. */
import type { Cluster } from "../../cluster/kubectl";
import { identity, liveObjects, titleOf } from "../../cluster/live";
import { expectOwnObjects, tellingObjects } from "../../pulumi/owner";
import type { PulumiStack } from "../../pulumi/stack";
import { failureOf } from "../../pulumi/stack";
import { readState, stateObjects } from "../../pulumi/state";

/**
 * Takes Jobs that failed, and that the cluster no longer has, out of the state, so that the next deployment makes them
 * anew. Left there, they stop every deployment: the provider looks for them, and does not find them. Jobs that
 * succeeded may be tidied away; the provider does not look for them.
 * @throws UserError with pulumi's or kubectl's words if one of them fails, or if the cluster has nothing of the state;
 * Interrupted
 */
export async function forgetDeletedJobs(
  stack: Pick<PulumiStack, "stack" | "try">,
  cluster: Cluster,
  progress: (what: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  const state = await readState(stack);
  if (state === undefined) return;
  const jobs = stateObjects(state).filter(
    ({ resource: { initErrors = [] }, object }) => object.kind === "Job" && initErrors.length > 0,
  );
  const live = await liveObjects(
    cluster,
    jobs.map(({ object }) => object),
    signal,
  );
  const gone = jobs.filter(({ object }) => !live.has(identity(object)));
  if (gone.length === 0) return;
  const telling = tellingObjects(state).map(({ object }) => object);
  expectOwnObjects(stack.stack, state, await liveObjects(cluster, telling, signal));
  progress(
    `${gone.map(({ object }) => titleOf(object)).join(", ")}: failed and was deleted; taken out of the state, to be made anew`,
  );
  const targets = gone.flatMap(({ resource: { urn } }) => ["--target", urn]);
  const args = ["refresh", "--yes", "--skip-preview", "--suppress-outputs", ...targets];
  const result = await stack.try(args);
  if (result.code !== 0) throw failureOf(stack, args, result);
}
