import { spawn } from "node:child_process";
import { join } from "node:path";
import { nodeBinary } from "../../offline/compile";
import { projectRoot } from "../../offline/project";
import { check } from "../checks";
import { command, main } from "../cli";
import { Interrupted } from "../../offline/user-error";
import { onInterrupt } from "../progress";
import { withTestCluster } from "../test-cluster";

const program = command(
  "test",
  "Checks, then tests as far as this machine allows: what needs the control plane is skipped by name without Go, what " +
    "needs the engine without pulumi on PATH. The first run builds the control plane (10 to 20 minutes on 2 cores).",
)
  .option("--unit", "only the tests that need neither, and no checks: the quick loop")
  .option("--faults", "only the faults of docs/reliability.md, for hours; goes on where it was interrupted")
  .argument("[patterns...]", "paths of tests to run, and options for jest")
  .allowUnknownOption()
  .action(async (patterns: string[], { unit, faults }: { unit?: true; faults?: true }) => {
    const root = projectRoot();
    const signal = onInterrupt();
    if (unit === undefined && faults === undefined && patterns.length === 0) {
      await check(root, signal).catch((error: unknown) => {
        // CI reads this line; no test has run
        console.log("0 passed, 1 failed, 0 skipped");
        throw error;
      });
    }
    const args = patterns.length > 0 ? ["--testPathPatterns", ...patterns] : [];
    const jest = (projects: readonly string[], env = {}): Promise<number> =>
      runJest(root, ["--selectProjects", ...projects, ...args], env, signal);
    process.exitCode =
      unit === true
        ? await jest(["unit"])
        : await withTestCluster(root, signal, (env) =>
            jest(faults === true ? ["faults", "--runInBand"] : ["unit", "slow", "cluster"], env),
          );
  });

void main(program);

/** Runs jest, its output as it comes, and gives its exit code. */
function runJest(root: string, args: readonly string[], env: object, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(nodeBinary(root), [join(root, "node_modules", "jest", "bin", "jest.js"), ...args], {
      cwd: root,
      stdio: "inherit",
      env: { ...process.env, ...env },
    });
    signal.addEventListener("abort", () => child.kill("SIGTERM"));
    child.on("error", reject);
    child.on("close", (code) => {
      if (signal.aborted) reject(new Interrupted());
      else resolve(code ?? 1);
    });
  });
}
