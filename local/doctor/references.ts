/** Whether what the stack refers to and does not make is there: Secrets with their keys, ConfigMaps, classes, the namespace. */
import { podUses } from "../../offline/compare/workloads";
import type { KubernetesObject } from "../../offline/recording";
import { identity, titleOf } from "../live";
import { tryKubectl } from "../kubectl";
import { count, error, groupBy, ok, REQUEST_TIMEOUT, skipped, warning } from "./finding";
import type { Found, Patient } from "./finding";
import { workloads } from "./workloads";
import type { PodSpec, Workload } from "./workloads";

/** Something that must be there, and who needs it. */
interface Need {
  readonly object: KubernetesObject;
  /** Keys of a Secret or ConfigMap. */
  readonly keys: readonly string[];
  readonly who: string;
}

interface Keyed {
  readonly data?: Readonly<Record<string, unknown>>;
  readonly binaryData?: Readonly<Record<string, unknown>>;
}

/** Every reference to the outside leads somewhere. Values are never shown. */
export async function references(patient: Patient): Promise<Found[]> {
  const needs = outside(patient.objects);
  if (needs.length === 0) return [skipped("The stack refers to nothing that somebody else makes.")];
  const found = await Promise.all(needs.map((need) => look(patient, need)));
  const wrong = found.flat();
  return wrong.length > 0
    ? wrong
    : [ok(`${count(needs.length, "reference")} to what others make: all there, with their keys.`)];
}

/** What the objects refer to and do not hold, each once. */
export function outside(objects: readonly KubernetesObject[]): Need[] {
  const made = new Set([...objects.map(identity), ...objects.flatMap(broughtBy)]);
  const needs = [...objects.flatMap(namespaceOf), ...workloads(objects).flatMap(needsOf)];
  const missing = needs.filter(({ object }) => !made.has(identity(object)));
  return [...groupBy(missing, ({ object }) => identity(object)).values()].flatMap((same) =>
    same.slice(0, 1).map(({ object }) => ({
      object,
      keys: [...new Set(same.flatMap(({ keys }) => keys))],
      who: [...new Set(same.map(({ who }) => who))].slice(0, 3).join(", "),
    })),
  );
}

/** An ExternalSecret brings its Secret. */
function broughtBy({ kind, metadata, spec }: KubernetesObject): string[] {
  if (kind !== "ExternalSecret") return [];
  const { target } = spec as { target: { name: string } };
  return [identity(named("Secret", target.name, metadata.namespace))];
}

function namespaceOf(object: KubernetesObject): Need[] {
  const { namespace } = object.metadata;
  return namespace === undefined ? [] : [{ object: named("Namespace", namespace), keys: [], who: "the stack" }];
}

function needsOf({ title, namespace, pod }: Workload): Need[] {
  return [
    ...classes(pod).map((object) => ({ object, keys: [], who: title })),
    ...podUses(pod)
      .filter(({ isOptional }) => !isOptional)
      .map(({ kind, name, keys = [] }) => ({ object: named(kind, name, namespace), keys, who: title })),
  ];
}

function classes({ priorityClassName, runtimeClassName }: PodSpec): KubernetesObject[] {
  return [
    ...(priorityClassName === undefined
      ? []
      : [named("PriorityClass", priorityClassName, undefined, "scheduling.k8s.io/v1")]),
    ...(runtimeClassName === undefined ? [] : [named("RuntimeClass", runtimeClassName, undefined, "node.k8s.io/v1")]),
  ];
}

function named(kind: string, name: string, namespace?: string, apiVersion = "v1"): KubernetesObject {
  return { apiVersion, kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) } };
}

async function look({ cluster, signal }: Patient, { object, keys, who }: Need): Promise<Found[]> {
  const { kind, metadata } = object;
  const scope = metadata.namespace === undefined ? [] : ["-n", metadata.namespace];
  const args = ["get", kind, metadata.name, ...scope, "-o", "json", REQUEST_TIMEOUT];
  const { code, stdout, stderr } = await tryKubectl(cluster, args, { signal });
  if (code !== 0) {
    if (!stderr.includes("NotFound")) return [warning(`${titleOf(object)} could not be looked at: ${stderr.trim()}`)];
    return [
      error(
        `There is no ${titleOf(object)}${metadata.namespace === undefined ? "" : ` in ${metadata.namespace}`}; ${who} needs it.`,
        `Make it before the deployment${kind === "Namespace" ? ", or set namespace.create to true" : ""}.`,
      ),
    ];
  }
  const { data = {}, binaryData = {} } = JSON.parse(stdout) as Keyed;
  const there = [...Object.keys(data), ...Object.keys(binaryData)];
  const missing = keys.filter((key) => !there.includes(key));
  if (missing.length === 0) return [];
  return [
    error(
      `${titleOf(object)} has no key ${missing.join(", ")}; ${who} needs it.`,
      `It has: ${there.join(", ") || "none"}.`,
    ),
  ];
}
