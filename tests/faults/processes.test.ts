import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startControlPlane, stopControlPlane } from "../../tools/cluster/control-plane";
import type { Cluster } from "../../tools/cluster/kubectl";
import { tryKubectl } from "../../tools/cluster/kubectl";
import { startDaemon } from "../../tools/shared/processes";
import { grantDeployer } from "../../tools/cluster/role";
import { testClusterFolder } from "../../tools/commands/test/with-cluster";
import { builtTools } from "../../tools/cluster/go-tools";
import { projectRoot } from "../../tools/recording/project";
import { CLUSTER_TIMEOUT, describeWithEngine } from "../support/cluster";
import type { Write } from "../support/fault-proxy";
import { writePage } from "../support/fault-results";
import { tryCreation, tryUpdate } from "../support/faults";
import { FaultyStack, UP } from "../support/faulty-stack";
import { killEngine, killPlugins } from "../support/kill";
import { eventually } from "../support/programs";

jest.setTimeout(20 * CLUSTER_TIMEOUT);

/** Writes at which it happens: among the first, in the midst, among the last. */
const WRITES = { creates: [5, 25, 50], updates: [1, 3, 5] } as const;
type Operation = keyof typeof WRITES;

/** What happens, as the beginning of a row of the page, and how. */
type Fault = readonly [what: string, happens: (stack: FaultyStack) => void];

/** Disturbs an operation at each of its writes, and shows that it converges. */
function testFaults(operation: Operation, faults: readonly Fault[], stackOf: () => FaultyStack): void {
  const cases = faults.flatMap(([what, happens]) =>
    WRITES[operation].map((at) => [`${what} while it ${operation}`, at, happens] as const),
  );
  test.each(cases)("%s, at write %i: recover and up bring what was wanted", async (row, at, happens) => {
    const stack = stackOf();
    const series = `${row}, ${String(at)}`;
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
    const disturbance = { series, row, disturb };
    const wrong =
      operation === "creates"
        ? await tryCreation(stack, disturbance)
        : await tryUpdate(stack, stack.withImages(`0.3.${String(++updates)}`), disturbance);
    expect(wrong).toEqual([]);
  });
}

/** How many updates there were so far. */
let updates = 0;

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

  const faults: readonly Fault[] = [
    [
      "interrupted with Ctrl-C",
      (one) => {
        killEngine(one, "SIGINT");
      },
    ],
    ...(
      [
        ["its Kubernetes provider", /pulumi-resource-kubernetes/],
        ["its random provider", /pulumi-resource-random/],
        ["its language host", /pulumi-language-nodejs/],
        ["its program", /pulumi\/cmd\/run/],
      ] as const
    ).map(([what, program]): Fault => [
      `${what} killed`,
      (one) => {
        killPlugins(one, program);
      },
    ]),
  ];
  testFaults("creates", faults, () => stack);
  testFaults("updates", faults, () => stack);
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
    "creates",
    [
      [
        "the API server killed and started again",
        () => {
          restart("kube-apiserver");
        },
      ],
      [
        "etcd killed and started again",
        () => {
          restart("etcd");
        },
      ],
    ],
    () => stack,
  );
});
