import { spawn } from "node:child_process";
import { join } from "node:path";
import { nodeBinary } from "../../offline/compile";
import { projectRoot } from "../../offline/project";
import { check } from "../checks";
import { command, main } from "../cli";
import { Interrupted } from "../../offline/user-error";
import { onInterrupt } from "../progress";
import { findServers, makeServers } from "../servers";
import type { Command } from "../test-servers";
import { withTestServers } from "../test-servers";
import { withTestCluster } from "../test-cluster";

const program = command(
  "test",
  "Checks, then tests as far as this machine allows: what needs the control plane is skipped by name without Go, what " +
    "needs the engine without pulumi on PATH. The first run builds the control plane (10 to 20 minutes on 2 cores).",
)
  .option("--unit", "only the tests that need neither, and no checks: the quick loop")
  .option("--servers", "only the tests of the stores' real servers")
  .option("--faults", "only the faults of docs/reliability.md, for hours; goes on where it was interrupted")
  .argument("[patterns...]", "paths of tests to run, and options for jest")
  .allowUnknownOption()
  .action(async (patterns: string[], { unit, servers, faults }: { unit?: true; servers?: true; faults?: true }) => {
    const root = projectRoot();
    const signal = onInterrupt();
    if (unit === undefined && servers === undefined && faults === undefined && patterns.length === 0) {
      await check(root, signal).catch((error: unknown) => {
        // CI reads this line; no test has run
        console.log("0 passed, 1 failed, 0 skipped");
        throw error;
      });
    }
    const args = patterns.length > 0 ? ["--testPathPatterns", ...patterns] : [];
    const jest = (projects: readonly string[], env = {}): Promise<number> =>
      runJest(root, ["--selectProjects", ...projects, ...args], env, signal);
    if (servers === true) {
      await makeServers(root, console.log, signal);
      process.exitCode = await withTestServers(root, await findServers(root), (env, inNamespaces) =>
        runJest(root, ["--selectProjects", "servers", ...args], env, signal, inNamespaces),
      );
      return;
    }
    process.exitCode =
      unit === true
        ? await jest(["unit"])
        : await withTestCluster(root, signal, (env) =>
            jest(faults === true ? ["faults", "--runInBand"] : ["unit", "slow", "cluster"], env),
          );
  });

void main(program);

/** Runs jest, its output as it comes, and gives its exit code. */
function runJest(
  root: string,
  args: readonly string[],
  env: object,
  signal: AbortSignal,
  within = (command: Command) => command,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const [program, ...rest] = within([
      nodeBinary(root),
      join(root, "node_modules", "jest", "bin", "jest.js"),
      ...args,
    ]);
    const child = spawn(program, rest, {
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
