/** The package that other stacks install, as it is built. */
import { join } from "node:path";
import { nodeBinary } from "../../recording/compile";
import { UserError } from "../../shared/user-error";
import { run } from "../../shared/processes";

/** Builds outputs/dist from the sources. @throws UserError with what the compiler says. */
export async function buildOutputs(root: string, signal?: AbortSignal): Promise<void> {
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  const project = join(root, "outputs", "tsconfig.build.json");
  const { code, stdout, stderr } = await run(nodeBinary(root), [compiler, "--project", project], { cwd: root, signal });
  if (code !== 0) throw new UserError(`outputs/ does not build:\n${stdout}${stderr}`);
}
