/** What every command of the project shares: its form on the command line, and how it ends. */
import { Command, InvalidArgumentError } from "commander";
import { Interrupted, UserError } from "./user-error";

/** Every command in a line, in the order that `npm run help` lists them. */
export const COMMANDS = {
  help: "Lists all commands.",
  try: "Deploys a stack to a Kubernetes control plane on this machine and waits until everything is Ready.",
  "try:down": "Stops the local control plane and deletes all that npm run try has put there.",
  validate: "Says what is wrong with a stack's config, as pulumi up would, without an engine or a cluster.",
  render: "Writes one YAML file per Kubernetes object of a stack.",
  report: "Says what the project as it lies here does to every stack, compared with another revision.",
  scan: "Runs kube-score over the manifests of every stack, and of prod with every option on.",
  doctor: "Says before a deployment what would go wrong with it, and of what is deployed what has.",
  up: "Deploys a stack with pulumi, or changes nothing.",
  drift: "Says what differs on the cluster from what was deployed.",
  recover: "Brings a stack's state in line with its cluster after pulumi was killed, lost the cluster or crashed.",
  learning: "Says what a history of executions makes of the agents under a stack's settings of learning.",
  check: "Format, lint with no warning allowed, and types.",
  test: "Checks, then tests as far as this machine allows.",
  docs: "Checks what is generated from the program: docs, and the golden files of every stack.",
  outputs: "Builds the package that other stacks read the outputs with, and checks that it breaks no reader.",
  bench: "Times a recording, the report and a preview, each against something measured beside it.",
} as const;

/** Names of version 0.1, and what to type instead. */
export const MOVED = {
  goldens: "npm run docs -- --update",
  prove: "npm run report -- --base <ref> --prove",
} as const;

/** A command called `npm run <name>`. `more` follows its line in {@link COMMANDS} where its help is asked for. */
export function command(name: keyof typeof COMMANDS, more = ""): Command {
  return new Command(`npm run ${name} --`)
    .description(`${COMMANDS[name]} ${more}`.trim())
    .showHelpAfterError("(--help shows what it takes)");
}

/** Reads the value of `--format`, which is one of some. @throws InvalidArgumentError for any other. */
export function formatOf<const Format extends string>(...formats: readonly Format[]): (text: string) => Format {
  return (text) => {
    const found = formats.find((format) => format === text);
    if (found !== undefined) return found;
    throw new InvalidArgumentError(`It must be ${formats.slice(0, -1).join(", ")} or ${formats.at(-1) ?? ""}.`);
  };
}

/**
 * Runs a command. An error ends it with exit code 1: one message for a person's mistake, a stack for ours. Whoever
 * interrupts it gets 130, as from a shell.
 */
export async function main(program: Command): Promise<void> {
  // a reader that stops reading, such as `head`, ends the output and not the work
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = error instanceof Interrupted ? 130 : 1;
    if (error instanceof UserError) console.error(`error: ${error.message}`);
    else console.error(error instanceof Error ? error.stack : String(error));
  }
  // whatever may still be open, the command is over
  process.exit();
}
