/** Is it the cluster a stack is meant for? Names and contexts lie; the UID of the namespace kube-system does not. */
import type { StackFile } from "../recording/project";
import { UserError } from "../shared/user-error";
import type { Cluster } from "../cluster/kubectl";
import { clusterSettings } from "./stack-cluster";
import { clusterIdentity } from "../cluster/kubectl";

/** How a cluster compares with the one its stack pins. */
export interface ClusterMatch {
  /** UID of the cluster's kube-system; undefined if it may not be read and the stack takes any cluster. */
  readonly found: string | undefined;
  /** What the stack pins in `cluster.kubeSystemUid`; undefined if it takes any cluster. */
  readonly pinned?: string;
  /** False if the stack pins another one. */
  readonly isExpected: boolean;
  /** One line for a person, with what to type where something is to be done. */
  readonly message: string;
}

/**
 * Compares a cluster with the one the stack pins.
 * @throws UserError if the stack's section `cluster` is wrong, or the cluster does not tell an identity that is pinned.
 */
export async function matchCluster(file: StackFile, cluster: Cluster, signal?: AbortSignal): Promise<ClusterMatch> {
  const { stack } = file;
  const pinned = clusterSettings(file).kubeSystemUid;
  const found = await clusterIdentity(cluster, signal).catch((error: unknown) => {
    if (!(error instanceof UserError) || !error.message.includes("Forbidden")) throw error;
    if (pinned === undefined) return undefined;
    throw new UserError(
      "The cluster does not tell its identity: reading the namespace kube-system is forbidden. " +
        "deploy/identify-cluster.yaml gives that right.",
    );
  });
  if (pinned === undefined) return { found, isExpected: true, message: unpinned(stack, found) };
  if (pinned === found) return { found, pinned, isExpected: true, message: `The expected cluster (${found}).` };
  return { found, pinned, isExpected: false, message: other(stack, pinned, found ?? "none") };
}

/** @throws UserError if the stack pins another cluster; see {@link matchCluster} for the rest. */
export async function expectCluster(file: StackFile, cluster: Cluster, signal?: AbortSignal): Promise<ClusterMatch> {
  const match = await matchCluster(file, cluster, signal);
  if (!match.isExpected) throw new UserError(match.message);
  return match;
}

function unpinned(stack: string, found: string | undefined): string {
  if (found === undefined) return `Stack ${stack} takes any cluster; this one's identity may not be read.`;
  return (
    `Stack ${stack} takes any cluster. To pin this one, type: ` +
    `pulumi config set --path cluster.kubeSystemUid ${found} --stack ${stack}`
  );
}

function other(stack: string, pinned: string, found: string): string {
  return (
    `This is not the cluster of stack ${stack}: its kube-system has the UID ${found}, and the stack pins ${pinned}. ` +
    `Choose the right kubeconfig and context; if the cluster was made anew, type: ` +
    `pulumi config set --path cluster.kubeSystemUid ${found} --stack ${stack}`
  );
}
