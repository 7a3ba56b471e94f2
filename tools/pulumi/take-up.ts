/** Takes up a stack where an interrupted run left it. */
import type { Recording } from "../recording/recording";
import { UserError } from "../shared/user-error";
import type { Cluster } from "../cluster/kubectl";
import type { RunResult } from "../shared/processes";
import { mustRun, saidBy } from "./stack";
import type { PulumiStack } from "./stack";
import { heldUrns, readState } from "./state";
import type { State } from "./state";
import { unlock } from "./unlock";
import { unknownObjects } from "./unknown";
import type { UnknownObject } from "./unknown";

const UP = ["up", "--yes", "--skip-preview", "--suppress-outputs", "--continue-on-error"];
/** Lets the provider take over what exists. It is recorded with the provider, so that a run without it has to follow. */
const UPSERT = "PULUMI_K8S_UPSERT_EXISTING_OBJECTS";

const REFRESH = ["refresh", "--yes", "--skip-preview", "--suppress-outputs", "--clear-pending-creates"];

/**
 * Asks the cluster about every object of the state; creations that were begun are dropped from it. Gives what came of it.
 *
 * What was deleted to be made anew is asked about like any other. Left marked as that, a refresh would make the next up
 * delete the new one: pulumi 3.260 then takes the old one for still being there.
 */
export async function refresh(stack: PulumiStack, ...flags: readonly string[]): Promise<RunResult> {
  const exported = await stack.try(["stack", "export"], { quiet: true });
  if (exported.code !== 0) return exported;
  const { deployment, ...rest } = JSON.parse(exported.stdout) as {
    readonly deployment: Pick<State, "resources"> | null;
  };
  const { resources = [] } = deployment ?? {};
  if (resources.some(({ pendingReplacement }) => pendingReplacement === true)) {
    const asThere = resources.map((resource) => ({ ...resource, pendingReplacement: undefined }));
    const input = JSON.stringify({ ...rest, deployment: { ...deployment, resources: asThere } });
    const imported = await stack.try(["stack", "import"], { input });
    if (imported.code !== 0) return imported;
  }
  return stack.try([...REFRESH, ...flags]);
}

/** A deployment that may follow an interrupted one. */
interface Resumed {
  /** The project's folder. */
  readonly root: string;
  /** Folder that pulumi runs in. */
  readonly folder: string;
  readonly recording: Recording;
  readonly cluster: Cluster;
  readonly progress: (what: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Before a deployment: takes the lock of a run that is over away, and into the state what that run made and could not
 * note. Where nothing was interrupted this only reads.
 * @throws UserError if somebody is at work on the stack, or pulumi fails.
 */
export async function takeUp(
  stack: PulumiStack,
  { root, folder, recording, cluster, progress, signal = new AbortController().signal }: Resumed,
): Promise<void> {
  const unlocked = await unlock(stack, { root, folder });
  unlocked.forEach(progress);
  let state = await readState(stack);
  if (state === undefined) return;
  if (unlocked.length > 0 || state.pending.length > 0) {
    const result = await refresh(stack);
    if (result.code !== 0) throw new UserError(`pulumi refresh failed:\n${saidBy(result)}`);
    state = (await readState(stack)) ?? state;
  }
  // before there is a mark, nothing on a cluster can be the stack's
  if (state.mark === undefined) return;
  const unknown = await unknownObjects({ recording, state, cluster, signal });
  await adopt(stack, recording, state, unknown);
}

/**
 * Takes objects with the stack's mark into its state, and touches no others. Gives what was adopted: all of them, but
 * for those that need an object of somebody else's.
 * @throws UserError with pulumi's words if one cannot be adopted.
 */
export async function adopt(
  stack: PulumiStack,
  recording: Recording,
  state: State,
  unknown: readonly UnknownObject[],
): Promise<readonly UnknownObject[]> {
  const held = heldUrns(state);
  const foreign = unknown.filter(({ isOwn }) => !isOwn).map(({ urn }) => urn);
  const needs = neededBy(recording);
  const adoptable = unknown.filter(({ urn, isOwn }) => isOwn && !needs(urn).some((needed) => foreign.includes(needed)));
  if (adoptable.length === 0) return [];
  const lacking = adoptable.flatMap(({ urn }) => needs(urn)).filter((urn) => !held.has(urn));
  // what stands in the state under another name is replaced by what was made
  const targets = new Set([...lacking, ...adoptable.map(({ urn }) => urn), ...leftOver(state)]);
  const result = await stack.try([...UP, ...targetsOf([...targets])], { env: { [UPSERT]: "true" } });
  // in any case: as long as this is in the state, an up would take over objects of others
  await stopUpsert(stack);
  if (result.code !== 0) throw new UserError(`pulumi up failed:\n${saidBy(result)}`);
  return adoptable;
}

/** Takes the leave to take over what exists back from the state's providers. */
export async function stopUpsert(stack: PulumiStack): Promise<void> {
  const state = await readState(stack);
  const providers = (state?.resources ?? []).filter(
    ({ type, inputs }) => type === "pulumi:providers:kubernetes" && inputs?.upsertExistingObjects !== undefined,
  );
  if (state === undefined || providers.length === 0) return;
  const targets = [...providers.map(({ urn }) => urn), ...leftOver(state)];
  await mustRun(stack, [...UP, ...targetsOf(targets)], { env: { [UPSERT]: undefined } });
}

/** What interrupted replacements still have to delete: with any target at all, the engine wants these among them. */
function leftOver({ resources }: State): string[] {
  return [...new Set(resources.flatMap((resource) => (resource.delete === true ? [resource.urn] : [])))];
}

function targetsOf(urns: readonly string[]): string[] {
  return urns.flatMap((urn) => ["--target", urn]);
}

/** What has to be in the state before a resource can be: itself, its parents, what it waits for, and theirs. */
function neededBy({ resources }: Recording): (urn: string) => readonly string[] {
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  return (urn) => {
    const needed = new Set([urn]);
    for (const one of needed) {
      const resource = byUrn.get(one);
      for (const next of [resource?.parent, ...(resource?.dependencies ?? [])])
        if (next !== undefined) needed.add(next);
    }
    return [...needed];
  };
}
