/** Whether what a recording asks for is up. */
import { kubernetesObjects } from "../recording/recording";
import type { KubernetesObject, Recording } from "../recording/recording";
import { UserError } from "../shared/user-error";
import { getObjects } from "./kubectl";
import type { Cluster } from "./kubectl";
import { sleep } from "../shared/processes";

/** The parts of a live object that tell whether it is up. */
export interface LiveObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string; readonly generation?: number };
  readonly spec: { readonly replicas?: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly availableReplicas?: number;
    readonly phase?: string;
    readonly succeeded?: number;
  };
}

const KINDS = ["Deployment", "StatefulSet", "PersistentVolumeClaim", "Job"];

/** Why an object is not up yet; undefined if it is: every pod of the newest revision available, a claim Bound, a Job done. */
export function notReady({ kind, metadata, spec, status = {} }: LiveObject): string | undefined {
  const what = `${kind} ${metadata.name}`;
  if (kind === "PersistentVolumeClaim")
    return status.phase === "Bound" ? undefined : `${what} is ${status.phase ?? "new"}`;
  if (kind === "Job") return (status.succeeded ?? 0) > 0 ? undefined : `${what} is not done`;
  const wanted = spec.replicas ?? 1;
  const seen = (status.observedGeneration ?? 0) >= (metadata.generation ?? 0);
  const { replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = status;
  if (seen && replicas === wanted && updatedReplicas === wanted && availableReplicas === wanted) return undefined;
  return `${what} has ${String(availableReplicas)} of ${String(wanted)} pods available`;
}

/**
 * Waits until every Deployment, StatefulSet, claim and Job of a recording is up.
 * @throws UserError that names what is not, after `timeout` milliseconds; Interrupted.
 */
export async function waitUntilReady(
  cluster: Cluster,
  recording: Recording,
  timeout: number,
  progress: (what: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  const wanted = kubernetesObjects(recording).filter(
    ({ object }) => KINDS.includes(object.kind) && isAwaited(object, recording),
  );
  const namespaces = [...new Set(wanted.map(({ object }) => object.metadata.namespace ?? "default"))];
  for (const deadline = Date.now() + timeout; ;) {
    const live = await Promise.all(
      namespaces.map((namespace) => getObjects<LiveObject>(cluster, [KINDS.join(","), "-n", namespace], { signal })),
    );
    const waiting = wanted.flatMap(({ object }) => {
      const found = live
        .flat()
        .find(({ kind, metadata }) => kind === object.kind && metadata.name === object.metadata.name);
      return found === undefined ? `${object.kind} ${object.metadata.name} does not exist` : (notReady(found) ?? []);
    });
    if (waiting.length === 0) return;
    progress(`${String(wanted.length - waiting.length)} of ${String(wanted.length)} are up; ${waiting[0] ?? ""}`);
    if (Date.now() > deadline) {
      const warnings = await Promise.all(namespaces.map((namespace) => lastWarnings(cluster, namespace)));
      throw new UserError(
        [
          `After ${String(timeout / 1000)} s not everything is up:`,
          ...waiting.map((line) => `  - ${line}`),
          ...warnings.flat().map((line) => `  ${line}`),
        ].join("\n"),
      );
    }
    await sleep(500, signal);
  }
}

/** A claim that no pod mounts may wait for its first consumer for good. */
function isAwaited({ kind, metadata: { name } }: KubernetesObject, recording: Recording): boolean {
  if (kind !== "PersistentVolumeClaim") return true;
  return kubernetesObjects(recording).some(({ object }) => {
    const { replicas = 1, template } = (object.spec ?? {}) as Mounting;
    const volumes = template?.spec?.volumes ?? [];
    return replicas > 0 && volumes.some(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === name);
  });
}

interface Mounting {
  readonly replicas?: number;
  readonly template?: {
    readonly spec?: {
      readonly volumes?: readonly { readonly persistentVolumeClaim?: { readonly claimName: string } }[];
    };
  };
}

/** What the cluster last complained about. */
async function lastWarnings(cluster: Cluster, namespace: string): Promise<string[]> {
  interface Event {
    readonly involvedObject: { readonly kind: string; readonly name: string };
    readonly message?: string;
  }
  const events = await getObjects<Event>(cluster, ["events", "-n", namespace, "--field-selector=type=Warning"]).catch(
    () => [],
  );
  const lines = events.map(
    ({ involvedObject: { kind, name }, message = "" }) => `${kind} ${name}: ${message.split("\n")[0] ?? ""}`,
  );
  return [...new Set(lines)].slice(-5);
}
