/** The control plane that all tests of one run share. */
import { join } from "node:path";
import { leftovers } from "../../shared/alive";
import { cacheFolder } from "../../recording/compile";
import { startControlPlane, stopControlPlane } from "../../cluster/control-plane";
import type { Cluster } from "../../cluster/kubectl";
import type { Pulumi } from "../../pulumi/built";
import { grantDeployer } from "../../cluster/role";
import { missingForPulumi, providePulumi } from "../../pulumi/built";
import { buildTools, builtTools, CONTROL_PLANE_TOOLS, hasGo, missingTools } from "../../cluster/go-tools";
import type { Tool } from "../../cluster/go-tools";

/** Environment variable that tells tests of the cluster: JSON of {@link TestCluster}. */
export const TEST_CLUSTER = "VAPORA_TEST_CLUSTER";

const PREFIX = "test-control-plane-";

/** What tests of the cluster find, or why they are skipped. */
export type TestCluster = { readonly reason: string } | { readonly cluster: Cluster; readonly pulumi: Pulumi };

/** True if nothing has to be built for a control plane and for pulumi. */
export function isTestClusterBuilt(root: string): boolean {
  return missing(root).length === 0;
}

function missing(root: string): Tool[] {
  return [...missingTools(root, CONTROL_PLANE_TOOLS), ...missingForPulumi(root)];
}

/** Builds what a control plane and pulumi need. Gives the reason why this machine can have none; undefined if it can. */
export async function buildTestCluster(
  root: string,
  progress: (text: string) => void,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (!(await hasGo())) return "no Go on PATH to build the control plane with";
  console.log(`Building, once: ${missing(root).join(", ")}; all of it takes 9 to 25 minutes on 2 cores ...`);
  await buildTools(root, missing(root), progress, signal);
  return undefined;
}

/**
 * Runs something with a control plane for tests, and stops it whatever happens.
 * @param whyNot Why there can be none; tests are skipped with it.
 */
export async function withTestCluster<T>(
  root: string,
  whyNot: string | undefined,
  signal: AbortSignal,
  body: (env: Readonly<Record<string, string>>) => Promise<T>,
): Promise<T> {
  await sweep(root);
  const found = (tests: TestCluster): Record<string, string> => ({ [TEST_CLUSTER]: JSON.stringify(tests) });
  if (whyNot !== undefined) return body(found({ reason: whyNot }));
  const folder = testClusterFolder(root);
  try {
    const cluster = await startControlPlane(folder, builtTools(root), { signal });
    await grantDeployer(root, cluster, signal);
    const pulumi = await providePulumi(root, () => undefined, signal);
    return await body(found({ cluster, pulumi }));
  } finally {
    await stopControlPlane(folder);
  }
}

/** Where a process of a test run keeps a control plane of its own; what it leaves is stopped by the next run. */
export function testClusterFolder(root: string): string {
  return join(cacheFolder(root), `${PREFIX}${String(process.pid)}`);
}

/** Stops what a run that was killed has left. */
async function sweep(root: string): Promise<void> {
  const folder = cacheFolder(root);
  for (const name of leftovers(folder, PREFIX)) await stopControlPlane(join(folder, name));
}
