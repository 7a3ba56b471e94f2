import { projectRoot } from "../recording/project";
import { command, main } from "../shared/cli";
import { onInterrupt, runSteps } from "../shared/progress";
import { isNamed } from "./try/target";
import { removeFrom, stopLocal } from "./try/try-out";

interface Options {
  readonly stack: string;
  readonly kubeconfig?: string;
  readonly context?: string;
}

const program = command(
  "try:down",
  "With --kubeconfig or --context: " + "takes a stack that was tried there off that cluster, its data too.",
)
  .option(
    "-s, --stack <name>",
    "stack to take off a named cluster; the local control plane ends with all its stacks",
    "dev",
  )
  .option("--kubeconfig <file>", "the cluster it was tried on (default with --context: ~/.kube/config)")
  .option("--context <name>", "context of the kubeconfig (default: its current one)")
  .action(down);

void main(program);

async function down(options: Options): Promise<void> {
  const root = projectRoot();
  const signal = onInterrupt();
  if (isNamed(options)) {
    const title = `Remove stack ${options.stack} from the cluster`;
    await runSteps([{ title, run: (progress) => removeFrom({ ...options, root, signal }, progress) }]);
  } else {
    const wasRunning = await stopLocal(root);
    console.log(wasRunning ? "The local control plane is stopped and its data is gone." : "Nothing was running.");
  }
}
