import { spawn } from "node:child_process";
import { join } from "node:path";
import { nodeBinary } from "../../offline/compile";
import { projectRoot } from "../../offline/project";
import { check } from "../checks";
import { command, main } from "../cli";
import { onInterrupt } from "../progress";

const program = command(
  "test",
  "Checks, then tests as far as this machine allows: what needs the control plane is skipped by name without Go, what " +
    "needs the engine without pulumi on PATH. The first run builds the control plane (10 to 20 minutes on 2 cores).",
)
  .option("--unit", "only the tests that need neither, and no checks: the quick loop")
  .argument("[patterns...]", "paths of tests to run, and options for jest")
  .allowUnknownOption()
  .action(async (patterns: string[], { unit }: { unit?: true }) => {
    const root = projectRoot();
    const signal = onInterrupt();
    if (unit === undefined && patterns.length === 0) await check(root, signal);
    const projects = unit === undefined ? ["unit", "slow", "cluster"] : ["unit"];
    process.exitCode = await jest(root, [
      "--selectProjects",
      ...projects,
      ...(patterns.length > 0 ? ["--testPathPatterns"] : []),
      ...patterns,
    ]);
  });

void main(program);

/** jest ends by itself on a signal, after its own clean-up. */
function jest(root: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(nodeBinary(root), [join(root, "node_modules", "jest", "bin", "jest.js"), ...args], {
      cwd: root,
      stdio: "inherit",
    });
    child.on("error", reject);
    child.on("close", (code) => {
      resolve(code ?? 1);
    });
  });
}
