import { kubectl } from "../../tools/cluster/kubectl";
import { CLUSTER_TIMEOUT, describeWithEngine } from "../support/cluster";
import { errors, TestStack } from "../support/engine";
import { unlikeRendered } from "./live";
import { secretsIn } from "./secrets";

jest.setTimeout(CLUSTER_TIMEOUT);

const API_KEYS = ["claudeApiKey", "openaiApiKey", "geminiApiKey"];

describeWithEngine("the production stack", (cluster, pulumi) => {
  let stack: TestStack;

  beforeAll(async () => {
    await kubectl(cluster, ["label", "nodes", "--all", "--overwrite", "workload=vapora"]);
    stack = new TestStack(cluster, pulumi, "prod", "prod");
  });

  afterAll(() => stack.remove());

  it("says in one message which API keys are missing and what to type, without a stack trace", async () => {
    stack.setSecrets({});
    const preview = await stack.try(["preview"]);
    expect(preview.code).not.toBe(0);
    expect(`${preview.stdout}\n${preview.stderr}`).not.toMatch(/^\s+at /m);

    const [message = "", ...more] = errors(await stack.try(["preview", "--json"]));
    expect(more).toEqual([]);
    const asked = message
      .split("\n")
      .flatMap((line) => /vapora:(\w+)\b.*pulumi config set --secret \1\b/.exec(line)?.[1] ?? []);
    expect(asked).toEqual(API_KEYS);
  });

  it("comes up with every pod Ready once they are set", async () => {
    stack.setSecrets(apiKeys("first"));
    await stack.up();
    await stack.whenReady();
  });

  it("leaves nothing to change", async () => {
    await expect(stack.run(["preview", "--expect-no-changes"])).resolves.toMatchObject({ code: 0 });
  });

  it("changes one Deployment alone where a number of replicas changes", async () => {
    expect(await stack.plan(stack.changed("backend", { replicas: 4 }))).toEqual(["update Deployment backend"]);
  });

  it("has objects that equal the rendered ones in every field, and no others", async () => {
    expect(await unlikeRendered(cluster, stack)).toEqual([]);
  });

  it("shows no API key and no password, not even while the keys are rotated", async () => {
    stack.setSecrets(apiKeys("second"));
    const users = ["update Deployment agents", "update Deployment llm-router"];
    expect(await stack.plan()).toEqual([...users, "update Secret secrets"]);
    expect((await stack.run(["preview", "--diff"])).stdout).toContain("vapora-secrets");
    expect(await secretsIn(stack.said.join("\n"), stack)).toEqual([]);

    await stack.run(["up", "--yes", "--skip-preview", "--diff"]);
    expect(await secretsIn(stack.said.join("\n"), stack)).toEqual([]);
  });
});

function apiKeys(generation: string): Record<string, string> {
  return Object.fromEntries(API_KEYS.map((key) => [`vapora:${key}`, `${generation}-made-up-${key}`]));
}
