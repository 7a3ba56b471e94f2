import { projectRoot } from "../../recording/project";
import { UserError } from "../../shared/user-error";
import { command, main } from "../../shared/cli";
import { onInterrupt, runSteps } from "../../shared/progress";
import type { Step } from "../../shared/progress";
import { readExceptions, unexpected, unused } from "./scan";
import type { Scanned } from "./scan";
import { scanStacks } from "./scan-stacks";
import { buildTools, builtTools, missingTools } from "../../cluster/go-tools";

const program = command(
  "scan",
  "What it finds must be in policy/exceptions.yaml, and what is in there must be found. Builds kube-score the first time; needs Go.",
).action(scanAll);

void main(program);

async function scanAll(): Promise<void> {
  const root = projectRoot();
  const signal = onInterrupt();
  const exceptions = readExceptions(root);
  let scanned: Scanned = new Map();
  const build: Step = {
    title: "Build kube-score, once",
    run: async (progress) => {
      await buildTools(root, ["kube-score"], progress, signal);
    },
  };
  const look: Step = {
    title: "Scan the manifests of every stack",
    run: async () => {
      scanned = await scanStacks(root, builtTools(root), signal);
    },
  };
  await runSteps([...(missingTools(root, ["kube-score"]).length > 0 ? [build] : []), look]);

  for (const [stack, findings] of scanned) console.log(`${stack}: ${String(findings.length)} findings`);
  const wrong = [...unexpected(scanned, exceptions), ...unused(scanned, exceptions)];
  if (wrong.length > 0) {
    throw new UserError(`${String(wrong.length)} differ from policy/exceptions.yaml:\n${wrong.join("\n")}`);
  }
  console.log("Each of them is in policy/exceptions.yaml, with the reason why it is kept.");
}
