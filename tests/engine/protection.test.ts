import { CLUSTER_TIMEOUT, describeWithEngine } from "../support/cluster";
import { TestStack } from "../support/engine";
import { describeObject, marks, ownObjects } from "./live";
import { fingerprint, secretsIn } from "./secrets";

jest.setTimeout(CLUSTER_TIMEOUT);

const PROTECTED = [
  "Namespace namespace",
  "PersistentVolumeClaim agents-storage",
  "PersistentVolumeClaim llm-router-storage",
  "PersistentVolumeClaim mcp-gateway-storage",
  "PersistentVolumeClaim nats-data",
  "PersistentVolumeClaim redis-data",
  "PersistentVolumeClaim surrealdb-data",
  "RandomPassword surrealdb-password-seed",
];
/** What the protected ones depend on: their mark. */
const MARK = "RandomUuid stack-mark";
/** Components that hold something protected stay in the state with it; they are nothing in a cluster. */
const PARENTS = [
  "Agents agents",
  "LlmRouter llm-router",
  "McpGateway mcp-gateway",
  "Namespace namespace",
  "Nats nats",
  "Redis redis",
  "Stack vapora-dev",
  "StackMark stack-mark",
  "SurrealDb surrealdb",
];
const CLAIMS = [
  "PersistentVolumeClaim nats-data",
  "PersistentVolumeClaim redis-data",
  "PersistentVolumeClaim surrealdb-data",
  "PersistentVolumeClaim vapora-agent-state-pvc",
  "PersistentVolumeClaim vapora-plugins-pvc",
  "PersistentVolumeClaim vapora-routing-cache-pvc",
];

describeWithEngine("a stack with dataProtection", (cluster, pulumi) => {
  let stack: TestStack;
  let claims: Record<string, string>;
  let credentials: string;

  beforeAll(async () => {
    stack = new TestStack(cluster, pulumi, "dev", "protect", { "vapora:dataProtection": true });
    await stack.up();
    claims = await claimIdentities();
    credentials = await fingerprint(stack, "vapora-secrets", "database-password");
  });

  afterAll(() => stack.remove());

  it("does not let a plain destroy succeed, and its data outlives one", async () => {
    const { code, stdout } = await stack.try(["destroy", "--yes", "--skip-preview"]);
    expect(code).not.toBe(0);
    expect(stdout).toContain("because it is protected");
    expect(await claimIdentities()).toEqual(claims);
  });

  it("comes back after it with the same claims and the same database password", async () => {
    await stack.up();
    await expectSameData();
  });

  it("keeps the namespace and the six claims alone when all but the protected is destroyed", async () => {
    await stack.destroy("--exclude-protected");
    const left = (await ownObjects(cluster, stack)).map(describeObject);
    expect(left.sort()).toEqual([`Namespace ${stack.namespace}`, ...CLAIMS]);
  });

  it("keeps them in the state then, with the passwords, their parents and their providers", async () => {
    const isProvider = (line: string): boolean => line === "kubernetes cluster" || line.startsWith("random default_");
    const state = await stack.state();
    expect(state.filter((line) => !isProvider(line))).toEqual([...PROTECTED, MARK, ...PARENTS].sort());
    expect(state.filter(isProvider)).toHaveLength(2);
  });

  it("comes back after that with the same claims and the same database password", async () => {
    expect((await stack.run(["preview", "--diff"])).stdout).toContain("surrealdb-credentials");
    await stack.run(["up", "--yes", "--skip-preview", "--diff"]);
    await expectSameData();
  });

  it("has shown no password in all that, though the Secrets were made anew", async () => {
    expect(await secretsIn(stack.said.join("\n"), stack)).toEqual([]);
    // the same search finds them where they do stand
    const everything = ["surrealdb-credentials/root-password", "vapora-secrets/database-password"];
    expect(await secretsIn(await stack.exported("--show-secrets"), stack)).toEqual(expect.arrayContaining(everything));
  });

  it("is taken away with its data once the protection is lifted", async () => {
    await stack.run(["state", "unprotect", "--all", "--yes"]);
    await stack.destroy();
    expect(await ownObjects(cluster, stack)).toEqual([]);
    expect(await stack.state()).toEqual([]);
  });

  async function expectSameData(): Promise<void> {
    await stack.whenReady();
    expect(await claimIdentities()).toEqual(claims);
    expect(await fingerprint(stack, "vapora-secrets", "database-password")).toBe(credentials);
  }

  async function claimIdentities(): Promise<Record<string, string>> {
    return marks(await stack.live("persistentvolumeclaims"), "uid");
  }
});
