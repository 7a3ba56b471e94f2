/** Starts one control plane for all tests that need one, where this machine can have it. */
import { join } from "node:path";
import { cacheFolder } from "../../offline/compile";
import { projectRoot } from "../../offline/project";
import { startControlPlane } from "../../local/control-plane";
import { buildTools, CONTROL_PLANE_TOOLS, hasGo, missingTools } from "../../local/tools";

/** What tests are told about the cluster, in an environment variable that their processes inherit. */
export const VARIABLE = "VAPORA_TEST_CLUSTER";

export default async function setup(): Promise<void> {
  const root = projectRoot();
  if (missingTools(root, CONTROL_PLANE_TOOLS).length > 0) {
    if (!(await hasGo())) {
      process.env[VARIABLE] = JSON.stringify({ reason: "no Go on PATH to build the control plane with" });
      return;
    }
    console.log("\nBuilding the control plane, once: 10 to 20 minutes on 2 cores ...");
  }
  let next = 0;
  const tools = await buildTools(root, [...CONTROL_PLANE_TOOLS, "nats-server"], (progress) => {
    if (Date.now() < next) return;
    next = Date.now() + 30_000;
    console.log(`  ${progress}`);
  });
  const folder = join(cacheFolder(root), `test-control-plane-${String(process.pid)}`);
  const cluster = await startControlPlane(folder, tools);
  process.env[VARIABLE] = JSON.stringify({ cluster, folder });
}
