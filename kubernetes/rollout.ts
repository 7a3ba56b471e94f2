/** How pods are replaced: derived from volumes, replicas and drain time, so that no stack can get it wrong. */
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { durationSeconds } from "../config/schema/duration";
import type { Storage } from "../config/schema/storage";
import type { ServiceSettings } from "../config/schema/workloads";

/** Seconds a pod may take to answer its startup probe. */
export const STARTUP_SECONDS = 120;
/** Seconds a node may take to pull an image. */
export const IMAGE_PULL_SECONDS = 120;
/** A pod that fails right after it has answered once must not count as a success. */
const MIN_READY_SECONDS = 10;
/** Seconds a process has left to end after its drain, before it is killed. */
const END_SECONDS = 5;

/** What a rollout follows from. */
export interface RolloutArgs {
  /** @default - the autoscaler decides */
  readonly replicas?: number | undefined;
  readonly autoscaling?: { readonly minReplicas: number; readonly maxReplicas: number } | undefined;
  /** @default - no volume */
  readonly storage?: Storage | undefined;
  readonly shutdown: ServiceSettings["shutdown"];
}

/** What follows. */
export interface Rollout {
  /** A StatefulSet where every pod has a claim of its own. */
  readonly kind: "Deployment" | "StatefulSet";
  /** True where a new pod is up before an old one goes. */
  readonly surges: boolean;
  /** Pods at least and at most, without what a rollout adds. */
  readonly pods: { readonly min: number; readonly max: number };
  /** Pods there may be in the midst of a rollout, those on their way out included. */
  readonly peakPods: number;
  readonly minReadySeconds: number;
  readonly progressDeadlineSeconds: number;
  readonly preStopSeconds: number;
  readonly terminationGracePeriodSeconds: number;
  /** How long the engine waits. */
  readonly timeouts: pulumi.CustomTimeouts;
}

/** The rollout of a service. */
export function rolloutOf({ replicas = 0, autoscaling, storage, shutdown }: RolloutArgs): Rollout {
  const kind = storage?.mode === "perReplica" ? "StatefulSet" : "Deployment";
  // a ReadWriteOnce claim, which is the default, is one node's at a time: the old pod goes first
  const isExclusive = storage?.mode === "shared" && storage.accessMode !== "ReadWriteMany";
  const surges = kind === "Deployment" && !isExclusive;
  const pods = { min: autoscaling?.minReplicas ?? replicas, max: autoscaling?.maxReplicas ?? replicas };
  const [delay, drain] = [seconds(shutdown.delay), seconds(shutdown.drain)];
  const grace = shutdown.gracePeriod === undefined ? delay + drain + END_SECONDS : seconds(shutdown.gracePeriod);
  const minReadySeconds = isExclusive ? 0 : MIN_READY_SECONDS;
  // only where the old pod goes first does the new one wait for its end
  const progressDeadlineSeconds = IMAGE_PULL_SECONDS + STARTUP_SECONDS + minReadySeconds + (surges ? 0 : grace);
  return {
    kind,
    surges,
    pods,
    peakPods: peakPods(pods.max, surges, grace),
    minReadySeconds,
    progressDeadlineSeconds,
    preStopSeconds: delay,
    terminationGracePeriodSeconds: grace,
    timeouts: awaitTimeouts(Math.max(1, pods.max) * (progressDeadlineSeconds + 30) + grace, grace),
  };
}

/** Pods there may be in the midst of a rollout: with surge one more, and those that are on their way out meanwhile. */
export function peakPods(pods: number, surges: boolean, graceSeconds: number): number {
  if (!surges || pods === 0) return pods;
  return pods + 1 + Math.min(pods, Math.ceil(graceSeconds / MIN_READY_SECONDS));
}

/** How long the engine waits for a workload: longer than its rollout may take, which then tells what is wrong. */
export function awaitTimeouts(rolloutSeconds: number, graceSeconds: number): pulumi.CustomTimeouts {
  const update = `${String(rolloutSeconds)}s`;
  return { create: update, update, delete: `${String(graceSeconds + 300)}s` };
}

/** The strategy of a Deployment. */
export function deploymentStrategy({ surges }: Rollout): k8s.types.input.apps.v1.DeploymentStrategy {
  return surges ? { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } : { type: "Recreate" };
}

function seconds(duration: string): number {
  const number = durationSeconds(duration);
  if (number === undefined) throw new Error(`'${duration}' is not a duration such as 30s or 5m`);
  return number;
}
