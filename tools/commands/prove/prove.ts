/**
 * What an API server itself says of a change: the base is applied to a control plane of our own, and the head is
 * dry-run over it, object by object, and a pod of each template as well.
 */
import { compareRecordings } from "../../report/compare";
import { kubernetesObjects } from "../../recording/recording";
import type { KubernetesObject, Recording } from "../../recording/recording";
import type { Proof, Refusal } from "../../report";
import { UserError } from "../../shared/user-error";
import { ApiServer } from "../../cluster/api-server";
import { installDefinitions } from "../../cluster/definitions";
import type { CustomKind } from "../../cluster/definitions";
import type { Cluster } from "../../cluster/kubectl";
import { waitUntilReady } from "../../cluster/readiness";
import { prepareOwn } from "../../cluster/assumed-surroundings";
import { workloadPods } from "./sample-pods";
import type { WorkloadPods } from "./sample-pods";
import { fillQuota } from "./quota-at-peak";
import { refusalOf } from "./refusal";

/** Two sides of a stack. */
export interface Sides {
  /** @default - the stack is new */
  readonly base?: Recording | undefined;
  readonly head: Recording;
}

/** How to prove. */
export interface ProveOptions {
  /** The project's folder. */
  readonly root: string;
  readonly progress?: (what: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Objects by which admission judges others: they count once they are there. */
const JUDGES = ["ResourceQuota", "LimitRange", "ServiceAccount"];
const READY_TIMEOUT = 90_000;

/**
 * Applies the base and dry-runs the head over it. The namespaces of the two must be free on the cluster, and are left
 * there.
 * @throws UserError if the cluster fails; never for what it refuses.
 */
export async function prove(cluster: Cluster, { base, head }: Sides, options: ProveOptions): Promise<Proof> {
  const { root, progress = () => undefined, signal } = options;
  const api = new ApiServer(cluster.kubeconfig, signal);
  const findings = new Findings();
  for (const side of base === undefined ? [head] : [base, head]) await prepare(cluster, root, side, signal);
  if (base !== undefined) {
    progress("applying the base");
    await applyBase(cluster, api, base, findings, options);
  }

  const objects = named(head);
  progress(`dry-run of ${String(objects.length)} objects`);
  const replaced =
    base === undefined ? [] : compareRecordings(base, head).filter(({ action }) => action === "replaced");
  const replacedUrns = new Set(replaced.map(({ urn }) => urn));
  const [namespaces, inside] = partition(objects, ({ object }) => object.kind === "Namespace");
  const [judges, others] = partition(inside, ({ object }) => JUDGES.includes(object.kind));
  for (const group of [namespaces, judges, others]) {
    await Promise.all(group.map((one) => dryRun(api, one, replacedUrns.has(one.urn), findings)));
    // what the rest is judged by has to be there
    if (group !== others) await Promise.all(group.map(({ object }) => api.apply(object)));
  }

  const pods = workloadPods(head);
  progress(`dry-run of a pod of ${String(pods.length)} templates`);
  await Promise.all(pods.map((workload) => dryRunPod(api, workload, findings)));
  if (objects.some(({ object }) => object.kind === "ResourceQuota")) {
    progress("filling the quota up to a rollout's peak");
    for (const refusal of await fillQuota(cluster, api, pods, signal)) findings.refuse(refusal);
  }
  return { stack: head.stack, objects: objects.length, templates: pods.length, ...findings.all() };
}

interface Named {
  readonly urn: string;
  /** `<kind> <logical name>` */
  readonly name: string;
  readonly object: KubernetesObject;
}

/** What was found, gathered from many requests at once and given in a fixed order. */
class Findings {
  public readonly refusals: Refusal[] = [];
  public readonly replacements: Refusal[] = [];
  public readonly notes: string[] = [];
  private readonly texts = new Set<string>();

  public warn(name: string, warnings: readonly string[]): void {
    for (const text of warnings) this.texts.add(`${name}: ${text}`);
  }

  /** A kind the control plane does not have says nothing about the change. */
  public refuse(refusal: Refusal): void {
    if (refusal.kind === "unknown-kind") this.notes.push(`${refusal.object} is not proven: ${refusal.message}`);
    else this.refusals.push(refusal);
  }

  public all(): Pick<Proof, "refusals" | "replacements" | "warnings" | "notes"> {
    const sorted = (list: readonly Refusal[]): Refusal[] => [...list].sort((a, b) => (key(a) < key(b) ? -1 : 1));
    const key = ({ object, of, message }: Refusal): string => JSON.stringify([object, of, message]);
    return {
      refusals: sorted(this.refusals),
      replacements: sorted(this.replacements),
      warnings: [...this.texts].sort(),
      notes: [...new Set(this.notes)].sort(),
    };
  }
}

function named(recording: Recording): Named[] {
  return kubernetesObjects(recording).map(({ resource, object }) => ({
    urn: resource.urn,
    name: `${object.kind} ${resource.name}`,
    object,
  }));
}

/** Kinds that others bring to a cluster. */
const CUSTOM_KINDS: readonly CustomKind[] = ["HTTPRoute", "ExternalSecret"];

async function prepare(cluster: Cluster, root: string, side: Recording, signal?: AbortSignal): Promise<void> {
  await prepareOwn(cluster, side, signal);
  const used = CUSTOM_KINDS.filter((kind) => named(side).some(({ object }) => object.kind === kind));
  if (used.length > 0) await installDefinitions(cluster, root, used, signal);
}

async function applyBase(
  cluster: Cluster,
  api: ApiServer,
  base: Recording,
  { notes }: Findings,
  { progress = () => undefined, signal }: ProveOptions,
): Promise<void> {
  const refused: string[] = [];
  for (const group of partition(named(base), ({ object }) => object.kind === "Namespace")) {
    const answers = await Promise.all(group.map(async (one) => ({ ...one, answer: await api.apply(one.object) })));
    refused.push(
      ...answers.flatMap(({ name, answer }) => (answer.refused ? [`${name}: ${answer.refused.message}`] : [])),
    );
  }
  notes.push(...refused.map((line) => `the base itself is refused: ${line}`));
  if (refused.length > 0) return;
  await waitUntilReady(cluster, base, READY_TIMEOUT, progress, signal).catch((error: unknown) => {
    if (!(error instanceof UserError) || signal?.aborted === true) throw error;
    notes.push(`the base did not come up: ${error.message}`);
  });
}

async function dryRun(api: ApiServer, { name, object }: Named, isReplaced: boolean, findings: Findings): Promise<void> {
  const { refused, warnings } = await api.apply(object, { dryRun: true });
  findings.warn(name, warnings);
  if (refused === undefined) return;
  const refusal = refusalOf(name, "object", refused);
  if (!isReplaced) {
    findings.refuse(refusal);
    return;
  }
  // under a name that is free, since the old object is still there
  const metadata = { ...object.metadata, name: `${object.metadata.name.slice(0, 50)}-prove` };
  const asNew = await api.create({ ...object, metadata }, { dryRun: true });
  if (asNew.refused === undefined) findings.replacements.push(refusal);
  else findings.refuse(refusalOf(name, "object", asNew.refused));
}

async function dryRunPod(api: ApiServer, { workload, atPeak, pod }: WorkloadPods, findings: Findings): Promise<void> {
  const { refused, warnings } = await api.create(pod(0), { dryRun: true });
  findings.warn(workload, warnings);
  // beside the base's pods a quota may have no room for one more; whether it has at the peak is asked by itself
  if (refused !== undefined && (atPeak === 0 || refusalOf(workload, "pod", refused).kind !== "quota")) {
    findings.refuse(refusalOf(workload, "pod", refused));
  }
}

function partition<T>(list: readonly T[], isFirst: (item: T) => boolean): [T[], T[]] {
  return [list.filter(isFirst), list.filter((item) => !isFirst(item))];
}
