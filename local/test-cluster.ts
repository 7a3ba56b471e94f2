/** The control plane that all tests of one run share. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { isAlive } from "../offline/alive";
import { cacheFolder } from "../offline/compile";
import { startControlPlane, stopControlPlane } from "./control-plane";
import { grantDeployer } from "./role";
import { buildTools, CONTROL_PLANE_TOOLS, hasGo, missingTools } from "./tools";

/** Environment variable that tells tests of the cluster: JSON with `cluster`, or with the `reason` why there is none. */
export const TEST_CLUSTER = "VAPORA_TEST_CLUSTER";

const PREFIX = "test-control-plane-";

/** Runs something with a control plane for tests, where this machine can have one, and stops it whatever happens. */
export async function withTestCluster<T>(
  root: string,
  signal: AbortSignal,
  body: (env: Readonly<Record<string, string>>) => Promise<T>,
): Promise<T> {
  await sweep(root);
  if (missingTools(root, CONTROL_PLANE_TOOLS).length > 0) {
    if (!(await hasGo())) {
      return body({ [TEST_CLUSTER]: JSON.stringify({ reason: "no Go on PATH to build the control plane with" }) });
    }
    console.log("Building the control plane, once: 10 to 20 minutes on 2 cores ...");
  }
  let next = 0;
  const report = (progress: string): void => {
    if (Date.now() < next) return;
    next = Date.now() + 30_000;
    console.log(`  ${progress}`);
  };
  const tools = await buildTools(root, [...CONTROL_PLANE_TOOLS, "nats-server"], report, signal);
  const folder = testClusterFolder(root);
  try {
    const cluster = await startControlPlane(folder, tools, { signal });
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
