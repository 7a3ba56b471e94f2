/** Something that others make and a stack's object refers to by name. */
import type { KubernetesObject } from "../../recording/recording";
import { titleOf } from "../../cluster/live";
import type { LiveObject } from "../../cluster/live";
import { tryKubectl } from "../../cluster/kubectl";
import { error, warning } from "./finding";
import { REQUEST_TIMEOUT } from "../../cluster/kubectl";
import type { Found, Patient } from "./finding";

/** Something that must be there, and who needs it. */
export interface Need {
  readonly object: KubernetesObject;
  /** Keys of a Secret or ConfigMap. @default [] */
  readonly keys?: readonly string[];
  readonly who: string;
  /** What to do if it is not there. @default - it is to be made before the deployment */
  readonly fix?: string;
  /** What else is wrong with it. @default - nothing else can be */
  readonly check?: (live: LiveObject) => Found[];
}

interface Keyed {
  readonly data?: Readonly<Record<string, unknown>>;
  readonly binaryData?: Readonly<Record<string, unknown>>;
}

/** An object as much as it takes to ask for it. */
export function named(kind: string, name: string, namespace?: string, apiVersion = "v1"): KubernetesObject {
  return { apiVersion, kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) } };
}

/** Whether it is there, with its keys. */
export async function lookUp(
  { cluster, signal }: Patient,
  { object, keys = [], who, fix, check }: Need,
): Promise<Found[]> {
  const { apiVersion, kind, metadata } = object;
  const [version = "", group] = apiVersion.split("/").reverse();
  const resource = group === undefined ? kind : `${kind}.${version}.${group}`;
  const scope = metadata.namespace === undefined ? [] : ["-n", metadata.namespace];
  const args = ["get", resource, metadata.name, ...scope, "-o", "json", REQUEST_TIMEOUT];
  const { code, stdout, stderr } = await tryKubectl(cluster, args, { signal });
  const title = `${titleOf(object)}${metadata.namespace === undefined ? "" : ` in ${metadata.namespace}`}`;
  if (code !== 0) {
    const isUnknown = stderr.includes("doesn't have a resource type");
    if (stderr.includes("(Forbidden)"))
      return [
        warning(`The deployer may not get ${titleOf(object)}; whether it is there, as ${who} needs it, was not seen.`),
      ];
    if (!isUnknown && !stderr.includes("NotFound"))
      return [warning(`${titleOf(object)} could not be looked at: ${stderr.trim()}`)];
    return [
      error(
        isUnknown
          ? `The cluster does not serve ${kind} of ${apiVersion}, of which ${who} needs ${metadata.name}.`
          : `There is no ${title}; ${who} needs it.`,
        fix ?? `Make it before the deployment${kind === "Namespace" ? ", or set namespace.create to true" : ""}.`,
      ),
    ];
  }
  const live = JSON.parse(stdout) as LiveObject & Keyed;
  const { data = {}, binaryData = {} } = live;
  const there = [...Object.keys(data), ...Object.keys(binaryData)];
  const missing = keys.filter((key) => !there.includes(key));
  return [
    ...(missing.length === 0
      ? []
      : [
          error(
            `${titleOf(object)} has no key ${missing.join(", ")}; ${who} needs it.`,
            `It has: ${there.join(", ") || "none"}.`,
          ),
        ]),
    ...(check?.(live) ?? []),
  ];
}
