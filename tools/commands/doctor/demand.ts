/** What a stack's pods ask of a cluster at the peak of a rollout. */
import { isQuantity, parseQuantity } from "../../../config/schema/quantity";
import { podsAtPeak } from "../../recording/pod-numbers";
import type { KubernetesObject } from "../../recording/recording";
import { titleOf } from "../../cluster/live";

/** Amounts by name, e.g. `requests.cpu` in cores, `requests.memory` in bytes. */
export type Amounts = Readonly<Record<string, number>>;

/** A pod's part of a manifest, as much as is asked of it. */
export interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly tolerations?: readonly Toleration[];
  readonly priorityClassName?: string;
  readonly runtimeClassName?: string;
}

export interface Container {
  readonly resources?: { readonly requests?: Record<string, string>; readonly limits?: Record<string, string> };
  readonly restartPolicy?: string;
}

export interface Toleration {
  readonly key?: string;
  readonly operator?: string;
  readonly value?: string;
  readonly effect?: string;
}

/** A workload and the pods it may have at once. */
export interface Workload {
  readonly title: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly pod: PodSpec;
  /** Pods at the peak of a rollout, those of an autoscaler's upper end included. */
  readonly peak: number;
}

interface Spec {
  readonly template?: { readonly metadata?: { readonly labels?: Record<string, string> }; readonly spec: PodSpec };
}

/** The workloads among a stack's objects. */
export function workloads(objects: readonly KubernetesObject[]): Workload[] {
  return objects.flatMap((object) => {
    const { template } = (object.spec ?? {}) as Spec;
    if (template?.spec === undefined) return [];
    const { labels = {} } = template.metadata ?? {};
    return [
      {
        title: titleOf(object),
        namespace: object.metadata.namespace ?? "default",
        labels,
        pod: template.spec,
        peak: podsAtPeak(object, objects),
      },
    ];
  });
}

/**
 * What a pod counts for: containers together, or its largest init container where that is more; a sidecar (an init
 * container that goes on) counts as a container.
 */
export function amountsOf({ containers, initContainers = [] }: PodSpec): Amounts {
  const sidecars = initContainers.filter(({ restartPolicy }) => restartPolicy === "Always");
  const once = initContainers.filter((container) => !sidecars.includes(container));
  const together = [...containers, ...sidecars].map(amounts).reduce((a, b) => combine(a, b, (x, y) => x + y), {});
  return once.map(amounts).reduce((a, b) => combine(a, b, Math.max), together);
}

function amounts({ resources = {} }: Container): Amounts {
  const entries = (["requests", "limits"] as const).flatMap((kind) =>
    Object.entries(resources[kind] ?? {}).map(([name, quantity]) => [`${kind}.${name}`, quantityOf(quantity)] as const),
  );
  return Object.fromEntries(entries);
}

/** A quantity that a cluster gives; it may be in a form that no stack may use, such as 1e3. */
export function quantityOf(text = "0"): number {
  return isQuantity(text) ? parseQuantity(text) : Number(text) || 0;
}

/** Two sets of amounts as one; a missing amount is 0. */
export function combine(a: Amounts, b: Amounts, how: (x: number, y: number) => number): Amounts {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return Object.fromEntries(names.map((name) => [name, how(a[name] ?? 0, b[name] ?? 0)]));
}

/** An amount as a person reads it: `500m`, `2`, `3.5Gi`. */
export function amountText(name: string, amount: number): string {
  if (name.endsWith("cpu")) return Number.isInteger(amount) ? String(amount) : `${String(Math.round(amount * 1000))}m`;
  if (!/memory$|storage$/.test(name)) return String(amount);
  const unit = amount >= 2 ** 30 ? 2 ** 30 : 2 ** 20;
  return `${String(Math.round((amount / unit) * 10) / 10)}${unit === 2 ** 30 ? "Gi" : "Mi"}`;
}
