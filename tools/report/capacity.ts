/** What a stack takes of its cluster, at rest and in the midst of a rollout of everything. */
import type { Footprint } from "../../kubernetes/footprint";
import { quotaFor } from "../../kubernetes/footprint";
import { peakPods } from "../../kubernetes/rollout";
import { parseQuantity } from "../../config/schema/quantity";
import { podsAtMost, surges } from "../recording/pod-numbers";
import { kubernetesObjects } from "../recording/recording";
import type { KubernetesObject, Recording } from "../recording/recording";

/** Amounts in the words of a ResourceQuota: `requests.cpu`, `requests.memory`, `requests.storage`, `pods` and so on. */
export type Amounts = Readonly<Record<string, string>>;

/** What a stack takes. */
export interface Capacity {
  /** With every autoscaler at its largest. */
  readonly running: Amounts;
  /** The most there may be while pods are replaced, those on their way out included. */
  readonly peak: Amounts;
}

interface Container {
  readonly resources?: Readonly<Partial<Record<"requests" | "limits", Readonly<Record<string, string>>>>>;
}

interface Workload {
  readonly volumeClaimTemplates?: readonly { readonly spec: ClaimSpec }[];
  readonly template: {
    readonly spec: {
      readonly terminationGracePeriodSeconds?: number;
      readonly containers: readonly Container[];
    };
  };
}

interface ClaimSpec {
  readonly resources: { readonly requests: { readonly storage: string } };
}

const NOTHING = { cpu: "0", memory: "0", ephemeralStorage: "0" };
/** Kubernetes' own, where a pod says nothing. */
const GRACE_SECONDS = 30;

/** What a stack takes, from its objects alone. */
export function capacityOf(recording: Recording): Capacity {
  const objects = kubernetesObjects(recording).map(({ object }) => object);
  return {
    running: quotaFor(
      objects.flatMap((object) => footprints(object, objects, false)),
      0,
    ),
    peak: quotaFor(
      objects.flatMap((object) => footprints(object, objects, true)),
      0,
    ),
  };
}

function footprints(object: KubernetesObject, all: readonly KubernetesObject[], isPeak: boolean): Footprint[] {
  if (object.kind === "PersistentVolumeClaim") return [claims(1, object.spec as ClaimSpec)];
  if (!["Deployment", "StatefulSet", "Job"].includes(object.kind)) return [];
  const spec = object.spec as Workload;
  const pods = podsAtMost(object, all);
  const { terminationGracePeriodSeconds: grace = GRACE_SECONDS, containers } = spec.template.spec;
  // a Job is over before long
  const running = object.kind === "Job" ? 0 : pods;
  return [
    {
      pods: isPeak ? peakPods(pods, surges(object), grace) : running,
      resources: { requests: sum(containers, "requests"), limits: sum(containers, "limits") },
      mounts: [],
    },
    ...(spec.volumeClaimTemplates ?? []).map((template) => claims(pods, template.spec)),
  ];
}

function claims(number: number, { resources }: ClaimSpec): Footprint {
  const none = { requests: NOTHING, limits: NOTHING };
  return { pods: 0, resources: none, mounts: [], claims: number, claimSize: resources.requests.storage };
}

/** All containers of a pod together. What one does not say is nothing. */
function sum(containers: readonly Container[], kind: "requests" | "limits"): typeof NOTHING {
  const total = (name: string): string =>
    String(
      containers
        .map(({ resources }) => parseQuantity(resources?.[kind]?.[name] ?? "0"))
        .reduce((all, amount) => all + amount, 0),
    );
  return { cpu: total("cpu"), memory: total("memory"), ephemeralStorage: total("ephemeral-storage") };
}
