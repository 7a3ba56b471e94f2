import { InvalidArgumentError } from "commander";
import { stringify } from "yaml";
import { projectRoot } from "../../recording/project";
import { UserError } from "../../shared/user-error";
import { command, main } from "../../shared/cli";
import { onInterrupt, runSteps } from "../../shared/progress";
import { quoted } from "../../shared/shell";
import { isNamed } from "./target";
import { TryOut } from "./try-out";
import type { TryResult } from "./try-out";

interface Options {
  readonly stack?: string;
  readonly port?: number;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly withConsumer?: true;
}

const program = command(
  "try",
  "Builds the control plane the first time (9 to 25 minutes on 2 cores; needs Go). Nodes are simulated: pods become " +
    "Ready and no container starts. Deploys with the pulumi on PATH; where there is none, with one that is built too.",
)
  .argument("[stack]", "stack to deploy (default: dev)")
  .option("-s, --stack <name>", "the same, by name")
  .option("-p, --port <number>", "port of the local API server (default: any free one)", parsePort)
  .option(
    "--kubeconfig <file>",
    "deploy to this cluster instead of a local one (default with --context: ~/.kube/config)",
  )
  .option("--context <name>", "context of the kubeconfig (default: its current one)")
  .option("--with-consumer", "deploy examples/consumer after it: another stack that reads its outputs")
  .action(tryStack);

void main(program);

async function tryStack(argument: string | undefined, options: Options): Promise<void> {
  const stack = argument ?? options.stack ?? "dev";
  if (options.stack !== undefined && options.stack !== stack) {
    throw new UserError(`One stack at a time: this names ${stack} and ${options.stack}.`);
  }
  const signal = onInterrupt();
  const tryOut = new TryOut({ ...options, stack, root: projectRoot(), signal });
  console.log(tryOut.notice());
  const secrets = Object.keys(tryOut.secrets);
  if (secrets.length > 0) console.log(`Made up for the try-out: ${secrets.join(", ")}.`);
  let result: TryResult;
  try {
    await runSteps(tryOut.steps());
    result = await tryOut.result();
  } catch (error) {
    const undone = await tryOut.undo();
    if (undone !== undefined) console.error(undone);
    throw error;
  }
  const { cluster, outputs, pods, folder, consumer } = result;
  const down = ["npm run try:down", ...(isNamed(options) ? ["--", ...downArguments(stack, options)] : [])].join(" ");
  console.log(`
Outputs of stack ${stack}:
${indented(stringify(outputs))}
Pods${isNamed(options) ? "" : " (simulated: no container runs)"}:
${indented(pods)}${consumer === undefined ? "" : `\nThe consumer, which asks ${String(urlOf(outputs))} every night:\n${indented(consumer)}`}
With pulumi:  (cd ${quoted(folder)} && . ./env && pulumi preview)
Look around:  KUBECONFIG=${cluster.kubeconfig} ${cluster.kubectl} get all --all-namespaces
Stop:         ${down}`);
}

function urlOf({ backend }: TryResult["outputs"]): unknown {
  return (backend as { readonly service: { readonly url: string } }).service.url;
}

function downArguments(stack: string, { kubeconfig, context }: Options): string[] {
  return [
    `--stack ${stack}`,
    ...(kubeconfig === undefined ? [] : [`--kubeconfig ${kubeconfig}`]),
    ...(context === undefined ? [] : [`--context ${context}`]),
  ];
}

function indented(text: string): string {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => `  ${line}\n`)
    .join("");
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw new InvalidArgumentError("It must be 1 to 65535.");
  return port;
}
