import { getObjects } from "../../tools/cluster/kubectl";
import { CLUSTER_TIMEOUT, describeWithEngine } from "../support/cluster";
import { errors, TestStack } from "../support/engine";
import { MISSPELLING, misspelt } from "../support/misspelling";
import { fixtureStack } from "../support/stacks";

jest.setTimeout(CLUSTER_TIMEOUT);

describeWithEngine("a misspelt key", (cluster, pulumi) => {
  const agents = fixtureStack("dev").config["vapora:agents"] as Readonly<Record<string, unknown>>;
  let stack: TestStack;

  beforeAll(() => {
    stack = new TestStack(cluster, pulumi, "dev", "input", misspelt(agents));
  });

  afterAll(() => stack.remove());

  it("ends a preview with one message, which names path and suggestion, and nothing is planned", async () => {
    const preview = await stack.try(["preview", "--json"]);
    expect(preview.code).not.toBe(0);
    // a preview's errors start with their severity
    expect(errors(preview)).toEqual([`error: ${MISSPELLING}`]);
    const { steps = [] } = JSON.parse(preview.stdout) as { steps?: readonly { readonly urn: string }[] };
    expect(steps.filter(({ urn }) => !urn.includes("::pulumi:pulumi:Stack::"))).toEqual([]);
  });

  it("ends a deployment with the same message, and nothing is made", async () => {
    const up = await stack.try(["up", "--yes", "--skip-preview", "--json"]);
    expect(up.code).not.toBe(0);
    expect(errors(up)).toEqual([MISSPELLING]);
    expect(await stack.state()).toEqual(["Stack vapora-dev"]);
    const here = `--field-selector=metadata.name=${stack.namespace}`;
    expect(await getObjects(cluster, ["namespaces", here])).toEqual([]);
  });

  it("is shown to a person without a stack trace", async () => {
    const { stdout, stderr } = await stack.try(["preview"]);
    expect(stdout).toContain("vapora:agents.replcias: there is no such key; did you mean replicas?");
    expect(`${stdout}\n${stderr}`).not.toMatch(/^\s+at /m);
  });
});
