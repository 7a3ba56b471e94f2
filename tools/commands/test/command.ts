import { projectRoot } from "../../recording/project";
import { check } from "../check/checks";
import { command, main } from "../../shared/cli";
import { onInterrupt } from "../../shared/progress";
import { Interrupted } from "../../shared/user-error";
import { findServers } from "./servers";
import { startBuilds } from "./builds";
import type { Builds } from "./builds";
import { withTestCluster } from "./with-cluster";
import { TestRun } from "./run";
import { withTestServers } from "./with-servers";

interface Options {
  readonly unit?: true;
  readonly servers?: true;
  readonly faults?: true;
}

const program = command(
  "test",
  "What needs the control plane is skipped by name without Go, what " +
    "needs Pulumi's newest provider without pulumi on PATH, what needs a store's server where that can be neither found " +
    "nor built. The first run builds the control plane and pulumi (9 to 25 minutes on 2 cores) and the servers (15 to 25) beside the tests.",
)
  .option("--unit", "only the tests that need neither, and no checks: the quick loop")
  .option("--servers", "only the tests of the stores' real servers, and no checks")
  .option("--faults", "only the faults of docs/reliability.md, for hours; goes on where it was interrupted")
  .argument("[patterns...]", "paths of tests to run, and options for jest")
  .allowUnknownOption()
  .action(async (patterns: string[], options: Options) => {
    const root = projectRoot();
    const signal = onInterrupt();
    const run = new TestRun(root, patterns, signal);
    if (options.unit === true) await run.part("unit", () => run.jest(["unit"]));
    else if (options.servers === true) await runSome(root, run, { servers: true }, signal);
    else if (options.faults === true) await runSome(root, run, { cluster: ["faults"] }, signal);
    else {
      const [alone, cluster, servers] = await Promise.all([
        run.withTests("unit", "slow"),
        run.withTests("cluster"),
        run.withTests("servers"),
      ]);
      await runSome(
        root,
        run,
        { isChecked: patterns.length === 0, alone, cluster, servers: servers.length > 0 },
        signal,
      );
    }
    process.exitCode = run.finish();
  });

void main(program);

/** What is run; what is left out is not. */
interface Parts {
  readonly isChecked?: boolean;
  /** Projects of jest that need nothing built. */
  readonly alone?: readonly string[];
  /** Projects that need the control plane. */
  readonly cluster?: readonly string[];
  readonly servers?: boolean;
}

/** Runs parts of the tests, each as soon as what it needs is built. */
async function runSome(root: string, run: TestRun, parts: Parts, signal: AbortSignal): Promise<void> {
  const { isChecked = false, alone = [], cluster = [], servers = false } = parts;
  const builds = startBuilds(root, run, { cluster: cluster.length > 0, servers }, signal);
  try {
    if (isChecked) await run.part("check", () => checkFirst(root, signal));
    if (alone.length > 0) await run.part(alone.join(" and "), () => run.jest(alone));
    // both wait for other processes more than they compute
    const failed = (error: unknown): void => {
      if (error instanceof Interrupted) throw error;
      run.fail(error instanceof Error ? (error.stack ?? error.message) : String(error));
    };
    await Promise.all([
      cluster.length > 0 ? runOnCluster(root, run, cluster, builds, signal).catch(failed) : undefined,
      servers ? runServers(root, run, builds, cluster.length > 0).catch(failed) : undefined,
    ]);
  } finally {
    await builds.stop();
  }
}

async function checkFirst(root: string, signal: AbortSignal): Promise<void> {
  await check(root, signal).catch((error: unknown) => {
    // CI reads this line; no test has run
    console.log("0 passed, 1 failed, 0 skipped");
    throw error;
  });
}

async function runOnCluster(
  root: string,
  run: TestRun,
  projects: readonly string[],
  builds: Builds,
  signal: AbortSignal,
): Promise<void> {
  const missing = await builds.cluster;
  // faults are measured, one at a time
  const flags = projects.includes("faults") ? ["--runInBand"] : [];
  await run.part(projects.join(" and "), () =>
    withTestCluster(root, missing, signal, (env) => run.jest(projects, { env, flags })),
  );
}

async function runServers(root: string, run: TestRun, builds: Builds, hasCompany: boolean): Promise<void> {
  const servers = await findServers(root, await builds.servers);
  const flags = [`--maxWorkers=${hasCompany ? "1" : "2"}`];
  await run.part("servers", () =>
    withTestServers(root, servers, (env, within) => run.jest(["servers"], { env, within, flags })),
  );
}
