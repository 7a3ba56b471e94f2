import { parse, stringify } from "yaml";
import { getObjects, kubectl } from "../../tools/cluster/kubectl";
import { asDeployer } from "../../tools/cluster/role";
import { CLUSTER_TIMEOUT, describeWithEngine, OwnNamespaces, testWithEngine } from "../support/cluster";
import { Bucket } from "../support/bucket";
import type { Ended, Running } from "../support/commands";
import { Checkout, failure, success } from "../support/commands";

jest.setTimeout(CLUSTER_TIMEOUT);

describeWithEngine("npm run recover, as a person types it, for a state in an object store", (cluster, pulumi) => {
  const namespace = new OwnNamespaces(cluster).next("recover-command");
  let checkout: Checkout;
  let bucket: Bucket;
  let env: Record<string, string>;

  beforeAll(async () => {
    checkout = new Checkout(["sh", "node", "npm"]);
    checkout.addPulumi(pulumi);
    bucket = await Bucket.start();
    env = { ...bucket.env, PULUMI_CONFIG_PASSPHRASE: "of a test" };
    const { config } = parse(checkout.read("Pulumi.dev.yaml")) as { readonly config: object };
    const own = {
      "vapora:cluster": { identifier: "recover-command", kubeconfig: asDeployer(cluster).kubeconfig },
      "vapora:namespace": { name: namespace },
    };
    checkout.write("Pulumi.mine.yaml", stringify({ config: { ...config, ...own } }));
    success(await start("pulumi", "stack", "init", "mine").ended);
  });

  afterAll(async () => {
    await checkout.remove();
    await bucket.stop();
  });

  /** Starts `pulumi` itself, or a command of the project. */
  function start(command: string, ...args: readonly string[]): Running {
    return checkout.start(command, args, { env, ...(command === "pulumi" ? { program: [pulumi, ...args] } : {}) });
  }

  const locks = (): string[] => [...bucket.objects.keys()].filter((key) => key.startsWith(".pulumi/locks/"));
  const recover = (...args: readonly string[]): Promise<Ended> => start("recover", ...args).ended;
  const up = (): Running => start("pulumi", "up", "--yes", "--skip-preview", "--stack", "mine", "--non-interactive");
  const count = async (): Promise<number> =>
    (await getObjects(cluster, ["services,configmaps,networkpolicies", "--namespace", namespace])).length;

  test("refuses what it cannot work with, in one message", async () => {
    expect(failure(await recover("other"))).toMatch(/^There is no stack 'other'/);
    expect(failure(await recover("mine", "--force"))).toMatch(/unknown option '--force'/);
    expect(failure(await checkout.start("recover", ["mine"], { env: { PATH: checkout.path("bin") } }).ended)).toMatch(
      /^pulumi is needed to recover a state, and there is none on PATH/,
    );
  });

  testWithEngine("ends with 1 and names what stands in the way and is not the stack's", "creates by POST", async () => {
    await kubectl(cluster, ["create", "namespace", namespace]);
    expect((await up().ended).code).not.toBe(0);
    const message = failure(await recover("mine"));
    expect(message).toContain(`  - Namespace ${namespace}\n`);
    expect(message).toMatch(/^The state is right. Left alone/);
    await kubectl(cluster, ["delete", "namespace", namespace]);
  });

  test("brings back a stack whose up was killed; up deploys the rest, and then nothing is left to do", async () => {
    const killed = up();
    await killed.until(async () => (await count()) > 8);
    killed.signal("SIGKILL", "top");
    expect((await killed.ended).code).toBe(137);
    expect((await up().ended).output).toContain("the stack is currently locked");

    const recovered = success(await recover("mine"));
    expect(recovered).toMatch(/^Cancelled a lock that \S+ \(process \d+\)/m);
    expect(recovered).toMatch(
      /To go back to it: pulumi stack import --stack mine --file \S+\.state-backups\/mine\/state-/,
    );
    expect(recovered).toMatch(/A preview shows what is still to come: \d+ to create\. npm run up -- mine deploys it/);

    expect(success(await start("up", "mine", "--yes").ended)).toContain("Deployed.");
    expect(success(await recover("mine"))).toMatch(/^Recovered: .* a preview shows no change\.$/m);
    expect([await checkout.processes(), locks()]).toEqual([[], []]);
  });

  test("leaves the lock of another machine where it is", async () => {
    const lock = { pid: 1, username: "ci", hostname: "runner-7", timestamp: "2026-11-25T04:00:00Z" };
    bucket.objects.set(".pulumi/locks/organization/vapora/mine/1.json", Buffer.from(JSON.stringify(lock)));
    expect(failure(await recover("mine"))).toMatch(/^Another machine holds the stack's lock: ci@runner-7/);
    expect(locks()).toHaveLength(1);
  });
});
