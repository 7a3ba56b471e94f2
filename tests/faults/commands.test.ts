import { SERVICES } from "../../config/schema/services";
import { parse, stringify } from "yaml";
import { readLocks } from "../../tools/pulumi/lock";
import { getObjects } from "../../tools/cluster/kubectl";
import { asDeployer } from "../../tools/cluster/role";
import { parseState } from "../../tools/pulumi/state";
import type { State } from "../../tools/pulumi/state";
import { CLUSTER_TIMEOUT, describeWithEngine, OwnNamespaces } from "../support/cluster";
import type { Ended, Running } from "../support/commands";
import { Checkout, failure, success } from "../support/commands";
import { FaultProxy } from "../support/fault-proxy";
import { keepResults, writePage } from "../support/fault-results";
import type { FaultResult } from "../support/fault-results";
import { isTried } from "../support/faults";
import { eventually } from "../support/programs";
import { marks } from "../engine/live";
import type { LiveObject } from "../support/engine";

jest.setTimeout(4 * CLUSTER_TIMEOUT);

/** How a command is ended: killed with all that it waits for but pulumi, or by Ctrl-C in a terminal. */
const ENDS = { killed: "SIGKILL", "interrupted with Ctrl-C": "SIGINT" } as const;
type End = keyof typeof ENDS;

/** What pulumi runs the program with, and what is looked at. */
const PROGRAMS = ["sh", "node", "npm", "ps"];
const RECOVERY = [
  "Reach the cluster",
  "Look at the lock",
  "Back up the state",
  "Compare the state with the cluster",
  "Take up what the state does not know",
  "Preview",
];

const each = <T>(points: readonly T[]): (readonly [End, T])[] =>
  (Object.keys(ENDS) as End[]).flatMap((end) => points.map((point) => [end, point] as const));

describeWithEngine("a command for a deployed stack, of which its own process ends", (cluster, pulumi) => {
  const namespace = new OwnNamespaces(cluster).next("faults-commands");
  let checkout: Checkout;
  let proxy: FaultProxy;
  let env: Record<string, string>;
  let release = 0;

  beforeAll(async () => {
    checkout = new Checkout(PROGRAMS);
    checkout.addPulumi(pulumi);
    proxy = await FaultProxy.start(asDeployer(cluster));
    env = { PULUMI_BACKEND_URL: `file://${checkout.home}`, PULUMI_CONFIG_PASSPHRASE: "of a test" };
    const { config } = parse(checkout.read("Pulumi.dev.yaml")) as { readonly config: object };
    const own = {
      "vapora:cluster": { identifier: "faults-commands", kubeconfig: proxy.kubeconfig },
      "vapora:namespace": { name: namespace },
    };
    checkout.write("Pulumi.mine.yaml", stringify({ config: { ...config, ...own } }));
    success(await start("pulumi", "stack", "init", "mine").ended);
    success(await start("up", "mine", "--yes").ended);
  });

  afterAll(async () => {
    await checkout.remove();
    await proxy.stop();
    writePage();
  });

  /** Starts `pulumi` itself, or a command of the project. */
  function start(command: string, ...args: readonly string[]): Running {
    return checkout.start(command, args, { env, ...(command === "pulumi" ? { program: [pulumi, ...args] } : {}) });
  }

  /** From now on every service has another image: five updates are to come. */
  function change(): void {
    const { config, ...rest } = parse(checkout.read("Pulumi.mine.yaml")) as { config: Record<string, object> };
    release += 1;
    const images = SERVICES.map((key) => {
      const name = key.replace(/[A-Z]/, (letter) => `-${letter.toLowerCase()}`);
      return [`vapora:${key}`, { ...config[`vapora:${key}`], image: `vapora/${name}:0.4.${String(release)}` }] as const;
    });
    checkout.write("Pulumi.mine.yaml", stringify({ ...rest, config: { ...config, ...Object.fromEntries(images) } }));
  }

  /** Lets a write through, and does something before its answer is seen. */
  function at(number: number, happens: () => void): void {
    proxy.expect((write) => (write.number === number ? { kind: "lose", then: happens } : undefined));
  }

  const locks = (): number => readLocks(checkout.home, "vapora", "mine").length;

  async function state(): Promise<State> {
    return parseState(success(await start("pulumi", "stack", "export", "--stack", "mine", "--non-interactive").ended));
  }

  /** What has to stay: the values of the stack's Secrets, as they are on the cluster, and its claims and Services. */
  async function kept(): Promise<unknown> {
    const secrets = await getObjects<LiveObject & { readonly data?: unknown }>(cluster, ["secrets", "-n", namespace]);
    const others = await getObjects<LiveObject>(cluster, [
      "persistentvolumeclaims,services,secrets",
      ...["-n", namespace],
    ]);
    return [Object.fromEntries(secrets.map(({ metadata, data }) => [metadata.name, data])), marks(others, "uid")];
  }

  /** Waits for what goes on without its command, until it has ended or nobody hears it any more. */
  async function settled(): Promise<void> {
    const running = async (): Promise<boolean> =>
      (await checkout.processes()).some((line) => line.startsWith(`${pulumi} `));
    await eventually(async () => ((await running()) ? undefined : true), 60_000);
  }

  /** Shows whether a plain up fails, recovers, deploys, and keeps what came of it. */
  async function converges(about: Pick<FaultResult, "series" | "row" | "write">, before: unknown): Promise<void> {
    proxy.expect();
    await settled();
    const [held, { pending }] = [locks(), await state()];
    const { code } = await start("up", "mine", "--yes").ended;
    success(await start("recover", "mine").ended);
    success(await start("up", "mine", "--yes").ended);
    const last = success(await start("recover", "mine").ended);
    const after = await state();
    const found = {
      isInOrder: last.includes("a preview shows no change."),
      left: [locks(), after.pending.length, (await checkout.processes()).length],
      kept: await kept(),
    };
    const wanted = { isInOrder: true, left: [0, 0, 0], kept: before };
    const converged = JSON.stringify(found) === JSON.stringify(wanted);
    const result = { locks: held, pending: pending.length, unknown: 0, fails: code !== 0, faults: 1, converged };
    keepResults([{ ...about, ...result }]);
    expect(found).toEqual(wanted);
  }

  test.each(each([1, 3, 5]))("up, %s at write %i: recover and up bring what was wanted", async (end, number) => {
    const series = `up ${end} ${String(number)}`;
    if (isTried(series)) return;
    const before = await kept();
    change();
    const running = start("up", "mine", "--yes");
    at(number, () => {
      running.signal(ENDS[end], "all");
    });
    const { code } = await running.ended;
    expect(code).not.toBe(0);
    await converges({ series, row: `npm run up ${end}`, write: `write ${String(number)}` }, before);
  });

  test.each(each(["while it previews"]))("up, %s %s, changes nothing", async (end, point) => {
    const series = `up ${end} ${point}`;
    if (isTried(series)) return;
    const before = await kept();
    change();
    proxy.expect();
    const running = start("up", "mine", "--yes");
    await running.until(async () => (await checkout.processes()).some((line) => line.startsWith(`${pulumi} preview`)));
    running.signal(ENDS[end], "all");
    expect((await running.ended).code).not.toBe(0);
    expect(proxy.writes).toEqual([]);
    await converges({ series, row: `npm run up ${end}`, write: point }, before);
  });

  test.each(each(RECOVERY))("recover, %s at '%s': the next one does the rest", async (end, step) => {
    const series = `recover ${end} ${step}`;
    if (isTried(series)) return;
    const before = await kept();
    change();
    const killed = start("pulumi", "up", "--yes", "--skip-preview", "--stack", "mine", "--non-interactive");
    at(2, () => {
      killed.signal("SIGKILL", "top");
    });
    expect((await killed.ended).code).toBe(137);
    proxy.expect();
    const running = start("recover", "mine");
    await running.untilSaid(`[STARTED] ${step}`);
    running.signal(ENDS[end], "all");
    const ended = await running.ended;
    if (end === "killed") expect(ended.code).toBe(137);
    else expect(failure(ended)).toBe("Interrupted.");
    await converges({ series, row: `npm run recover ${end}, after a kill`, write: step }, before);
  });
});

describeWithEngine("a try-out that is killed while pulumi deploys it", (_, pulumi) => {
  const points: Readonly<Record<string, (running: Running) => Promise<void>>> = {
    "while the API server starts": (running) => running.until(() => checkout.state() !== undefined),
    "while pulumi deploys": (running) =>
      running.until(async () => (await checkout.processes()).some((line) => line.startsWith(`${pulumi} up`))),
    "while half of the objects are there": (running) =>
      running.until(async () => {
        const found = checkout.state();
        if (found === undefined) return false;
        const services = getObjects(found, ["services,configmaps", "--all-namespaces"]).catch(() => []);
        return (await services).length > 12;
      }),
    "while pods become Ready": (running) => running.untilSaid("[STARTED] Wait"),
  };
  let checkout: Checkout;

  beforeAll(() => {
    checkout = new Checkout(PROGRAMS);
    checkout.addPulumi(pulumi);
  });

  afterAll(async () => {
    await checkout.remove();
    writePage();
  });

  test.each(Object.keys(points))("%s: the next one works, and try:down leaves nothing", async (point) => {
    const series = `try killed ${point}`;
    if (isTried(series)) return;
    const running = checkout.start("try");
    await points[point]?.(running);
    running.signal("SIGKILL", "all");
    expect((await running.ended).code).toBe(137);
    const again: Ended = await checkout.run("try");
    const down = success(await checkout.run("try-down"));
    const remains = await checkout.remains();
    const converged = again.code === 0 && remains.length === 0;
    const result = { locks: 0, pending: 0, unknown: 0, fails: again.code !== 0, faults: 1, converged };
    keepResults([{ series, row: "npm run try killed", write: point, ...result }]);
    expect([again.code, remains, down.length > 0]).toEqual([0, [], true]);
  });
});
