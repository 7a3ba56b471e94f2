/** Whether the pods that run are ready, and what those that are not say themselves. */
import { error, list, ok, skipped, warning } from "./finding";
import { count, groupBy } from "../../shared/text";
import type { Found, Patient } from "./finding";
import { isOneOf, isRunning } from "./node-room";
import type { RunningPod } from "./node-room";
import { workloads } from "./demand";
import type { Workload } from "./demand";

/** A pod with what it tells of itself. */
export interface LivePod extends RunningPod {
  readonly metadata: RunningPod["metadata"] & {
    readonly name: string;
    readonly creationTimestamp: string;
    readonly deletionTimestamp?: string;
  };
  readonly spec: RunningPod["spec"] & {
    readonly containers: readonly {
      readonly name: string;
      readonly startupProbe?: Probe;
      readonly readinessProbe?: Probe;
    }[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly lastTransitionTime?: string;
      readonly message?: string;
    }[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

interface Probe {
  readonly initialDelaySeconds?: number;
  readonly periodSeconds?: number;
  readonly failureThreshold?: number;
}

interface Ended {
  readonly exitCode: number;
  readonly reason?: string;
  readonly message?: string;
  readonly finishedAt?: string;
}

interface ContainerStatus {
  readonly name: string;
  readonly restartCount: number;
  readonly state?: {
    readonly waiting?: { readonly reason?: string; readonly message?: string };
    readonly running?: { readonly startedAt?: string };
    readonly terminated?: Ended;
  };
  readonly lastState?: { readonly terminated?: Ended };
}

/** What the cluster tells of an object. */
export interface ClusterEvent {
  readonly involvedObject: { readonly kind: string; readonly name: string };
  readonly reason?: string;
  readonly message?: string;
  readonly lastTimestamp?: string | null;
  readonly eventTime?: string | null;
  readonly metadata: { readonly creationTimestamp: string };
}

/** What a pod that is not ready waits for, by its app, where its words alone do not tell. */
const WAITS_FOR: Readonly<Record<string, string>> = {
  surrealdb: "The database answers 503 on /ready while its start-up file has not run; its log tells why it has not.",
};

/** Reasons to wait that pass by themselves. */
const STARTING = ["ContainerCreating", "PodInitializing"];

/** Minutes in which a restart counts as one of late. */
const LATE = 60;

/** Minutes a node may take to pull an image. */
const PULL = 2;

/** Every pod of the stack is ready, or may still be starting. Pods of Jobs are told of with their Jobs. */
export async function pods(patient: Patient): Promise<Found[]> {
  const wanted = workloads(patient.objects.filter(({ kind }) => kind !== "Job"));
  const namespaces = [...new Set(wanted.map(({ namespace }) => namespace))];
  const all = (await Promise.all(namespaces.map((name) => list<LivePod>(patient, "pods", "-n", name)))).flat();
  const own = all.filter(
    (pod) => isOneOf(pod, wanted) && isRunning(pod) && pod.metadata.deletionTimestamp === undefined,
  );
  if (own.length === 0) return [skipped("No pod of the stack is there.")];
  const events = (await Promise.all(namespaces.map((name) => warnings(patient, name)))).flat();
  const byWorkload = groupBy(own, (pod) => wanted.find((workload) => isOneOf(pod, [workload])));
  const found = [...byWorkload].flatMap(([workload, group]) =>
    workload === undefined ? [] : workloadFound(workload, group, events),
  );
  const ready = own.filter(isReady).length;
  const rest = ready === own.length ? "ready" : `ready, ${String(own.length - ready)} starting`;
  return found.length > 0 ? found : [ok(`${count(ready, "pod")} ${rest}.`)];
}

/** Events of type Warning in a namespace, the newest last. */
export async function warnings(patient: Patient, namespace: string): Promise<ClusterEvent[]> {
  const events = await list<ClusterEvent>(patient, "events", "-n", namespace, "--field-selector=type=Warning");
  const timeOf = ({ lastTimestamp, eventTime, metadata }: ClusterEvent): string =>
    lastTimestamp ?? eventTime ?? metadata.creationTimestamp;
  return [...events].sort((a, b) => Date.parse(timeOf(a)) - Date.parse(timeOf(b)));
}

/** A pod's own words: what its containers wait for, how they last ended, and what the cluster warns of. */
export function wordsOf(pod: LivePod, events: readonly ClusterEvent[]): string[] {
  const containers = statusesOf(pod).flatMap(({ name, state, lastState }) => {
    const ended = state?.terminated ?? lastState?.terminated;
    const { reason, message } = state?.waiting ?? {};
    return [
      ...(reason === undefined || STARTING.includes(reason) ? [] : [sentence(`${name}: ${reason}`, message)]),
      ...(ended === undefined
        ? []
        : [
            sentence(
              `${name} ended with exit code ${String(ended.exitCode)}${ended.reason === undefined ? "" : `, ${ended.reason}`}`,
              ended.message,
            ),
          ]),
    ];
  });
  const unscheduled = pod.status?.conditions?.filter(
    ({ type, status }) => type === "PodScheduled" && status === "False",
  );
  return [
    ...containers,
    ...(unscheduled ?? []).map(({ message }) => sentence("No node takes it", message)),
    ...eventsOf("Pod", pod.metadata.name, events),
  ];
}

/** True if one of its containers has ended, started again or not. */
export function hasEnded(pod: LivePod): boolean {
  return statusesOf(pod).some(({ state, lastState }) => (state?.terminated ?? lastState?.terminated) !== undefined);
}

/** The last two different warnings about an object. */
export function eventsOf(kind: string, name: string, events: readonly ClusterEvent[]): string[] {
  const lines = events
    .filter(({ involvedObject }) => involvedObject.kind === kind && involvedObject.name === name)
    .map(({ reason = "Warning", message }) => sentence(reason, message));
  return [...new Set(lines)].slice(-2);
}

/** A text of others on one line of its own. */
function sentence(head: string, message = ""): string {
  const text = message.trim().replace(/\s+/g, " ");
  return text === "" ? `${head}.` : `${head}: ${text.length > 300 ? `${text.slice(0, 300)} ...` : text}`;
}

function workloadFound(workload: Workload, group: readonly LivePod[], events: readonly ClusterEvent[]): Found[] {
  const troubled = group.flatMap((pod) => {
    const trouble = troubleOf(pod);
    return trouble === undefined ? [] : [{ pod, trouble }];
  });
  const first = troubled.find(({ pod }) => !isReady(pod)) ?? troubled[0];
  if (first === undefined) return [];
  const { pod, trouble } = first;
  const others = troubled.length > 1 ? ` So it is with ${String(troubled.length - 1)} more of its pods.` : "";
  const hint = isReady(pod) ? undefined : WAITS_FOR[workload.labels.app ?? ""];
  const detail = [
    `Pod ${pod.metadata.name} of ${workload.title} ${trouble}.${others}`,
    ...(hint === undefined ? [] : [hint]),
    ...wordsOf(pod, events),
  ].join("\n");
  return [isReady(pod) ? warning(detail, look(pod)) : error(detail, look(pod))];
}

/** What is wrong with a pod. Undefined if it is ready, or may still be starting. */
function troubleOf(pod: LivePod): string | undefined {
  const restarted = statusesOf(pod).filter(({ restartCount }) => restartCount > 0);
  const restarts = Math.max(0, ...restarted.map(({ restartCount }) => restartCount));
  if (isReady(pod)) {
    const ends = restarted.flatMap(({ lastState }) => lastState?.terminated?.finishedAt ?? []).map(minutesSince);
    const last = Math.min(...ends);
    return last > LATE ? undefined : `was restarted (${count(restarts, "time")}), last ${count(last, "minute")} ago`;
  }
  if (restarts > 0) return `is not ready, and was restarted (${count(restarts, "time")})`;
  const stuck = statusesOf(pod).flatMap(({ state }) => state?.waiting?.reason ?? []);
  if (stuck.some((reason) => !STARTING.includes(reason))) return "does not start";
  const runs = pod.status?.phase === "Running";
  const allowed = Math.ceil(Math.max(...pod.spec.containers.map(startSeconds)) / 60) + (runs ? 0 : PULL);
  const minutes = minutesSince(notReadySince(pod));
  if (minutes <= allowed) return undefined;
  const what = runs ? "runs and is not ready" : "has not started";
  return `${what} after ${count(minutes, "minute")}; it may take ${String(allowed)}`;
}

/** When it last was ready, or its containers started, or it was made. */
function notReadySince(pod: LivePod): string {
  const changed = pod.status?.conditions?.find(({ type }) => type === "Ready")?.lastTransitionTime;
  const started = statusesOf(pod).map(({ state }) => state?.running?.startedAt);
  const times = [changed, ...started].filter((time) => time !== undefined);
  return times.sort((a, b) => Date.parse(b) - Date.parse(a))[0] ?? pod.metadata.creationTimestamp;
}

/** Seconds in which a container gets ready, or is given up. */
function startSeconds({ startupProbe, readinessProbe }: LivePod["spec"]["containers"][number]): number {
  const { initialDelaySeconds = 0, periodSeconds = 10, failureThreshold = 3 } = startupProbe ?? readinessProbe ?? {};
  return initialDelaySeconds + periodSeconds * failureThreshold;
}

function minutesSince(time: string): number {
  return Math.floor((Date.now() - Date.parse(time)) / 60_000);
}

function isReady({ status }: LivePod): boolean {
  return status?.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True") ?? false;
}

function statusesOf({ status }: LivePod): readonly ContainerStatus[] {
  return [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
}

/** The line that shows a pod's log, or what keeps it from having one. */
function look(pod: LivePod): string {
  const { namespace, name } = pod.metadata;
  const ran = statusesOf(pod).find(
    ({ state, lastState }) => state?.running ?? state?.terminated ?? lastState?.terminated,
  );
  if (ran === undefined) return `Type: kubectl describe pod -n ${namespace} ${name}`;
  const previous = ran.state?.running === undefined || isReady(pod) ? " --previous" : "";
  return `Type: kubectl logs -n ${namespace} ${name} -c ${ran.name}${previous}`;
}
