import { z } from "zod";
import { read } from "./typed-objects";
import type { PolicyObject } from "./typed-objects";
import { podsOf } from "./pod-templates";
import type { Finding, StackRule } from "./policy-rule";

const claimSpec = z.object({ accessModes: z.array(z.string()).min(1) });
const autoscalerSpec = z.object({
  maxReplicas: z.number(),
  scaleTargetRef: z.object({ kind: z.string(), name: z.string() }),
});
const workloadSpec = z.object({
  replicas: z.number().nullish(),
  parallelism: z.number().nullish(),
  strategy: z
    .object({
      type: z.string().nullish(),
      rollingUpdate: z.object({ maxSurge: z.union([z.number(), z.string()]).nullish() }).nullish(),
    })
    .nullish(),
});

/** Modes in which pods on several nodes may use one claim. */
const SHARED = ["ReadWriteMany", "ReadOnlyMany"];

/** A claim for one node is used by one pod, also while a new one takes over. */
export const noSharedReadWriteOnce: StackRule = {
  name: "no-shared-read-write-once",
  why: "A ReadWriteOnce claim is one node's at a time: pods on other nodes hang, and on the same one they write over each other.",
  scope: "stack",
  check: (objects) => {
    const users = objects.flatMap((object) => claimsOf(object).map((claim) => ({ object, claim })));
    return users.flatMap(({ object, claim }): Finding[] => {
      if (isShared(objects, object, claim)) return [];
      const others = users.filter((user) => user.claim === claim && user.object.urn !== object.urn);
      const instead = "Use ReadWriteMany, or one replica with the strategy Recreate, or a volume per replica.";
      return [
        ...(mostPods(objects, object) > 1 ? [`runs several pods on the claim ${claim}`] : []),
        ...(surges(object) ? [`starts a second pod on the claim ${claim} during a rollout`] : []),
        ...others.map((other) => `shares the claim ${claim} with ${other.object.title}`),
      ].map((fact) => ({ object, fact: `${fact}, which is ReadWriteOnce or not in the stack`, instead }));
    });
  },
};

/** Names of claims every pod of the object mounts; those of a StatefulSet's templates are one per pod. */
function claimsOf(object: PolicyObject): string[] {
  const names = podsOf(object)
    .flatMap(({ volumes }) => volumes ?? [])
    .flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? []);
  return [...new Set(names)];
}

/** A claim that is not in the stack counts as one for a single node. */
function isShared(objects: readonly PolicyObject[], { namespace }: PolicyObject, name: string): boolean {
  const claim = objects.find(
    (object) => object.kind === "PersistentVolumeClaim" && object.name === name && object.namespace === namespace,
  );
  if (claim === undefined) return false;
  return read(claimSpec, claim.content.spec, claim.title).accessModes.some((mode) => SHARED.includes(mode));
}

/** The most pods that the object may run at a time, a rollout aside. */
function mostPods(objects: readonly PolicyObject[], object: PolicyObject): number {
  if (object.kind === "Pod") return 1;
  // one pod on every node; Kubernetes alone knows how many that are
  if (object.kind === "DaemonSet") return Infinity;
  const { replicas, parallelism } = read(workloadSpec, object.content.spec, object.title);
  const scaled = objects
    .filter(({ kind }) => kind === "HorizontalPodAutoscaler")
    .map((autoscaler) => read(autoscalerSpec, autoscaler.content.spec, autoscaler.title))
    .filter(({ scaleTargetRef }) => scaleTargetRef.kind === object.kind && scaleTargetRef.name === object.name);
  return Math.max(replicas ?? parallelism ?? 1, ...scaled.map(({ maxReplicas }) => maxReplicas));
}

/** Kubernetes' own strategy, a rolling update with a quarter more pods, starts the new pod first. */
function surges({ kind, content, title }: PolicyObject): boolean {
  if (kind !== "Deployment") return false;
  const { strategy } = read(workloadSpec, content.spec, title);
  if (strategy?.type === "Recreate") return false;
  return !["0", "0%"].includes(String(strategy?.rollingUpdate?.maxSurge ?? "25%"));
}
