/** The Role that deployments run under on a local control plane: the one in deploy/, not the administrator's. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { deployerKubeconfigPath } from "./kubeconfigs";
import { kubectl } from "./kubectl";
import type { Cluster } from "./kubectl";

const MANIFESTS = ["deployer.yaml", "bind-cluster.yaml"];

/** Gives the deployer its rights on a local control plane. */
export async function grantDeployer(root: string, cluster: Cluster, signal?: AbortSignal): Promise<void> {
  const input = MANIFESTS.map((file) => readFileSync(join(root, "deploy", file), "utf8")).join("---\n");
  await kubectl(cluster, ["apply", "--server-side", "--force-conflicts", "-f", "-"], { input, signal });
}

/** A local control plane as its deployer sees it. */
export function asDeployer<T extends Cluster>(cluster: T): T {
  return { ...cluster, kubeconfig: deployerKubeconfigPath(cluster.kubeconfig) };
}
