import { projectRoot, readStack } from "../../recording/project";
import { UserError } from "../../shared/user-error";
import { command, main } from "../../shared/cli";
import { requirePulumi } from "../../pulumi/built/find";
import { onInterrupt, runSteps } from "../../shared/progress";
import { UserStack } from "../../pulumi/stack";
import { Recovery } from ".";
import type { Recovered } from ".";
import { backupFolder } from "./backup";
import { stackCluster } from "../../pulumi/stack-cluster";

const program = command(
  "recover",
  "Takes away the lock of a run that has ended on this machine, backs the state up, compares it with the cluster, takes into it objects " +
    "that carry this stack's mark and no others, and says what a preview shows. Deploys nothing beyond those objects. May be " +
    "interrupted and run again. Exit code 1 if it fails, or if somebody else's objects are in the way of the next up.",
)
  .argument("<stack>", "name of the stack, as in Pulumi.<stack>.yaml")
  .option(
    "--break-lock",
    "also take away the lock of another machine, or on Pulumi Cloud the update in progress: only if nobody is at work",
  )
  .action(recover);

void main(program);

async function recover(stack: string, { breakLock = false }: { breakLock?: boolean }): Promise<void> {
  const root = projectRoot();
  const signal = onInterrupt();
  const file = readStack(root, stack);
  const pulumi = requirePulumi("to recover a state");
  let progress: (what: string) => void = () => undefined;
  const recovery = new Recovery({
    ...{ root, folder: root, backups: backupFolder(root, stack), breakLock, signal },
    pulumi: new UserStack(pulumi, root, file.project, stack, signal, (line) => {
      progress(line);
    }),
    cluster: await stackCluster(root, file, signal),
  });
  const steps = recovery.steps().map(({ title, run }) => ({
    title,
    run: (tell: (progress: string) => void) => {
      progress = tell;
      return run(tell);
    },
  }));
  try {
    await runSteps(steps);
  } finally {
    for (const note of recovery.notes) console.log(note);
  }
  console.log(verdict(stack, recovery.result));
}

/** @throws UserError where the next up would fail. */
function verdict(stack: string, { changes, foreign, blocked }: Recovered): string {
  if (foreign.length > 0) {
    throw new UserError(
      [
        "The state is right. Left alone, since they do not carry the mark of this stack, and in the way of its own:",
        ...foreign.map((title) => `  - ${title}`),
        ...(blocked.length > 0 ? [`Not taken up, since they need one of those: ${blocked.join(", ")}.`] : []),
        "Choose another namespace, or delete them if nobody needs them; then run this again.",
      ].join("\n"),
    );
  }
  const counts = Object.entries(changes).map(([operation, count]) => `${String(count)} to ${operation}`);
  if (counts.length === 0) return "Recovered: the state says what is on the cluster, and a preview shows no change.";
  return (
    `Recovered: the state says what is on the cluster. A preview shows what is still to come: ${counts.join(", ")}. ` +
    `npm run up -- ${stack} deploys it; after an interrupted pulumi destroy, that goes on.`
  );
}
