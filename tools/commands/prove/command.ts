import { projectRoot } from "../../recording/project";
import { isTaken, renderProofs } from "../../report";
import { UserError } from "../../shared/user-error";
import { atCommit } from "../../recording/worktree";
import { command, formatOf, main } from "../../shared/cli";
import { onInterrupt, teller } from "../../shared/progress";
import { proveRecorded } from "./stacks";
import { recordSides } from "../../recording/revisions";

interface Options {
  readonly base?: string;
  readonly stack?: string[];
  readonly format: "markdown" | "json";
}

const program = command(
  "prove",
  "On a control plane that is thrown away the base is applied, and the head is " +
    "dry-run over it, a pod of each template too. It names fields that cannot change, invalid values, quota and admission " +
    "refusals. Exit code 1 if it refuses anything. Builds the control plane the first time (10 to 20 minutes on 2 cores; needs Go).",
)
  .option("-b, --base <ref>", "branch, tag or commit to compare with")
  .option("-s, --stack <name...>", "only these stacks (default: every stack that has a file)")
  .option("-f, --format <name>", "markdown or json", formatOf("markdown", "json"), "markdown")
  .action(proveChange);

void main(program);

async function proveChange({ base, stack: stacks, format }: Options): Promise<void> {
  if (base === undefined) throw new UserError("Say what to compare with: --base <ref>.");
  const root = projectRoot();
  const signal = onInterrupt();
  const progress = teller();
  const sides = await atCommit(
    root,
    base,
    (folder) => recordSides({ root, base: { folder }, stacks, progress, signal }),
    { progress, signal },
  );
  const proven = await proveRecorded(sides, { root, progress, signal });
  progress("");
  if (proven.length === 0) throw new UserError("There is no stack to prove.");
  console.log(format === "json" ? JSON.stringify({ base, stacks: proven }, null, 2) : renderProofs(base, proven));
  process.exitCode = isTaken(proven) ? 0 : 1;
}
