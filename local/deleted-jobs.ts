/** Jobs of a stack that somebody has deleted. */
import { UserError } from "../offline/user-error";
import type { Cluster } from "./kubectl";
import { identity, liveObjects, titleOf } from "./live";
import type { PulumiStack } from "./pulumi-stack";
import { saidBy } from "./pulumi-stack";
import { readState, stateObjects } from "./state";

/**
 * Takes Jobs that the cluster no longer has out of the state, so that the next deployment makes them anew. Left there, a
 * Job that failed before it was deleted stops every deployment: the provider looks for it, and does not find it.
 * @throws UserError with pulumi's or kubectl's words if one of them fails; Interrupted
 */
export async function forgetDeletedJobs(
  stack: Pick<PulumiStack, "stack" | "try">,
  cluster: Cluster,
  report: (progress: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  const state = await readState(stack);
  if (state === undefined) return;
  const jobs = stateObjects(state).filter(({ object }) => object.kind === "Job");
  const live = await liveObjects(
    cluster,
    jobs.map(({ object }) => object),
    signal,
  );
  const gone = jobs.filter(({ object }) => !live.has(identity(object)));
  if (gone.length === 0) return;
  report(`${gone.map(({ object }) => titleOf(object)).join(", ")}: deleted by somebody, to be made anew`);
  const targets = gone.flatMap(({ resource: { urn } }) => ["--target", urn]);
  const result = await stack.try(["refresh", "--yes", "--skip-preview", "--suppress-outputs", ...targets]);
  if (result.code !== 0) throw new UserError(`pulumi refresh failed:\n${saidBy(result)}`);
}
