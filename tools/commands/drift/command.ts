import { projectRoot, readStack } from "../../recording/project";
import { renderJson, renderMarkdown } from "../../report";
import { UserError } from "../../shared/user-error";
import { ask } from "../../shared/confirm";
import { command, formatOf, main } from "../../shared/cli";
import { findDrift } from ".";
import type { Drift } from ".";
import { repair } from "./repair";
import { requirePulumi } from "../../pulumi/built/find";
import { onInterrupt } from "../../shared/progress";
import { UserStack } from "../../pulumi/stack";
import { stackCluster } from "../../pulumi/stack-cluster";

/** Exit code where something differs. */
const DRIFTED = 2;

interface Options {
  readonly format: "markdown" | "json";
  readonly repair?: true;
  readonly yes?: true;
}

const program = command(
  "drift",
  "These are objects that are gone, and fields that the program sets and somebody has changed. Labels, " +
    "annotations and fields that others have added are theirs, and no drift. " +
    "Values of " +
    "secrets are compared and never shown. Changes nothing without --repair. Exit code 0: nothing differs; 2: something " +
    "does; 1: it could not be looked at, an interrupted deployment is still open, or not all of it be put back.",
)
  .argument("<stack>", "name of the stack, as in Pulumi.<stack>.yaml")
  .option("-f, --format <name>", "markdown or json", formatOf("markdown", "json"), "markdown")
  .option("--repair", "put back what was deployed, after a question")
  .option("-y, --yes", "do not ask")
  .action(drift);

void main(program);

async function drift(stack: string, { format, repair: isRepair, yes }: Options): Promise<void> {
  const root = projectRoot();
  const signal = onInterrupt();
  const file = readStack(root, stack);
  const pulumi = requirePulumi("to read what was deployed");
  if (isRepair === true && yes !== true && !process.stdin.isTTY) {
    throw new UserError("There is nobody to ask. Add --yes to put back what was deployed without a question.");
  }
  const progress = (line: string): void => {
    console.error(line);
  };
  const cluster = await stackCluster(root, file, signal);
  const look = (): Promise<Drift> =>
    findDrift({ file, pulumi: new UserStack(pulumi, root, file.project, stack, signal), cluster, progress, signal });
  const found = await look();
  await write(format === "json" ? renderJson(found.report) : `${renderMarkdown(found.report)}${advice(stack, found)}`);
  if (found.objects.length === 0 || isRepair !== true) {
    // an operation that was begun and is not in the state cannot be seen
    process.exitCode = found.objects.length > 0 ? DRIFTED : found.pending > 0 ? 1 : 0;
    return;
  }
  if (found.pending > 0) throw new UserError(`Nothing was changed. First type: npm run recover -- ${stack}`);
  if (yes !== true && !(await ask(`Put this back? Type the name of the stack: `, stack, signal))) {
    throw new UserError("Nothing was changed.");
  }
  const refused = await repair({ objects: found.objects, cluster, progress, signal });
  const left = await look();
  if (left.objects.length === 0) {
    progress("What was deployed is there again.");
    return;
  }
  const names = left.report.stacks.flatMap(({ changes }) => changes.map(({ object }) => object));
  throw new UserError([`Still not as deployed: ${names.join(", ")}.`, ...refused].join("\n"));
}

/** What to type next. */
function advice(stack: string, { objects, unseen }: Drift): string {
  if (objects.length === 0) return "";
  const rest =
    unseen.length === 0
      ? ""
      : ` It may see nothing in: ${unseen.join(", ")}. There somebody has added to a list or a selector that counts as a whole, ` +
        "and pulumi only looks whether all of its own is there.";
  return (
    `\n**To put it back**: \`npm run drift -- ${stack} --repair\` applies what was deployed. Or \`pulumi up --refresh\`, ` +
    `which deploys the program as it is now; a plain \`pulumi up\` does not look at the cluster.${rest}\n`
  );
}

async function write(text: string): Promise<void> {
  await new Promise<void>((done) =>
    process.stdout.write(text, () => {
      done();
    }),
  );
}
