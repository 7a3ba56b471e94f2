/** Whether what the stack refers to and does not make is there: Secrets with their keys, classes, ways in, the namespace. */
import { podUses } from "../../report/compare/pod-inputs";
import type { KubernetesObject } from "../../recording/recording";
import { identity, titleOf } from "../../cluster/live";
import { tryKubectl } from "../../cluster/kubectl";
import { waysIn } from "./ways-in";
import { ok, skipped, warning } from "./finding";
import { count, groupBy } from "../../shared/text";
import { REQUEST_TIMEOUT } from "../../cluster/kubectl";
import type { Found, Patient } from "./finding";
import { lookUp, named } from "./need";
import type { Need } from "./need";
import { workloads } from "./demand";
import type { PodSpec, Workload } from "./demand";

/** Every reference to the outside leads somewhere. Values are never shown. */
export async function references(patient: Patient): Promise<Found[]> {
  const looks = [
    ...outside(patient.objects).map((need) => () => lookUp(patient, need)),
    ...waysIn(patient),
    ...metrics(patient),
  ];
  if (looks.length === 0) return [skipped("The stack refers to nothing that somebody else makes.")];
  const found = (await Promise.all(looks.map((one) => one()))).flat();
  return found.length > 0
    ? found
    : [ok(`${count(looks.length, "reference")} to what others make: all there, with their keys.`)];
}

/** What the objects refer to and do not hold, each once. */
function outside(objects: readonly KubernetesObject[]): Need[] {
  const made = new Set([...objects.map(identity), ...objects.flatMap(broughtBy)]);
  const needs = [...objects.flatMap(namespaceOf), ...workloads(objects).flatMap(needsOf), ...objects.flatMap(storeOf)];
  const missing = needs.filter(({ object }) => !made.has(identity(object)));
  return [...groupBy(missing, ({ object }) => identity(object)).values()].flatMap((same) =>
    same.slice(0, 1).map((need) => ({
      ...need,
      keys: [...new Set(same.flatMap(({ keys = [] }) => keys))],
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

/** The store an ExternalSecret is brought from. */
function storeOf({ apiVersion, kind, metadata, spec }: KubernetesObject): Need[] {
  if (kind !== "ExternalSecret") return [];
  const { secretStoreRef: store } = spec as { secretStoreRef: { name: string; kind?: string } };
  const { kind: storeKind = "SecretStore", name } = store;
  const namespace = storeKind === "SecretStore" ? metadata.namespace : undefined;
  return [{ object: named(storeKind, name, namespace, apiVersion), who: titleOf({ apiVersion, kind, metadata }) }];
}

/** A metrics server measures utilization; without it an autoscaler keeps to its lower end. */
function metrics({ objects, cluster, signal }: Patient): (() => Promise<Found[]>)[] {
  const scaled = objects.filter(({ kind }) => kind === "HorizontalPodAutoscaler").map(titleOf);
  if (scaled.length === 0) return [];
  return [
    async () => {
      const path = "/apis/metrics.k8s.io/v1beta1";
      const { code, stderr } = await tryKubectl(cluster, ["get", "--raw", path, REQUEST_TIMEOUT], { signal });
      if (code === 0) return [];
      return [
        warning(
          `The cluster serves no metrics (metrics.k8s.io), and ${scaled.slice(0, 3).join(", ")} cannot scale (${stderr.trim()}).`,
          "Install the metrics server, or set replicas in place of autoscaling.",
        ),
      ];
    },
  ];
}

function namespaceOf(object: KubernetesObject): Need[] {
  const { namespace } = object.metadata;
  return namespace === undefined ? [] : [{ object: named("Namespace", namespace), who: "the stack" }];
}

function needsOf({ title, namespace, pod }: Workload): Need[] {
  return [
    ...classes(pod).map((object) => ({ object, who: title })),
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
