import { join, relative, resolve } from "node:path";
import { missingSecretNotes } from "../recording/open-config";
import { projectRoot, readStack } from "../recording/project";
import { record } from "../recording/record";
import { renderManifests, writeManifests } from "../recording/manifests";
import { UserError } from "../shared/user-error";
import { command, main } from "../shared/cli";
import { onInterrupt } from "../shared/progress";

const program = command("render", "Needs no cluster; secret values are masked.")
  .argument("<stack>", "name of the stack, as in Pulumi.<stack>.yaml")
  .option(
    "-o, --out <folder>",
    "folder to write into (default: out/<stack>); manifests of an earlier run there are removed",
  )
  .action(async (stack: string, { out }: { out?: string }) => {
    const root = projectRoot();
    const files = renderManifests(await record(stack, { signal: onInterrupt() }));
    const folder = out === undefined ? join(root, "out", stack) : resolve(process.env.INIT_CWD ?? "", out);
    try {
      writeManifests(folder, files);
    } catch (error) {
      throw new UserError(`${folder} cannot be written to: ${error instanceof Error ? error.message : String(error)}`);
    }
    for (const note of missingSecretNotes(readStack(root, stack))) console.log(note);
    console.log(`${String(files.size)} objects of stack ${stack} in ${relative(process.cwd(), folder) || folder}`);
  });

void main(program);
