import { rmSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../../recording/compile";
import { projectRoot } from "../../recording/project";
import { UserError } from "../../shared/user-error";
import { command, main } from "../../shared/cli";
import { startControlPlane, stopControlPlane } from "../../cluster/control-plane";
import { onInterrupt, runSteps } from "../../shared/progress";
import { QUICK_SCANNERS, readExceptions, SCANNERS, unexpected, unused } from "./scan";
import type { Scanned } from "./scan";
import { scanStacks } from "./scan-stacks";
import { hasSchemas, writeSchemas } from "./schemas";
import { buildTools, builtTools, CONTROL_PLANE_TOOLS, missingTools } from "../../cluster/go-tools";
import type { Step } from "../../shared/progress";

const program = command(
  "scan",
  "What they find must be in policy/exceptions.yaml, and what is in there must be found. Builds the scanners the first time; needs Go.",
)
  .option("--all", "trivy too, which takes 10 minutes on 2 cores to build the first time")
  .action(scanStacksWith);

void main(program);

async function scanStacksWith({ all }: { readonly all?: true }): Promise<void> {
  const root = projectRoot();
  const signal = onInterrupt();
  const scanners = all === true ? SCANNERS : QUICK_SCANNERS;
  const exceptions = readExceptions(root, scanners);
  const tools = builtTools(root);
  const wanted = [...CONTROL_PLANE_TOOLS, ...scanners];
  let scanned: Scanned = new Map();

  const build: Step = {
    title: `Build, once: ${missingTools(root, wanted).join(", ")}`,
    run: async (report) => {
      await buildTools(root, wanted, report, signal);
    },
  };
  const ask: Step = {
    title: "Ask an API server for its schemas, once",
    run: async (report) => {
      const folder = join(cacheFolder(root), `scan-${String(process.pid)}`);
      try {
        await writeSchemas(await startControlPlane(folder, tools, { report, signal }), tools, signal);
      } finally {
        await stopControlPlane(folder);
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
  const look: Step = {
    title: `Scan the manifests of every stack with ${scanners.join(", ")}`,
    run: async () => {
      scanned = await scanStacks(root, tools, scanners, signal);
    },
  };
  await runSteps([
    ...(missingTools(root, wanted).length > 0 ? [build] : []),
    ...(hasSchemas(tools) ? [] : [ask]),
    look,
  ]);

  for (const [stack, findings] of scanned) console.log(`${stack}: ${String(findings.length)} findings`);
  const wrong = [...unexpected(scanned, exceptions), ...unused(scanned, exceptions)];
  if (wrong.length > 0) {
    throw new UserError(`${String(wrong.length)} differ from policy/exceptions.yaml:\n${wrong.join("\n")}`);
  }
  console.log("Each of them is in policy/exceptions.yaml, with the reason why it is kept.");
}
