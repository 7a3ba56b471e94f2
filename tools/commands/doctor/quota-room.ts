/** Whether the quotas of the namespace leave room for the peak of a rollout. */
import type { KubernetesObject } from "../../recording/recording";
import { liveObjects } from "../../cluster/live";
import { error, Forbidden, list, ok, skipped, warning } from "./finding";
import type { Found, Patient } from "./finding";
import { isOneOf, isRunning } from "./node-room";
import type { RunningPod } from "./node-room";
import { amountsOf, amountText, combine, quantityOf, workloads } from "./demand";
import type { Amounts } from "./demand";

interface Quota {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: {
    readonly hard?: Readonly<Record<string, string>>;
    readonly scopes?: readonly string[];
    readonly scopeSelector?: object;
  };
  readonly status?: { readonly used?: Readonly<Record<string, string>> };
}

/** A quota may name these without `requests.`. */
const SHORT = ["cpu", "memory", "ephemeral-storage"];

/** Quotas that others set in the stack's namespace; the stack's own follows from its pods. */
export async function quotas(patient: Patient): Promise<Found[]> {
  const wanted = workloads(patient.objects);
  const namespaces = [...new Set(wanted.map(({ namespace }) => namespace))];
  const own = patient.objects.filter(({ kind }) => kind === "ResourceQuota").map(({ metadata }) => metadata.name);
  try {
    const all = (
      await Promise.all(namespaces.map((name) => list<Quota>(patient, "resourcequotas", "-n", name)))
    ).flat();
    const foreign = all.filter(({ metadata }) => !own.includes(metadata.name));
    if (foreign.length === 0) return [skipped("No quota limits the namespace beside the stack's own.")];
    const pods = (await Promise.all(namespaces.map((name) => list<RunningPod>(patient, "pods", "-n", name)))).flat();
    const claimed = await ownClaims(patient);
    const present = sum([
      ...claimed.map(claimAmounts),
      ...pods.filter((pod) => isOneOf(pod, wanted) && isRunning(pod)).map(({ spec }) => podAmounts(amountsOf(spec))),
    ]);
    const peak = sum(
      wanted.flatMap(({ pod, peak: times }) => Array.from({ length: times }, () => podAmounts(amountsOf(pod)))),
    );
    const claims = sum(claimsOf(patient.objects).map(claimAmounts));
    const found = foreign.flatMap((quota) =>
      exceeded(
        quota,
        combine(peak, claims, (a, b) => a + b),
        present,
      ),
    );
    return found.length > 0
      ? found
      : [ok(`${foreign.map(({ metadata }) => metadata.name).join(", ")}: room for the peak of a rollout.`)];
  } catch (failure) {
    if (!(failure instanceof Forbidden)) throw failure;
    return [warning(`${failure.message}; quotas were not looked at.`)];
  }
}

function podAmounts(amounts: Amounts): Amounts {
  return { ...amounts, pods: 1, "count/pods": 1 };
}

interface ClaimSpec {
  readonly resources: { readonly requests: { readonly storage: string } };
}

/** The stack's claims, and those that its StatefulSets make. */
function claimsOf(objects: readonly KubernetesObject[]): KubernetesObject[] {
  return objects.flatMap((object) => {
    if (object.kind === "PersistentVolumeClaim") return [object];
    const { replicas = 1, volumeClaimTemplates = [] } = (object.spec ?? {}) as {
      readonly replicas?: number;
      readonly volumeClaimTemplates?: readonly Pick<KubernetesObject, "metadata" | "spec">[];
    };
    const { name, namespace } = object.metadata;
    return volumeClaimTemplates.flatMap(({ metadata, spec }) =>
      Array.from({ length: replicas }, (_, index) => ({
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        metadata: { name: `${metadata.name}-${name}-${String(index)}`, namespace },
        spec,
      })),
    );
  });
}

/** Those of them that exist. */
async function ownClaims({ objects, cluster, signal }: Patient): Promise<KubernetesObject[]> {
  return [...(await liveObjects(cluster, claimsOf(objects), signal)).values()];
}

function claimAmounts({ spec }: KubernetesObject): Amounts {
  return { persistentvolumeclaims: 1, "requests.storage": quantityOf((spec as ClaimSpec).resources.requests.storage) };
}

function sum(all: readonly Amounts[]): Amounts {
  return all.reduce((a, b) => combine(a, b, (x, y) => x + y), {});
}

function exceeded({ metadata, spec, status }: Quota, peak: Amounts, present: Amounts): Found[] {
  if (spec.scopes !== undefined || spec.scopeSelector !== undefined) {
    return [warning(`Quota ${metadata.name} counts some pods only; it was not looked at.`)];
  }
  return Object.entries(spec.hard ?? {}).flatMap(([name, limit]) => {
    const amount = SHORT.includes(name) ? `requests.${name}` : name;
    const needed = peak[amount];
    if (needed === undefined) return [];
    const used = quantityOf(status?.used?.[name] ?? "0");
    const others = Math.max(0, used - (present[amount] ?? 0));
    if (others + needed <= quantityOf(limit) * (1 + 1e-9)) return [];
    const text = (value: number): string => amountText(name, value);
    return [
      error(
        `Quota ${metadata.name} allows ${limit} of ${name}; the peak of a rollout takes ${text(needed)}, others have ${text(others)}.`,
        `Raise it to ${text(others + needed)}, or ask for less.`,
      ),
    ];
  });
}
