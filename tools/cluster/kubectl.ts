/** Talking to an API server with kubectl. */
import { delimiter, join } from "node:path";
import { UserError } from "../shared/user-error";
import { userCache } from "../shared/cache";
import { run } from "../shared/processes";
import type { RunOptions, RunResult } from "../shared/processes";

/** How to reach a cluster. */
export interface Cluster {
  /** Path of the kubectl to use. */
  readonly kubectl: string;
  /** Path of the kubeconfig, or several as in KUBECONFIG. */
  readonly kubeconfig: string;
  /** @default - the kubeconfig's current context */
  readonly context?: string | undefined;
}

/** Runs kubectl and gives whatever came of it. Nothing of the user's environment decides which cluster it reaches. */
export function tryKubectl(cluster: Cluster, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const context = cluster.context === undefined ? [] : ["--context", cluster.context];
  // what it learns of a cluster's API goes beside our own cache, not into ~/.kube
  const target = ["--cache-dir", join(userCache(), "kubectl"), ...context];
  const isList = cluster.kubeconfig.includes(delimiter);
  return run(cluster.kubectl, [...(isList ? [] : ["--kubeconfig", cluster.kubeconfig]), ...target, ...args], {
    ...options,
    env: { KUBECONFIG: isList ? cluster.kubeconfig : undefined, ...options.env },
  });
}

/** Runs kubectl and gives its output. @throws UserError with kubectl's own words if it fails. */
export async function kubectl(cluster: Cluster, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await tryKubectl(cluster, args, options);
  if (result.code !== 0) {
    const words = result.stderr.trim() || result.stdout.trim();
    throw new UserError(`kubectl ${args.slice(0, 2).join(" ")} failed:\n${words}`);
  }
  return result.stdout;
}

/** The objects of a `kubectl get`, as JSON. */
export async function getObjects<T>(cluster: Cluster, args: readonly string[], options: RunOptions = {}): Promise<T[]> {
  const text = await kubectl(cluster, ["get", ...args, "-o", "json"], options);
  return (JSON.parse(text) as { items: T[] }).items;
}

/** What stays the same of a cluster, whatever it is called and however it is reached: the UID of kube-system. */
export async function clusterIdentity(cluster: Cluster, signal?: AbortSignal): Promise<string> {
  return kubectl(cluster, ["get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}"], { signal });
}

/** Milliseconds for one question to the cluster. */
export const QUESTION_TIMEOUT = 8000;

/** The same for kubectl. */
export const REQUEST_TIMEOUT = `--request-timeout=${String(QUESTION_TIMEOUT / 1000)}s`;
