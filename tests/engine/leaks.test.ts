import { kubectl } from "../../tools/cluster/kubectl";
import { CANARIES, CANARY_CONFIG, canariesIn } from "../support/canaries";
import { CLUSTER_TIMEOUT, deleteNamespaces, describeWithEngine } from "../support/cluster";
import { TestStack } from "../support/engine";
import { ownObjects } from "./live";

jest.setTimeout(CLUSTER_TIMEOUT);

/** The same kinds of text once more, for a rotation. */
const ROTATED = Object.fromEntries(Object.entries(CANARIES).map(([key, value]) => [key, `${value}'"%é\n2`]));

// one after the other: everything a stack lives through, and then the search
describeWithEngine("the secrets of a stack", (cluster, pulumi) => {
  let stack: TestStack;

  beforeAll(async () => {
    stack = new TestStack(cluster, pulumi, "dev", "leaks", CANARY_CONFIG);
    stack.setSecrets(CANARIES);
    await kubectl(cluster, ["create", "namespace", stack.namespace]);
    await kubectl(cluster, [...quota("create"), "--hard=count/secrets=0"]);
  });

  afterAll(async () => {
    await deleteNamespaces(cluster, stack.namespace);
    await stack.remove();
  });

  it("are not shown by a run that fails as it makes their Secrets", async () => {
    const namespace = { "vapora:namespace": { name: stack.namespace, create: false } };
    // on, so that every Secret fails, not just the first
    const up = await stack.try(["up", "--yes", "--skip-preview", "--diff", "--continue-on-error"], namespace);
    expect(up.code).not.toBe(0);
    expect(`${up.stdout}${up.stderr}`).toMatch(/"vapora-secrets".*exceeded quota/s);
    await kubectl(cluster, quota("delete"));
    await stack.up(namespace);
  });

  it("are in the live Secrets, where the search finds every one of them", async () => {
    const secrets = await stack.live("secrets");
    expect(canariesIn(JSON.stringify(secrets))).toEqual(Object.keys(CANARIES));
  });

  it("are not shown by a plan and a run that rotate them, nor by what shows the state", async () => {
    stack.setSecrets(ROTATED);
    await stack.run(["preview", "--diff"]);
    await stack.run(["up", "--yes", "--skip-preview", "--diff"]);
    await stack.run(["refresh", "--yes", "--skip-preview", "--diff"]);
    await stack.run(["stack", "output", "--json"]);
    await stack.run(["stack", "export"]);
    expect(canariesIn(JSON.stringify(await stack.live("secrets")), ROTATED)).toEqual(Object.keys(ROTATED));
    expectNothingTold();
  });

  it("are in no other live object, nor in an event", async () => {
    const objects = [...(await ownObjects(cluster, stack)), ...(await stack.live("pods,replicasets,events"))];
    const others = objects.filter(({ kind }) => kind !== "Secret");
    expect(others.length).toBeGreaterThan(30);
    expect(others.filter((object) => hits(JSON.stringify(object)).length > 0)).toEqual([]);
  });

  it("are not shown as the stack is destroyed", async () => {
    await stack.run(["destroy", "--yes", "--skip-preview", "--diff"]);
    expectNothingTold();
  });

  it("are in no file of the state and its history, which are not empty", () => {
    const files = Object.entries(stack.files());
    const kept = files.filter(([name]) => /\/\.pulumi\/(stacks|history|backups)\//.test(name));
    expect(kept.filter(([, text]) => text.includes("vapora-secrets")).length).toBeGreaterThan(1);
    expect(files.filter(([, text]) => hits(text).length > 0).map(([name]) => name)).toEqual([]);
  });

  function expectNothingTold(): void {
    const said = stack.said.join("\n");
    expect(said).toContain("vapora-secrets");
    expect(hits(said)).toEqual([]);
  }

  function quota(verb: string): string[] {
    return [verb, "quota", "no-secrets", "--namespace", stack.namespace];
  }
});

/** Secrets of either generation that stand in a text. */
function hits(text: string): string[] {
  return [...canariesIn(text), ...canariesIn(text, ROTATED)];
}
