/** Whether the stack's Jobs have done what they are there for. */
import type { KubernetesObject } from "../../recording/recording";
import { identity, liveObjects, titleOf } from "../../cluster/live";
import type { LiveObject } from "../../cluster/live";
import { stateObjects } from "../../pulumi/state";
import { error, list, ok, skipped, warning } from "./finding";
import { count } from "../../shared/text";
import type { Found, Patient } from "./finding";
import { eventsOf, hasEnded, warnings, wordsOf } from "./unready-pods";
import type { LivePod } from "./unready-pods";

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

/** No Job that the stack wants, or that its state knows, has failed. */
export async function jobs(patient: Patient): Promise<Found[]> {
  const { objects, state, cluster, signal } = patient;
  const isJob = ({ kind }: KubernetesObject): boolean => kind === "Job";
  const held = (state === undefined ? [] : stateObjects(state)).filter(({ object }) => isJob(object));
  const known = held.map(({ object }) => object);
  const all = [...new Map([...objects.filter(isJob), ...known].map((job) => [identity(job), job])).values()];
  if (all.length === 0) return [skipped("The stack has no Job.")];
  const live = await liveObjects(cluster, all, signal);
  // one that has done its work may be tidied away
  const failed = held.filter(({ resource: { initErrors = [] } }) => initErrors.length > 0);
  const gone = failed.map(({ object }) => object).filter((job) => !live.has(identity(job)));
  const looked = await Promise.all([...live.values()].map((job) => look(patient, job)));
  const found = [...looked.flat(), ...gone.map((job) => deleted(patient, job))];
  if (found.length > 0) return found;
  return [
    live.size === 0 ? skipped("No Job of the stack is there yet.") : ok(`${count(live.size, "Job")}: none failed.`),
  ];
}

function deleted({ file }: Patient, job: KubernetesObject): Found {
  return error(
    `${titleOf(job)} failed, and somebody has deleted it: a preview stops at it with "not found".`,
    `Type: npm run up -- ${file.stack}, which makes it anew; pulumi up --refresh does as well.`,
  );
}

async function look(patient: Patient, job: LiveObject): Promise<Found[]> {
  const { name, namespace = "default" } = job.metadata;
  const { conditions = [] } = (job.status ?? {}) as { readonly conditions?: readonly Condition[] };
  const holding = conditions.filter(({ status }) => status === "True");
  if (holding.some(({ type }) => type === "Complete")) return [];
  const [pods, events] = await Promise.all([
    list<LivePod>(patient, "pods", "-n", namespace, "-l", `batch.kubernetes.io/job-name=${name}`),
    warnings(patient, namespace),
  ]);
  const pod = telling(pods);
  const words = [...(pod === undefined ? [] : wordsOf(pod, events)), ...eventsOf("Job", name, events)];
  const failure = holding.find(({ type }) => type === "Failed");
  if (failure === undefined) {
    if (pod === undefined || !hasEnded(pod)) return [];
    const detail = [`${titleOf(job)} tries again; it has not succeeded so far.`, ...words].join("\n");
    return [warning(detail, `Type: kubectl logs -n ${namespace} job/${name}`)];
  }
  const cause = [failure.reason, failure.message].filter((text) => text !== undefined && text !== "").join(": ");
  const told =
    pod === undefined
      ? { by: "Its pods are gone, and their logs with them.", line: `kubectl describe job -n ${namespace} ${name}` }
      : { by: `The log of pod ${pod.metadata.name} tells why.`, line: `kubectl logs -n ${namespace} job/${name}` };
  return [
    error(
      [`${titleOf(job)} failed (${cause}). ${told.by}`, ...words.filter((line) => line !== cause)].join("\n"),
      `Type: ${told.line}\nOnce that is mended: the next pulumi up makes the Job anew.`,
    ),
  ];
}

/** The pod that tells most: the newest of those that have ended once. */
function telling(pods: readonly LivePod[]): LivePod | undefined {
  const made = ({ metadata }: LivePod): number => Date.parse(metadata.creationTimestamp);
  const sorted = [...pods].sort((a, b) => made(b) - made(a));
  return sorted.find(hasEnded) ?? sorted[0];
}
