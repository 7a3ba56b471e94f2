/** The control plane that all tests of one run share. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { isAlive } from "../offline/alive";
import { cacheFolder } from "../offline/compile";
import { startControlPlane, stopControlPlane } from "./control-plane";
import { grantDeployer } from "./role";
import { buildTools, builtTools, CONTROL_PLANE_TOOLS, hasGo, missingTools } from "./tools";

/** Environment variable that tells tests of the cluster: JSON with `cluster`, or with the `reason` why there is none. */
export const TEST_CLUSTER = "VAPORA_TEST_CLUSTER";

const PREFIX = "test-control-plane-";

/** True if nothing has to be built for a control plane. */
export function isTestClusterBuilt(root: string): boolean {
  return missingTools(root, CONTROL_PLANE_TOOLS).length === 0;
}

/** Builds what a control plane needs. Gives the reason why this machine can have none; undefined if it can. */
export async function buildTestCluster(
  root: string,
  progress: (text: string) => void,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (!isTestClusterBuilt(root) && !(await hasGo())) return "no Go on PATH to build the control plane with";
  console.log("Building the control plane, once: 10 to 20 minutes on 2 cores ...");
  await buildTools(root, CONTROL_PLANE_TOOLS, progress, signal);
  return undefined;
}

/**
 * Runs something with a control plane for tests, and stops it whatever happens.
 * @param missing Why there can be none; tests are skipped with it.
 */
export async function withTestCluster<T>(
  root: string,
  missing: string | undefined,
  signal: AbortSignal,
  body: (env: Readonly<Record<string, string>>) => Promise<T>,
): Promise<T> {
  await sweep(root);
  if (missing !== undefined) return body({ [TEST_CLUSTER]: JSON.stringify({ reason: missing }) });
  const folder = testClusterFolder(root);
  try {
    const cluster = await startControlPlane(folder, builtTools(root), { signal });
    await grantDeployer(root, cluster, signal);
    return await body({ [TEST_CLUSTER]: JSON.stringify({ cluster }) });
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
  const left = existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith(PREFIX)) : [];
  for (const name of left) {
    if (!isAlive(Number(name.slice(PREFIX.length)))) await stopControlPlane(join(folder, name));
  }
}
