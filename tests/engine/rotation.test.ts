import { kubectl } from "../../tools/cluster/kubectl";
import { CLUSTER_TIMEOUT, describeWithEngine } from "../support/cluster";
import { TestStack } from "../support/engine";
import type { LiveObject } from "../support/engine";
import { fingerprint } from "./secrets";

jest.setTimeout(CLUSTER_TIMEOUT);

interface Pod extends LiveObject {
  readonly metadata: LiveObject["metadata"] & { readonly creationTimestamp: string };
  readonly spec: { readonly containers: readonly { readonly env?: readonly Variable[] }[] };
}

interface Variable {
  readonly name: string;
  readonly valueFrom?: { readonly secretKeyRef?: { readonly name: string; readonly key: string } };
}

interface Job extends LiveObject {
  readonly status: { readonly succeeded?: number; readonly completionTime?: string };
}

interface Secret extends LiveObject {
  readonly data: Readonly<Record<string, string>>;
}

const KEY_USERS = ["vapora-agents", "vapora-llm-router"];
const DATABASE_USERS = ["vapora-agents", "vapora-backend", "vapora-llm-router", "vapora-mcp-gateway"];
/** Everything that runs, but for the Job. */
const APPS = [...DATABASE_USERS, "knowledge-graph", "nats", "redis", "surrealdb", "vapora-frontend"].sort();

// one after the other: each goes on from what the one before has left
describeWithEngine("a rotation", (cluster, pulumi) => {
  let stack: TestStack;

  beforeAll(async () => {
    stack = new TestStack(cluster, pulumi, "dev", "rotate");
    stack.setSecrets({ "vapora:claudeApiKey": "made-up-first" });
    await stack.up();
    await stack.whenReady();
  });

  afterAll(() => stack.remove());

  it("of an API key plans and rolls agents and llm-router, and no other pod is touched", async () => {
    const before = await pods();
    expect(Object.keys(before)).toEqual(APPS);
    const key = await fingerprint(stack, "vapora-secrets", "claude-api-key");

    stack.setSecrets({ "vapora:claudeApiKey": "made-up-second" });
    const expected = ["update Deployment agents", "update Deployment llm-router", "update Secret secrets"];
    expect(await stack.plan()).toEqual(expected);
    expect(await stack.up()).toEqual(expected);

    await stack.whenReady();
    expect(rolled(before, await pods())).toEqual(KEY_USERS);
    expect(await fingerprint(stack, "vapora-secrets", "claude-api-key")).not.toBe(key);
  });

  it("of the database's password rolls those that hold it, after the Job has succeeded", async () => {
    const before = await pods();
    const password = await fingerprint(stack, "vapora-secrets", "database-password");

    const done = await stack.up(stack.changed("surrealdb", { rotations: { user: 1 } }));
    expect(done.filter((line) => / (Deployment|StatefulSet|Job) /.test(line))).toEqual([
      "create Job surrealdb-rotation-job",
      "update Deployment agents",
      "update Deployment backend",
      "update Deployment llm-router",
      "update Deployment mcp-gateway",
    ]);

    await stack.whenReady();
    const after = await pods();
    expect(rolled(before, after)).toEqual(DATABASE_USERS);
    expect(holders(after, "vapora-secrets", "database-password")).toEqual(DATABASE_USERS);
    expect(await fingerprint(stack, "vapora-secrets", "database-password")).not.toBe(password);

    const [job] = await stack.live<Job>("jobs");
    expect(job?.status.succeeded).toBe(1);
    const firstPod = DATABASE_USERS.map((app) => after[app]?.metadata.creationTimestamp ?? "").sort()[0] ?? "";
    expect(Date.parse(firstPod)).toBeGreaterThanOrEqual(Date.parse(job?.status.completionTime ?? ""));
  });

  it("to a Secret that somebody else keeps takes the key out of ours, and its users read the other one", async () => {
    const before = await pods();
    const create = ["create", "secret", "generic", "team-credentials", "--namespace", stack.namespace];
    await kubectl(cluster, [...create, "--from-literal=token=made-up-third"]);
    stack.setSecrets({});
    const apiKey = { existingSecret: { name: "team-credentials", key: "token" } };
    const done = await stack.up({ "vapora:providers": { claude: { apiKey } } });
    expect(done.filter((line) => !line.includes(" NetworkPolicy "))).toEqual([
      "update Deployment agents",
      "update Deployment llm-router",
      "update Secret secrets",
    ]);

    await stack.whenReady();
    const after = await pods();
    expect(rolled(before, after)).toEqual(KEY_USERS);
    expect(holders(after, "team-credentials", "token")).toEqual(KEY_USERS);
    expect((await keysOf("vapora-secrets")).filter((key) => !key.startsWith("database-"))).toEqual([]);
  });

  it("of the seed changes root's password and the users', and rolls the database and those that hold it", async () => {
    const before = await pods();
    const prints = (): Promise<readonly string[]> =>
      Promise.all([
        fingerprint(stack, "surrealdb-credentials", "root-password"),
        fingerprint(stack, "vapora-secrets", "database-password"),
      ]);
    const [root, password] = await prints();
    const shown = (await stack.run(["stack", "--show-urns"])).stdout;
    const [urn = ""] = /urn:pulumi:\S*::surrealdb-password-seed\b/.exec(shown) ?? [];
    await stack.run(["state", "unprotect", urn, "--yes"]);
    await stack.run(["up", "--yes", "--skip-preview", "--replace", urn]);

    await stack.whenReady();
    expect(rolled(before, await pods())).toEqual([...DATABASE_USERS, "surrealdb"].sort());
    const [newRoot, newPassword] = await prints();
    expect([newRoot === root, newPassword === password]).toEqual([false, false]);
  });

  it("of the passphrase changes nothing that runs, and the old one opens nothing any more", async () => {
    const sealed = await stack.exported();
    await stack.changePassphrase("another made-up passphrase");
    await expect(stack.run(["preview", "--expect-no-changes"])).resolves.toMatchObject({ code: 0 });
    expect(await stack.exported()).not.toBe(sealed);
    const old = await stack.try(
      ["preview"],
      {},
      { PULUMI_CONFIG_PASSPHRASE_FILE: "", PULUMI_CONFIG_PASSPHRASE: "old" },
    );
    expect([old.code === 0, `${old.stdout}${old.stderr}`]).toEqual([
      false,
      expect.stringContaining("incorrect passphrase"),
    ]);
  });

  /** The pod of each app that is not on its way out. @throws Error if an app has two. */
  async function pods(): Promise<Readonly<Record<string, Pod>>> {
    const live = (await stack.live<Pod>("pods")).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    const entries = live.map((pod) => [pod.metadata.labels?.app ?? "", pod] as const);
    const running = entries.filter(([app]) => app !== "surrealdb-rotation").sort(([a], [b]) => a.localeCompare(b));
    const found = Object.fromEntries(running);
    if (Object.keys(found).length !== running.length) throw new Error("an app has more than one pod");
    return found;
  }

  async function keysOf(name: string): Promise<string[]> {
    const secrets = await stack.live<Secret>("secrets");
    return Object.keys(secrets.find(({ metadata }) => metadata.name === name)?.data ?? {});
  }
});

/** Apps whose pod is another one. */
function rolled(before: Readonly<Record<string, Pod>>, after: Readonly<Record<string, Pod>>): string[] {
  const apps = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return apps.filter((app) => before[app]?.metadata.uid !== after[app]?.metadata.uid).sort();
}

/** Apps whose pod reads a key of a Secret. */
function holders(pods: Readonly<Record<string, Pod>>, name: string, key: string): string[] {
  const reads = ({ valueFrom }: Variable): boolean =>
    valueFrom?.secretKeyRef?.name === name && valueFrom.secretKeyRef.key === key;
  return Object.keys(pods).filter((app) => pods[app]?.spec.containers.some(({ env = [] }) => env.some(reads)));
}
