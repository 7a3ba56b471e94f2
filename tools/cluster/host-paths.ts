/** What Kubernetes' host-path provisioner leaves on this machine. */
import { existsSync, rmdirSync, rmSync } from "node:fs";
import { getObjects } from "./kubectl";
import type { Cluster } from "./kubectl";

/** Where the provisioner makes its volumes; it takes no other folder. */
const VOLUMES = "/tmp/hostpath_pv";

/** Folders of a running cluster's volumes. */
export async function volumePaths(cluster: Cluster): Promise<string[]> {
  if (!existsSync(cluster.kubeconfig)) return [];
  interface Volume {
    readonly spec: { readonly hostPath?: { readonly path: string } };
  }
  const volumes = await getObjects<Volume>(cluster, ["persistentvolumes", "--request-timeout=5s"]).catch(() => []);
  return volumes.map(({ spec }) => spec.hostPath?.path ?? "").filter((path) => path.startsWith(`${VOLUMES}/`));
}

/** Removes volumes of a cluster that has ended. */
export function removeVolumes(paths: readonly string[]): void {
  for (const path of paths) rmSync(path, { recursive: true, force: true });
  try {
    rmdirSync(VOLUMES);
  } catch {
    // not there, or another control plane's volumes are in it
  }
}
