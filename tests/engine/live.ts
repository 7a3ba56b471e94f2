/** What is in a cluster, beside what the program asks for. */
import { STACK_MARK } from "../../components/stack-mark";
import { parseQuantity } from "../../config/schema/quantity";
import { getObjects, kubectl } from "../../tools/cluster/kubectl";
import type { Cluster } from "../../tools/cluster/kubectl";
import { kubernetesObjects } from "../../tools/recording/recording";
import type { KubernetesObject } from "../../tools/recording/recording";
import type { LiveObject, TestStack } from "../support/engine";

/** Kubernetes makes these by itself, with no controller as their owner. */
const MADE_BY_KUBERNETES = ["ConfigMap kube-root-ca.crt", "ServiceAccount default"];
const DERIVED = ["endpoints", "events", "events.events.k8s.io"];
/** The API server writes these in its own form: 1000m becomes 1. */
const QUANTITY_PATH = /\.(requests|limits)\.[a-z]+$/;
/** Values that follow from random bytes which the state alone holds: a recording makes up others. */
const RANDOM = [".annotations.checksum/secrets", `.annotations.${STACK_MARK}`];

/** `<kind> <name>`, e.g. `Deployment vapora-backend`. */
export function describeObject({
  kind,
  metadata,
}: Pick<KubernetesObject, "kind"> & { metadata: { name: string } }): string {
  return `${kind} ${metadata.name}`;
}

/** A stack's namespace and all in it, of any kind, but for what Kubernetes and its controllers made from others. */
export async function ownObjects(cluster: Cluster, stack: TestStack): Promise<LiveObject[]> {
  const names = await kubectl(cluster, ["api-resources", "--verbs=list", "--namespaced", "-o", "name"]);
  const kinds = names.split("\n").filter((name) => name !== "" && !DERIVED.includes(name));
  const namespace = await getObjects<LiveObject>(cluster, [
    "namespaces",
    `--field-selector=metadata.name=${stack.namespace}`,
  ]);
  const objects = await stack.live(...kinds);
  const isOwn = (object: LiveObject): boolean =>
    !isControlled(object) && !MADE_BY_KUBERNETES.includes(describeObject(object));
  return [...namespace, ...objects.filter(isOwn)];
}

function isControlled({ metadata }: LiveObject): boolean {
  return metadata.ownerReferences?.some(({ controller }) => controller) ?? false;
}

/**
 * How what is in the cluster differs from what the program asks for: one line for every object that is missing or too
 * many, and for every field that is wanted and not there with the same value.
 */
export async function unlikeRendered(cluster: Cluster, stack: TestStack): Promise<string[]> {
  const wanted = kubernetesObjects(await stack.recording()).map(({ object }) => object);
  const live = new Map((await ownObjects(cluster, stack)).map((object) => [describeObject(object), object]));
  const names = wanted.map(describeObject);
  const extra = [...live.keys()].filter((name) => !names.includes(name)).map((name) => `${name} is not wanted`);
  return [...extra, ...wanted.flatMap((object) => differences(object, live.get(describeObject(object))))];
}

/** Of a Secret only the keys are compared. */
function differences(wanted: KubernetesObject, live: LiveObject | undefined): string[] {
  const what = describeObject(wanted);
  if (live === undefined) return [`${what} is not there`];
  if (wanted.kind !== "Secret") return compare(wanted, live, what);
  const { stringData, ...rest } = wanted;
  return [...compare(rest, live, what), ...compare(keysOf(stringData), keysOf(live.data), `${what}: keys`)];
}

function keysOf(value: unknown): string[] {
  return Object.keys(value as object).sort();
}

function compare(wanted: unknown, live: unknown, path: string): string[] {
  if (Array.isArray(wanted)) {
    if (!Array.isArray(live) || live.length !== wanted.length) return [difference(wanted, live, path)];
    return wanted.flatMap((item, index) => compare(item, live[index], `${path}[${String(index)}]`));
  }
  if (typeof wanted === "object" && wanted !== null) {
    return Object.entries(wanted).flatMap(([key, value]) =>
      compare(value, (live as Record<string, unknown> | undefined)?.[key], `${path}.${key}`),
    );
  }
  if (RANDOM.some((end) => path.endsWith(end)) && typeof live === "string") return [];
  // the API server leaves the value of a variable out where it is empty
  if (wanted === "" && live === undefined && /\.env\[\d+\]\.value$/.test(path)) return [];
  return wanted === live || sameQuantity(wanted, live, path) ? [] : [difference(wanted, live, path)];
}

function sameQuantity(wanted: unknown, live: unknown, path: string): boolean {
  return QUANTITY_PATH.test(path) && parseQuantity(String(wanted)) === parseQuantity(String(live));
}

function difference(wanted: unknown, live: unknown, path: string): string {
  return `${path}: ${JSON.stringify(wanted)} is wanted, ${JSON.stringify(live)} is there`;
}

/** Whether an object is the same one, and unchanged: its uid or resource version by `<kind> <name>`. */
export function marks(objects: readonly LiveObject[], mark: "uid" | "resourceVersion"): Record<string, string> {
  return Object.fromEntries(objects.map((object) => [describeObject(object), object.metadata[mark]]));
}
