/** What tests need built, once: the control plane, then the stores' servers, beside the tests that need neither. */
import { Interrupted, UserError } from "../../shared/user-error";
import { makeServers, serversToMake } from "./servers";
import { buildTestCluster, isTestClusterBuilt } from "./with-cluster";
import { whyNoPods } from "./with-servers";
import type { TestRun } from "./run";

/** Minutes for all builds; what takes longer is skipped by name and goes on with the next run. */
const LIMIT = 50;
/** Seconds between two lines about the same build. */
const PROGRESS = 60;

/** Builds that are under way. Each settles with the reason why it was not made; undefined if it was. */
export interface Builds {
  readonly cluster: Promise<string | undefined>;
  readonly servers: Promise<string | undefined>;
  /** Ends them, and settles once they have ended. */
  readonly stop: () => Promise<void>;
}

/** Starts the builds that are needed. They leave the processors to the tests beside them. */
export function startBuilds(
  root: string,
  run: TestRun,
  wanted: { readonly cluster: boolean; readonly servers: boolean },
  signal: AbortSignal,
): Builds {
  const stopped = new AbortController();
  const limit = AbortSignal.timeout(LIMIT * 60_000);
  const any = AbortSignal.any([signal, stopped.signal, limit]);

  const build = async (name: string, make: (progress: (text: string) => void) => Promise<string | undefined>) => {
    try {
      return await run.part(`build of ${name}`, () => make(told(name)));
    } catch (error) {
      if (error instanceof Interrupted) {
        return limit.aborted ? `the build of ${name} had not ended after ${String(LIMIT)} minutes` : "interrupted";
      }
      run.fail(error instanceof UserError ? error.message : String(error));
      return `the build of ${name} failed`;
    }
  };

  const cluster =
    !wanted.cluster || isTestClusterBuilt(root)
      ? Promise.resolve(undefined)
      : build("the control plane", (progress) => buildTestCluster(root, progress, any));
  const servers = cluster.then(async () => {
    // where no pod can be run nothing is built for it
    const missing = wanted.servers && (await whyNoPods()) === undefined ? await serversToMake(root) : [];
    if (missing.length === 0) return undefined;
    const efforts = missing.map(({ server, effort }) => `${server} (${effort})`);
    console.log(`Making, once: ${efforts.join(", ")} ...`);
    return build("the servers", async (progress) => {
      await makeServers(root, progress, any);
      return undefined;
    });
  });
  return {
    cluster,
    servers,
    stop: async () => {
      stopped.abort();
      await Promise.allSettled([cluster, servers]);
    },
  };
}

function told(name: string): (text: string) => void {
  let next = 0;
  return (text) => {
    if (Date.now() < next) return;
    next = Date.now() + PROGRESS * 1000;
    console.log(`  ${name}: ${text}`);
  };
}
