import { projectRoot, readStack } from "../../recording/project";
import { renderMarkdown } from "../../report";
import { UserError } from "../../shared/user-error";
import { readWaivers } from "../../report/waivers";
import { ask } from "../../shared/confirm";
import { command, main } from "../../shared/cli";
import { requirePulumi } from "../../pulumi/built/find";
import { expectUnlocked } from "../../pulumi/lock";
import { onInterrupt } from "../../shared/progress";
import { UserStack } from "../../pulumi/stack";
import { stackCluster } from "../../pulumi/stack-cluster";
import { localFolder } from "../../shared/cache";
import { newsOnly } from "./news";
import { up } from "./up";
import type { UpResult } from "./up";

const EXIT_CODES: Readonly<Record<UpResult, number>> = {
  deployed: 0,
  unchanged: 0,
  "at-risk": 3,
  protected: 1,
  wrong: 1,
  declined: 1,
};
const LAST_WORDS: Readonly<Record<UpResult, string>> = {
  deployed: "Deployed.",
  unchanged: "Nothing to change: the stack is as its files say.",
  "at-risk": "Nothing was changed: data is at risk, and waivers.yaml does not allow it (docs/pull-requests.md).",
  protected: "Nothing was changed: type the lines above, then this again.",
  wrong: "Nothing was changed: see what has to be put right above.",
  declined: "Nothing was changed.",
};

const program = command(
  "up",
  "Previews it, says what would happen, refuses what may lose data without a waiver and any " +
    "cluster but the one the stack pins, asks, and then does exactly what was previewed. Uses the backend pulumi is logged " +
    "in to. Exit code 3: data is at risk; 1: anything else; nothing is changed in either case unless pulumi says so, but that " +
    "a Job that failed and was deleted is taken out of the state.",
)
  .argument("<stack>", "name of the stack, as in Pulumi.<stack>.yaml")
  .option("-y, --yes", "do not ask")
  .action(deploy);

void main(program);

async function deploy(stack: string, { yes = false }: { yes?: boolean }): Promise<void> {
  const root = projectRoot();
  const signal = onInterrupt();
  const file = readStack(root, stack);
  const pulumi = requirePulumi("to deploy");
  if (!yes && !process.stdin.isTTY)
    throw new UserError("There is nobody to ask. Add --yes to deploy without a question.");
  const progress = (line: string): void => {
    console.error(line);
  };
  const cluster = await stackCluster(root, file, signal);
  const userStack = new UserStack(pulumi, root, file.project, stack, signal, newsOnly(progress));
  await expectUnlocked(userStack, root);
  const result = await up({
    file,
    pulumi: userStack,
    cluster,
    waivers: readWaivers(root),
    folder: localFolder(root),
    show: (judged) => {
      console.log(renderMarkdown(judged));
    },
    confirm: () =>
      yes ? Promise.resolve(true) : ask(`Deploy this to ${stack}? Type the name of the stack: `, stack, signal),
    progress,
    signal,
  });
  console.log(LAST_WORDS[result]);
  if (result === "deployed") console.log(whatNow(stack));
  process.exitCode = EXIT_CODES[result];
}

/** After a deployment. */
function whatNow(stack: string): string {
  return [
    `What it offers:         pulumi stack output --stack ${stack}`,
    `Whether it is well:     npm run doctor -- ${stack}`,
    `What differs later on:  npm run drift -- ${stack}`,
  ].join("\n");
}
