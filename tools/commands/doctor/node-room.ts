/** Whether every pod of a rollout's peak finds a node with room. */
import { error, Forbidden, list, ok, skipped, warning } from "./finding";
import { count } from "../../shared/text";
import type { Found, Patient } from "./finding";
import { amountsOf, amountText, combine, quantityOf, workloads } from "./demand";
import type { Amounts, PodSpec, Toleration, Workload } from "./demand";

interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

interface Node {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec: { readonly unschedulable?: boolean; readonly taints?: readonly Taint[] };
  readonly status: {
    readonly allocatable?: Readonly<Record<string, string>>;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** A pod of the cluster. */
export interface RunningPod {
  readonly metadata: { readonly namespace: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec: PodSpec & { readonly nodeName?: string };
  readonly status?: { readonly phase?: string };
}

/** Room is counted as the scheduler does: by requests, and by pods. */
const COUNTED = ["cpu", "memory", "ephemeral-storage"];

/** A node and what is left of it. */
interface Room {
  readonly node: Node;
  left: Amounts;
}

/** Nodes that match, with room for every pod there may be at once, but for those on their way out: they make room. */
export async function nodes(patient: Patient): Promise<Found[]> {
  const wanted = workloads(patient.objects).filter(({ peak }) => peak > 0);
  if (wanted.length === 0) return [skipped("The stack has no pod.")];
  let all: Node[];
  try {
    all = await list<Node>(patient, "nodes");
  } catch (failure) {
    if (!(failure instanceof Forbidden)) throw failure;
    return [
      warning("The deployer may not list nodes, which no deployment needs; whether there is room was not looked at."),
    ];
  }
  const { pods, isComplete } = await podsOf(patient);
  const usable = all.filter(isUsable);
  const others = pods.filter((pod) => !isOneOf(pod, wanted) && isRunning(pod));
  const rooms = usable.map((node): Room => ({ node, left: roomOf(node, others) }));
  const unplaced = place(wanted, rooms);
  const peak = wanted.reduce((sum, workload) => sum + workload.peak, 0);
  const noted = isComplete
    ? []
    : [warning("The deployer may not list the pods of other namespaces; nodes count as empty.")];
  if (unplaced.length > 0) return [...unplaced.map((workload) => noRoom(workload, usable, all.length)), ...noted];
  return [
    ok(
      `${count(usable.length, "node")} with room for the ${count(peak, "pod")} there may be at once, beside those on their way out.`,
    ),
    ...noted,
  ];
}

async function podsOf(patient: Patient): Promise<{ pods: RunningPod[]; isComplete: boolean }> {
  try {
    return { pods: await list<RunningPod>(patient, "pods", "--all-namespaces"), isComplete: true };
  } catch (failure) {
    if (!(failure instanceof Forbidden)) throw failure;
    return { pods: [], isComplete: false };
  }
}

/** True for a pod of one of the workloads. */
export function isOneOf({ metadata }: RunningPod, wanted: readonly Workload[]): boolean {
  const { namespace, labels = {} } = metadata;
  return wanted.some(
    (workload) => workload.namespace === namespace && workload.labels.app === labels.app && labels.app !== undefined,
  );
}

/** True for a pod that still takes room. */
export function isRunning({ status }: RunningPod): boolean {
  return status?.phase !== "Succeeded" && status?.phase !== "Failed";
}

function isUsable({ spec, status }: Node): boolean {
  return (
    spec.unschedulable !== true &&
    (status.conditions ?? []).some(({ type, status: value }) => type === "Ready" && value === "True")
  );
}

function roomOf({ metadata, status }: Node, pods: readonly RunningPod[]): Amounts {
  const allocatable = Object.fromEntries(
    [...COUNTED, "pods"].map((name) => [
      name === "pods" ? name : `requests.${name}`,
      quantityOf(status.allocatable?.[name] ?? "0"),
    ]),
  );
  const here = pods.filter(({ spec }) => spec.nodeName === metadata.name).map(({ spec }) => needs(spec));
  return here.reduce((left, used) => combine(left, used, (a, b) => a - b), allocatable);
}

function needs(pod: PodSpec): Amounts {
  const all = amountsOf(pod);
  return { ...Object.fromEntries(COUNTED.map((name) => [`requests.${name}`, all[`requests.${name}`] ?? 0])), pods: 1 };
}

/** Puts the largest pods first, each where most is left; gives the workloads with a pod that finds no place. */
function place(wanted: readonly Workload[], rooms: readonly Room[]): Workload[] {
  const weight = ({ pod }: Workload): number => amountsOf(pod)["requests.memory"] ?? 0;
  return [...wanted]
    .sort((a, b) => weight(b) - weight(a))
    .filter(({ pod, peak }) => {
      const need = needs(pod);
      for (let index = 0; index < peak; index++) {
        const fitting = rooms.filter(
          ({ node, left }) =>
            matches(node, pod) && Object.entries(need).every(([name, amount]) => (left[name] ?? 0) >= amount),
        );
        const best = fitting.sort((a, b) => (b.left["requests.memory"] ?? 0) - (a.left["requests.memory"] ?? 0))[0];
        if (best === undefined) return true;
        best.left = combine(best.left, need, (a, b) => a - b);
      }
      return false;
    });
}

function matches({ metadata, spec }: Node, { nodeSelector = {}, tolerations = [] }: PodSpec): boolean {
  const selected = Object.entries(nodeSelector).every(([key, value]) => metadata.labels?.[key] === value);
  const taints = (spec.taints ?? []).filter(({ effect }) => effect !== "PreferNoSchedule");
  return selected && taints.every((taint) => tolerations.some((toleration) => tolerates(toleration, taint)));
}

function tolerates({ key, operator = "Equal", value = "", effect }: Toleration, taint: Taint): boolean {
  if (effect !== undefined && effect !== "" && effect !== taint.effect) return false;
  if (operator === "Exists") return key === undefined || key === "" || key === taint.key;
  return key === taint.key && value === (taint.value ?? "");
}

function noRoom({ title, pod, peak }: Workload, usable: readonly Node[], all: number): Found {
  const matching = usable.filter((node) => matches(node, pod)).length;
  const selector = Object.entries(pod.nodeSelector ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(", ");
  const ask = selector === "" ? "" : ` with ${selector}`;
  if (matching === 0) {
    return error(
      `No node${ask} takes pods of ${title} (${String(usable.length)} of ${count(all, "node")} ready).`,
      `Label or add nodes, add a toleration, or change its nodeSelector.`,
    );
  }
  const need = Object.entries(needs(pod)).filter(([name, amount]) => name !== "pods" && amount > 0);
  const size = need.map(([name, amount]) => `${name.replace("requests.", "")} ${amountText(name, amount)}`).join(", ");
  return error(
    `No room for ${count(peak, "pod")} of ${title} (${size} each) on ${count(matching, "node")}${ask}.`,
    "Add a node, or ask for less under resources.requests.",
  );
}
