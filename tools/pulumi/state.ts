/** What a stack's state says, as `pulumi stack export` gives it: without the key, its secrets stay sealed. */
import type { Json, KubernetesObject } from "../recording/recording";
import { UserError } from "../shared/user-error";
import { failureOf } from "./stack";
import type { PulumiStack } from "./stack";

/** A resource of the state. */
export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly custom?: boolean;
  /** True for what is only read. */
  readonly external?: boolean;
  /** True for the old one of a replacement that still has to be deleted. */
  readonly delete?: boolean;
  /** True for the old one of a replacement that is deleted, and whose new one is not made yet. */
  readonly pendingReplacement?: boolean;
  /** What went wrong after it was made, or while it was updated. */
  readonly initErrors?: readonly string[];
  readonly inputs?: Readonly<Record<string, Json>>;
  readonly outputs?: Readonly<Record<string, Json>>;
}

/** An operation that was begun and whose end is not known. */
export interface PendingOperation {
  /** `creating`, `updating`, `deleting`, `reading` or `importing`. */
  readonly type: string;
  readonly resource: StateResource;
}

/** A stack's state. */
export interface State {
  readonly resources: readonly StateResource[];
  readonly pending: readonly PendingOperation[];
  /** The mark of the stack's objects; nothing before it is made. */
  readonly mark: string | undefined;
}

/**
 * Reads the state. Nothing if the backend has no such stack. `flags` go to `pulumi stack export`.
 * @throws UserError with pulumi's words if it cannot be read.
 */
export async function readState(
  stack: Pick<PulumiStack, "stack" | "try">,
  flags: readonly string[] = [],
): Promise<State | undefined> {
  const result = await stack.try(["stack", "export", ...flags], { quiet: true });
  if (result.code === 0) return parseState(result.stdout);
  if (/no stack named|stack '.*' not found/.test(result.stderr)) return undefined;
  const { message } = failureOf(stack, ["stack export"], result);
  throw new UserError(`The state of stack ${stack.stack} cannot be read: ${message}`);
}

/** Reads what `pulumi stack export` writes. */
export function parseState(text: string): State {
  const { deployment } = JSON.parse(text) as {
    readonly deployment: {
      readonly resources?: readonly StateResource[] | null;
      readonly pending_operations?: readonly PendingOperation[] | null;
    } | null;
  };
  const resources = deployment?.resources ?? [];
  const mark = resources.find(({ type }) => type === "random:index/randomUuid:RandomUuid")?.outputs?.result;
  return {
    resources,
    pending: deployment?.pending_operations ?? [],
    mark: typeof mark === "string" ? mark : undefined,
  };
}

/** True for what the state holds as it is, and not as the old one of a replacement. */
function isHeld(resource: StateResource): boolean {
  return resource.delete !== true && resource.pendingReplacement !== true;
}

/** URNs of what a state holds. */
export function heldUrns({ resources }: Pick<State, "resources">): ReadonlySet<string> {
  return new Set(resources.filter(isHeld).map(({ urn }) => urn));
}

/** The Kubernetes objects that a state holds. */
export function stateObjects({ resources }: State): { resource: StateResource; object: KubernetesObject }[] {
  return resources
    .filter((resource) => resource.custom === true && resource.external !== true && isHeld(resource))
    .filter(({ type, inputs }) => type.startsWith("kubernetes:") && inputs?.kind !== undefined)
    .map((resource) => ({ resource, object: resource.inputs as unknown as KubernetesObject }));
}
