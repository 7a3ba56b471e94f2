import { missingSecretNotes } from "../recording/open-config";
import { projectRoot, readStack, stackNames } from "../recording/project";
import { record } from "../recording/record";
import { Interrupted, UserError } from "../shared/user-error";
import { command, main } from "../shared/cli";
import { onInterrupt } from "../shared/progress";

const program = command("validate")
  .argument("[stack]", "name of the stack (default: every stack that has a file)")
  .action(validate);

void main(program);

async function validate(only?: string): Promise<void> {
  const root = projectRoot();
  const stacks = only === undefined ? stackNames(root) : [only];
  const signal = onInterrupt();
  const results = await Promise.all(stacks.map((stack) => problemsOf(root, stack, signal)));
  if (signal.aborted) throw new Interrupted();
  const wrong = results.filter((problems) => problems !== undefined);
  stacks.forEach((stack, index) => {
    const problems = results[index];
    console.log(`${problems === undefined ? "ok    " : "wrong "} ${stack}`);
    if (problems === undefined)
      for (const note of missingSecretNotes(readStack(root, stack))) console.log(`       ${note}`);
  });
  if (wrong.length > 0) throw new UserError(wrong.join("\n"));
}

/** What is wrong with a stack; undefined if it is fine. */
async function problemsOf(root: string, stack: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    await record(stack, { root, signal });
    return undefined;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const file = `Pulumi.${stack}.yaml`;
    return error.message.includes(file) ? error.message : `${file}: ${error.message}`;
  }
}
