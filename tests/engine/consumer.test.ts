/** The platform and a stack that reads its outputs, both on the real engine, with one state and two passphrases. */
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { consumerNamespace, consumerRoot, lettingConsumerIn } from "../../tools/commands/try/consumer";
import { Engine } from "../../tools/commands/try/engine";
import { buildOutputs } from "../../tools/commands/try/outputs-package";
import type { RunResult } from "../../tools/shared/processes";
import { withoutSecrets } from "../../tools/recording/open-config";
import { projectRoot } from "../../tools/recording/project";
import { CLUSTER_TIMEOUT, deleteNamespaces, describeWithEngine, uniqueNamespace } from "../support/cluster";
import { describeUrn, errors, PROGRAM } from "../support/engine";
import { fixtureStack } from "../support/stacks";

jest.setTimeout(CLUSTER_TIMEOUT);

const ROOT = projectRoot();
const PLATFORM = "organization/vapora/dev";

interface Step {
  readonly op: string;
  readonly urn: string;
  readonly oldState?: { readonly inputs: unknown };
  readonly newState?: { readonly inputs: unknown };
}

describeWithEngine("a stack that reads the platform's outputs", (cluster, pulumi) => {
  const namespace = uniqueNamespace("platform");
  let folder: string;
  let platform: Engine;
  let consumer: Engine;

  beforeAll(async () => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "vapora-platform-")));
    // the platform's program as its own team changes it
    for (const name of PROGRAM) cpSync(join(ROOT, name), program(name), { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), program("node_modules"));
    const shared = { stack: "dev", cluster, state: join(folder, "state"), progress: () => undefined };
    platform = new Engine(pulumi, { ...shared, root: program(""), folder: join(folder, "platform") });
    consumer = new Engine(pulumi, { ...shared, root: consumerRoot(ROOT), folder: join(folder, "consumer") });
    for (const name of ["platform", "consumer"]) mkdirSync(join(folder, name));

    const { config } = withoutSecrets("vapora", fixtureStack("dev").config);
    await platform.prepare(
      lettingConsumerIn(
        {
          ...config,
          "vapora:namespace": { name: namespace },
          "vapora:cluster": { identifier: "consumed", kubeconfig: cluster.kubeconfig },
        },
        "dev",
      ),
    );
    await platform.run(["up", "--yes", "--skip-preview"]);
    await buildOutputs(ROOT);
    await consumer.prepare({
      "vapora-smoke-test:platform": PLATFORM,
      "vapora-smoke-test:namespace": consumerNamespace("dev"),
      "vapora-smoke-test:kubeconfig": cluster.kubeconfig,
    });
  });

  afterAll(async () => {
    await deleteNamespaces(cluster, namespace, consumerNamespace("dev"));
    rmSync(folder, { recursive: true, force: true });
  });

  function program(name: string): string {
    return join(folder, "program", name);
  }

  /** Changes the platform's program and deploys it. */
  async function change(file: string, before: string, after: string): Promise<void> {
    const text = readFileSync(program(file), "utf8");
    expect(text).toContain(before);
    writeFileSync(program(file), text.replace(before, after));
    await platform.run(["up", "--yes", "--skip-preview"]);
  }

  function previewed({ stdout }: RunResult): Step[] {
    return (JSON.parse(stdout) as { readonly steps: readonly Step[] }).steps.filter(
      ({ op }) => op !== "same" && op !== "read",
    );
  }

  test("comes up from the platform's state, with a passphrase of its own and no key of the platform's", async () => {
    const passphrase = (name: string): string => readFileSync(join(folder, name, "passphrase"), "utf8");
    expect(passphrase("consumer")).not.toBe(passphrase("platform"));
    await consumer.run(["up", "--yes", "--skip-preview"]);
    const outputs = JSON.parse((await consumer.run(["stack", "output", "--json"])).stdout) as unknown;
    // plain, though the platform's state is full of secrets
    expect(outputs).toEqual({ url: `http://vapora-backend.${namespace}:8080` });
  });

  test("has nothing to change as long as the platform's outputs stay", async () => {
    await expect(consumer.run(["preview", "--expect-no-changes"])).resolves.toMatchObject({ code: 0 });
  });

  test("sees in its preview that the platform has moved to another port, and nothing else", async () => {
    await change("components/backend.ts", "http: 8080", "http: 8181");
    const steps = previewed(await consumer.run(["preview", "--json"]));
    expect(steps.map(({ op, urn }) => `${op} ${describeUrn(urn)}`).sort()).toEqual([
      "update CronJob smoke-test",
      "update NetworkPolicy smoke-test-network",
    ]);
    for (const { oldState, newState } of steps) {
      const moved = JSON.stringify(oldState?.inputs).replaceAll("8080", "8181");
      expect(JSON.parse(moved)).toEqual(newState?.inputs);
    }
    await consumer.run(["up", "--yes", "--skip-preview"]);
  });

  test("fails in its preview with one error where an output was renamed", async () => {
    await change("outputs/contract.ts", "redis: redis.address,", "cache: redis.address,");
    const result = await consumer.try(["preview", "--json"]);
    expect(result.code).not.toBe(0);
    const [message, ...others] = errors(result);
    expect(message?.split(`Stack '${PLATFORM}' does not have the outputs that version 1`)).toHaveLength(2);
    expect(message).toContain("\n  - redis is missing; it should be an object\n");
    expect(others).toEqual([]);
    expect((await consumer.try(["preview"])).stdout).not.toMatch(/^\s+at /m);
  });
});
