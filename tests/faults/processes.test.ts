import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startControlPlane, stopControlPlane } from "../../local/control-plane";
import type { Cluster } from "../../local/kubectl";
import { tryKubectl } from "../../local/kubectl";
import { startDaemon } from "../../local/processes";
import { grantDeployer } from "../../local/role";
import { testClusterFolder } from "../../local/test-cluster";
import { builtTools } from "../../local/tools";
import { projectRoot } from "../../offline/project";
import { CLUSTER_TIMEOUT, describeWithEngine } from "../support/cluster";
import type { Write } from "../support/fault-proxy";
import { writePage } from "../support/fault-results";
import { tryCreation } from "../support/faults";
import { FaultyStack, UP } from "../support/faulty-stack";
import { killEngine, killPlugins } from "../support/kill";
import { eventually } from "../support/programs";

jest.setTimeout(20 * CLUSTER_TIMEOUT);

/** Writes of a creation at which it happens: among the first, in the midst, among the last. */
const WRITES = [5, 25, 50];

/** What happens, as a row of the page, and how. */
type Fault = readonly [row: string, happens: (stack: FaultyStack) => void];

/** Disturbs a creation at each of the writes, and shows that it converges; what an earlier run has tried is left out. */
function testFaults(faults: readonly Fault[], stackOf: () => FaultyStack): void {
  const cases = faults.flatMap(([row, happens]) => WRITES.map((at) => [row, at, happens] as const));
  test.each(cases)("%s, at write %i: recover and up bring what was wanted", async (row, at, happens) => {
    const stack = stackOf();
    const disturb = async (): Promise<{ write: Write; faults: number }> => {
      let write: Write | undefined;
      stack.proxy.expect((one) => {
        if (one.number === at) {
          write = one;
          happens(stack);
        }
        return undefined;
      });
      await stack.try(UP);
      if (write === undefined) throw new Error(`there was no write ${String(at)}`);
      await whenAnswering(stack.direct);
      return { write, faults: 1 };
    };
    expect(await tryCreation(stack, { series: `${row}, ${String(at)}`, row, disturb })).toEqual([]);
  });
}

/** Waits for an API server that was started again. */
async function whenAnswering(cluster: Cluster): Promise<void> {
  const ready = async (): Promise<boolean> => (await tryKubectl(cluster, ["get", "--raw", "/readyz"])).code === 0;
  await eventually(async () => ((await ready()) ? true : undefined), 60_000);
}

describeWithEngine("a run of pulumi, of which something ends", (cluster, pulumi) => {
  let stack: FaultyStack;

  beforeAll(async () => {
    stack = await FaultyStack.start(cluster, pulumi, "processes");
  });

  afterAll(async () => {
    await stack.remove();
    writePage();
  });

  testFaults(
    [
      [
        "interrupted with Ctrl-C while it creates",
        (one) => {
          killEngine(one, "SIGINT");
        },
      ],
      [
        "its Kubernetes provider killed while it creates",
        (one) => {
          killPlugins(one, /pulumi-resource-kubernetes/);
        },
      ],
      [
        "its language host killed while it creates",
        (one) => {
          killPlugins(one, /pulumi-language-nodejs/);
        },
      ],
      [
        "its program killed while it creates",
        (one) => {
          killPlugins(one, /pulumi\/cmd\/run/);
        },
      ],
    ],
    () => stack,
  );
});

// of its own: others share the control plane of the run
describeWithEngine("a control plane, of which something ends", (_, pulumi) => {
  const folder = join(testClusterFolder(projectRoot()), "restarted");
  let stack: FaultyStack;

  /** Kills a process of the control plane and starts it again, as whoever watches over it does. */
  function restart(name: string): void {
    const file = join(folder, "control-plane.json");
    const state = JSON.parse(readFileSync(file, "utf8")) as { readonly processes: Record<string, number> };
    const pid = state.processes[name] ?? 0;
    const [program = "", ...args] = readFileSync(`/proc/${String(pid)}/cmdline`, "utf8")
      .split("\0")
      .slice(0, -1);
    process.kill(pid, "SIGKILL");
    state.processes[name] = startDaemon(
      "sh",
      ["-c", 'sleep 1; exec "$0" "$@"', program, ...args],
      join(folder, "logs", name),
      {
        cwd: folder,
      },
    );
    writeFileSync(file, JSON.stringify(state));
  }

  beforeAll(async () => {
    mkdirSync(folder, { recursive: true });
    const cluster = await startControlPlane(folder, builtTools(projectRoot()));
    await grantDeployer(projectRoot(), cluster);
    stack = await FaultyStack.start(cluster, pulumi, "restarted");
  });

  afterAll(async () => {
    await stack.remove();
    await stopControlPlane(folder);
    writePage();
  });

  testFaults(
    [
      [
        "the API server killed and started again while it creates",
        () => {
          restart("kube-apiserver");
        },
      ],
      [
        "etcd killed and started again while it creates",
        () => {
          restart("etcd");
        },
      ],
    ],
    () => stack,
  );
});
