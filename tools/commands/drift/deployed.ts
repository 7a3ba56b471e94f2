/** What a stack's state says was deployed, its secrets open: they are compared, and never shown. */
import type { Json, KubernetesObject, Path } from "../../recording/recording";
import { UserError } from "../../shared/user-error";
import { SECRET, SIGNATURE } from "../../recording/wire-format";
import { stateObjects } from "../../pulumi/state";
import type { State, StateResource } from "../../pulumi/state";

/** An object as it was deployed. */
export interface DeployedObject {
  readonly resource: StateResource;
  readonly object: KubernetesObject;
  /** The object as the API server answered then. */
  readonly made: Json;
  /** Where it is secret. */
  readonly secretInputs: readonly Path[];
  /** Who owns its fields. */
  readonly fieldManager: string;
}

/** Flags of `pulumi stack export` that give what {@link deployedObjects} reads. */
export const OPEN_SECRETS = ["--show-secrets"];

/** The objects of a state that was read with its secrets open, in the order they were made. */
export function deployedObjects(state: State): DeployedObject[] {
  return stateObjects(state).map(({ resource }) => {
    const secretInputs: Path[] = [];
    const inputs = open(resource.inputs as Json, [], secretInputs);
    const made = open(resource.outputs ?? {}, [], []);
    const manager = resource.outputs?.__fieldManager;
    return {
      ...{ resource, secretInputs, made },
      object: inputs as unknown as KubernetesObject,
      fieldManager: typeof manager === "string" ? manager : "pulumi-kubernetes",
    };
  });
}

/** The value with every secret in it open; where they were is added to `secrets`. */
function open(value: Json, path: Path, secrets: Path[]): Json {
  if (Array.isArray(value)) return value.map((item, index) => open(item, [...path, String(index)], secrets));
  if (typeof value !== "object" || value === null) return value;
  if (value[SIGNATURE] === SECRET) {
    secrets.push(path);
    if (typeof value.plaintext !== "string") throw new UserError("The secrets of the stack's state cannot be opened.");
    return open(JSON.parse(value.plaintext) as Json, path, secrets);
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]): [string, Json] => [key, open(item, [...path, key], secrets)]),
  );
}
