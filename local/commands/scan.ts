import { rmSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../../offline/compile";
import { projectRoot } from "../../offline/project";
import { UserError } from "../../offline/user-error";
import { command, main } from "../cli";
import { startControlPlane, stopControlPlane } from "../control-plane";
import { onInterrupt } from "../progress";
import { readExceptions, unexpected, unused } from "../scan";
import { scanStacks } from "../scan-stacks";
import { hasSchemas, writeSchemas } from "../schemas";
import { buildTools, CONTROL_PLANE_TOOLS, SCANNER_TOOLS } from "../tools";

const program = command(
  "scan",
  "Runs kube-score and kubeconform over the manifests of every stack, and of prod with every option on. What they find " +
    "must be in policy/exceptions.yaml, and what is in there must be found. Builds the scanners the first time; needs Go.",
).action(scanAll);

void main(program);

async function scanAll(): Promise<void> {
  const root = projectRoot();
  const signal = onInterrupt();
  const report = (progress: string): void => {
    if (process.stdout.isTTY) process.stdout.write(`\r\u001b[K${progress.slice(0, 100)}`);
  };
  const tools = await buildTools(root, [...CONTROL_PLANE_TOOLS, ...SCANNER_TOOLS], report, signal);
  report("");
  if (!hasSchemas(tools)) {
    const folder = join(cacheFolder(root), `scan-${String(process.pid)}`);
    try {
      await writeSchemas(await startControlPlane(folder, tools, { signal }), tools, signal);
    } finally {
      await stopControlPlane(folder);
      rmSync(folder, { recursive: true, force: true });
    }
  }
  const exceptions = readExceptions(root);
  const scanned = await scanStacks(root, tools, signal);
  const wrong = [...unexpected(scanned, exceptions), ...unused(scanned, exceptions)];
  for (const [stack, findings] of scanned) console.log(`${stack}: ${String(findings.length)} findings`);
  if (wrong.length > 0) {
    throw new UserError(`${String(wrong.length)} differ from policy/exceptions.yaml:\n${wrong.join("\n")}`);
  }
}
