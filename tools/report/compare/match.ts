/** Which object of one recording is which of another: the same URN, or an old one that an alias names. */
import { valueAt, withValueAt } from "../../../config/value-at";
import type { RecordedResource, Recording } from "../../recording/recording";
import type { ObjectChange, ObjectState } from "./change";

const STACK_TYPE = "pulumi:pulumi:Stack";

/** An alias in the monitor's protocol: a whole URN, or what differs from the URN it has now. */
interface Alias {
  readonly urn?: string;
  readonly spec?: {
    readonly name?: string;
    readonly type?: string;
    readonly stack?: string;
    readonly project?: string;
    readonly parenturn?: string;
    readonly noparent?: boolean;
  };
}

/** Every object of either recording, once. Components are none: nothing runs by them. */
export function matchRecordings(base: Recording, head: Recording): ObjectChange[] {
  const old = new Map(custom(base).map((resource) => [resource.urn, resource]));
  const names = oldNames(head);
  const found = custom(head).map((resource) => {
    // an object that has its own URN still is itself, whatever its aliases say
    const urn = [resource.urn, ...names(resource)].find((candidate) => old.has(candidate));
    const before = urn === undefined ? undefined : old.get(urn);
    if (urn !== undefined) old.delete(urn);
    return objectChange(resource, before, resource);
  });
  return [...found, ...[...old.values()].map((resource) => objectChange(resource, resource, undefined))];
}

function custom({ resources }: Recording): RecordedResource[] {
  return resources.filter((resource) => resource.custom);
}

function objectChange(
  { urn, type, name }: RecordedResource,
  before: RecordedResource | undefined,
  after: RecordedResource | undefined,
): ObjectChange {
  return { urn, type, name, before: before && stateOf(before), after: after && withIgnored(before, after) };
}

/** The state after a change, in which the engine keeps the old value of what the program ignores changes of. */
function withIgnored(before: RecordedResource | undefined, after: RecordedResource): ObjectState {
  const state = stateOf(after);
  if (before === undefined) return state;
  const paths = (after.options.ignoreChanges ?? []) as readonly string[];
  const inputs = paths.reduce<ObjectState["inputs"]>((all, path) => {
    const keys = path.split(".");
    return withValueAt(all, keys, valueAt(before.inputs, keys)) as ObjectState["inputs"];
  }, state.inputs);
  return { ...state, inputs };
}

function stateOf(resource: RecordedResource): ObjectState {
  return {
    urn: resource.urn,
    inputs: resource.inputs,
    secretInputs: resource.secretInputs,
    protect: resource.options.protect === true,
    retainOnDelete: resource.options.retainOnDelete === true,
    provider: resource.provider,
    dependencies: resource.dependencies,
    propertyDependencies: resource.propertyDependencies,
  };
}

/** URNs a resource may have had: its own aliases, and what follows from those of its parents. */
function oldNames(head: Recording): (resource: RecordedResource) => string[] {
  const byUrn = new Map(head.resources.map((resource) => [resource.urn, resource]));
  const known = new Map<string, string[]>();
  const namesOf = (resource: RecordedResource): string[] => {
    const found = known.get(resource.urn) ?? find(resource);
    known.set(resource.urn, found);
    return found;
  };
  const find = (resource: RecordedResource): string[] => {
    const parent = byUrn.get(resource.parent ?? "");
    const isTop = parent === undefined || parent.type === STACK_TYPE;
    const oldParents = isTop ? [] : namesOf(parent);
    const inherited = oldParents.map((urn) => urnOf(head, urn, resource.type, childName(resource, parent, urn)));
    const own = (resource.options.aliases ?? []) as readonly Alias[];
    const ownNames = own.flatMap(({ urn, spec }) => {
      if (urn !== undefined) return [urn];
      const { type = resource.type, name = resource.name, parenturn, noparent } = spec ?? {};
      const made = { project: spec?.project ?? head.project, stack: spec?.stack ?? head.stack };
      const same = isTop ? [undefined] : [parent.urn, ...oldParents];
      const parents = noparent === true ? [undefined] : parenturn === undefined ? same : [parenturn];
      return parents.map((above) =>
        urnOf(made, above, type, spec?.name ?? childName({ name }, parent, above ?? parent?.urn)),
      );
    });
    const listed = (resource.options.aliasUrns ?? []) as readonly string[];
    return [...new Set([...listed, ...ownNames, ...inherited])].filter((urn) => urn !== resource.urn);
  };
  return namesOf;
}

/** A child whose name begins with its parent's had a name that began with the parent's old one. */
function childName(
  { name }: Pick<RecordedResource, "name">,
  parent: RecordedResource | undefined,
  oldParent: string | undefined,
): string {
  if (parent === undefined || oldParent === undefined || !name.startsWith(parent.name)) return name;
  return `${oldParent.split("::").at(-1) ?? ""}${name.slice(parent.name.length)}`;
}

function urnOf(
  { project, stack }: Pick<Recording, "project" | "stack">,
  parent: string | undefined,
  type: string,
  name: string,
): string {
  const above = parent?.split("::")[2];
  const chain = above === undefined || above === STACK_TYPE ? type : `${above}$${type}`;
  return `urn:pulumi:${stack}::${project}::${chain}::${name}`;
}
