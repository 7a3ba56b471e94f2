import { projectRoot } from "../../offline/project";
import type { Sides } from "../../offline/report";
import { UserError } from "../../offline/user-error";
import { atCommit } from "../../offline/worktree";
import { command, main, parseFormat } from "../cli";
import type { Format } from "../cli";
import { onInterrupt } from "../progress";
import { isTaken, renderProofs } from "../prove/page";
import { proveStacks } from "../prove/stacks";
import type { StackSides } from "../prove/stacks";
import { recordSides } from "../sides";

interface Options {
  readonly base?: string;
  readonly stack?: string[];
  readonly format: Format;
}

const program = command(
  "prove",
  "Asks a real API server about a change: on a control plane that is thrown away the base is applied, and the head is " +
    "dry-run over it, a pod of each template too. It names fields that cannot change, invalid values, quota and admission " +
    "refusals. Exit code 1 if it refuses anything. Builds the control plane the first time (10 to 20 minutes; needs Go).",
)
  .option("-b, --base <ref>", "branch, tag or commit to compare with")
  .option("-s, --stack <name...>", "only these stacks (default: every stack that has a file)")
  .option("-f, --format <name>", "markdown or json", parseFormat, "markdown")
  .action(proveChange);

void main(program);

async function proveChange({ base, stack: stacks, format }: Options): Promise<void> {
  if (base === undefined) throw new UserError("Say what to compare with: --base <ref>.");
  const root = projectRoot();
  const signal = onInterrupt();
  const report = progress();
  const sides = await atCommit(
    root,
    base,
    (folder) => recordSides({ root, base: { folder }, stacks, report, signal }),
    { report, signal },
  );
  const proven = await proveStacks([...sides].flatMap(provable), { root, report, signal });
  report("");
  console.log(format === "json" ? JSON.stringify({ base, stacks: proven }, null, 2) : renderProofs(base, proven));
  process.exitCode = isTaken(proven) ? 0 : 1;
}

/** A stack's recordings, or why there are none; a stack that is taken out has nothing to prove. */
function provable([stack, { base, head }]: readonly [string, Sides]): StackSides[] {
  if ("error" in head) return [{ stack, error: `This side: ${head.error}` }];
  if ("error" in base) return [{ stack, error: `The base: ${base.error}` }];
  if ("absent" in head) return [];
  return [{ stack, head: head.recording, ...("absent" in base ? {} : { base: base.recording }) }];
}

/** Tells what is going on where it does not mix with the result. */
function progress(): (text: string) => void {
  let last = "";
  return (text) => {
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text.slice(0, 100)}`);
    else if (text !== "" && text !== last) process.stderr.write(`${text}\n`);
    last = text;
  };
}
