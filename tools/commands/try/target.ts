/** Where the try-out goes: the control plane on this machine, or a cluster that was named. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { UserError } from "../../shared/user-error";
import { kubectl } from "../../cluster/kubectl";
import type { Cluster } from "../../cluster/kubectl";
import { findKubectl } from "../../cluster/find-kubectl";
import { localFolder } from "../../shared/cache";

/** Folder of the local control plane. */
export function controlPlaneFolder(root: string): string {
  return join(localFolder(root), "control-plane");
}

/** A cluster somebody named on the command line. */
export interface NamedCluster {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
}

/** True if a cluster was named. An exported KUBECONFIG names none. */
export function isNamed({ kubeconfig, context }: NamedCluster): boolean {
  return kubeconfig !== undefined || context !== undefined;
}

/**
 * Reaches a named cluster.
 * @throws UserError if the kubeconfig is not there or the cluster does not answer.
 */
export async function reachCluster(
  root: string,
  named: NamedCluster,
  progress: (what: string) => void,
  signal?: AbortSignal,
): Promise<Cluster> {
  // as a person types it: from the folder they are in, which npm notes before it goes to the project's
  const kubeconfig = resolve(
    process.env.INIT_CWD ?? "",
    named.kubeconfig ?? join(process.env.HOME ?? "", ".kube", "config"),
  );
  if (!existsSync(kubeconfig)) throw new UserError(`There is no kubeconfig ${kubeconfig}.`);
  const cluster = { kubectl: await findKubectl(root, progress, signal), kubeconfig, context: named.context };
  await kubectl(cluster, ["version", "--request-timeout=10s"], { signal }).catch((error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`The cluster of ${kubeconfig} does not answer. ${error.message}`);
  });
  return cluster;
}

/** Where a stack that was tried on a cluster has its project and state. */
export class Memory {
  public readonly folder: string;

  /** @param cluster what tells clusters apart: `local`, or the identity of a named one */
  public constructor(root: string, stack: string, cluster: string) {
    this.folder = join(localFolder(root), "stacks", `${cluster}-${stack}`);
  }

  /** True if the stack was deployed there, or somebody tried to. */
  public isDeployed(): boolean {
    return existsSync(this.folder);
  }

  /** @throws UserError if a release that knew another way to deploy did so: what it made is in no state. */
  public refuseFormer(stack: string): void {
    const path = join(this.folder, "deployer");
    if (!existsSync(path) || readFileSync(path, "utf8") !== "kubectl") return;
    throw new UserError(
      `Stack ${stack} was deployed here with kubectl, by a former release. On the local control plane npm run try:down takes ` +
        "it away; from a cluster of your own that release's npm run try:down does.",
    );
  }

  public forget(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
