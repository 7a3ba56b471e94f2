/** Whether a quota has room for a rollout, as the quota itself counts. */
import type { Refusal } from "../../report";
import { UserError } from "../../shared/user-error";
import type { ApiServer } from "../../cluster/api-server";
import { getObjects, kubectl } from "../../cluster/kubectl";
import type { Cluster } from "../../cluster/kubectl";
import { sleep } from "../../shared/processes";
import type { WorkloadPods } from "./sample-pods";
import { refusalOf } from "./refusal";

const QUOTA_TIMEOUT = 60_000;

/**
 * Makes as many pods as a rollout of everything at once has, in the place of those that are there, and gives what the
 * quota has no room for.
 */
export async function fillQuota(
  cluster: Cluster,
  api: ApiServer,
  workloads: readonly WorkloadPods[],
  signal?: AbortSignal,
): Promise<Refusal[]> {
  const refusals: Refusal[] = [];
  const namespaces = new Set(workloads.map(({ pod }) => pod(0).metadata.namespace ?? "default"));
  for (const namespace of namespaces) await emptyQuota(cluster, namespace, signal);
  for (const { workload, atPeak, pod } of workloads) {
    for (let index = 0; index < atPeak; index++) {
      const { refused } = await api.create(pod(index));
      if (refused === undefined) continue;
      const refusal = refusalOf(workload, "pod", refused);
      const fit = `at a rollout's peak ${String(index)} of ${String(atPeak)} pods fit`;
      // what else may be wrong with a pod the dry-run has told
      if (refusal.kind === "quota") refusals.push({ ...refusal, message: `${fit}: ${refusal.message}` });
      break;
    }
  }
  return refusals;
}

/** Takes every pod away and waits until the quota has counted that. */
async function emptyQuota(cluster: Cluster, namespace: string, signal?: AbortSignal): Promise<void> {
  interface Quota {
    readonly spec: { readonly hard?: Readonly<Record<string, string>> };
    readonly status?: {
      readonly hard?: Readonly<Record<string, string>>;
      readonly used?: Readonly<Record<string, string>>;
    };
  }
  const scope = ["--namespace", namespace];
  const owners = ["hpa,deployments,statefulsets,jobs", "--all", "--cascade=foreground"];
  await kubectl(cluster, ["delete", ...owners, ...scope, "--timeout=60s"], { signal });
  for (const deadline = Date.now() + QUOTA_TIMEOUT; Date.now() < deadline;) {
    const quotas = await getObjects<Quota>(cluster, ["resourcequotas", ...scope], { signal });
    const isCounted = quotas.every(
      ({ spec, status }) =>
        JSON.stringify(spec.hard) === JSON.stringify(status?.hard) && isNone(status?.used?.["requests.cpu"]),
    );
    if (isCounted) return;
    await sleep(200, signal);
  }
  throw new UserError(`The quota of namespace ${namespace} was not counted anew within 60 s.`);
}

/** A quota that says nothing of it uses none of it. */
function isNone(used = "0"): boolean {
  return Number.parseFloat(used) === 0;
}
