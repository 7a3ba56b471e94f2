import { join } from "node:path";
import { projectRoot } from "../../tools/recording/project";
import { RULES } from "../../policy/all-rules";
import { CLUSTER_TIMEOUT, describeWithEngine } from "../support/cluster";
import { TestStack } from "../support/engine";

jest.setTimeout(CLUSTER_TIMEOUT);

const PACK = ["--policy-pack", join(projectRoot(), "policy")];
/** Stands for a credential somebody wrote into the config. */
const LITERAL = "hunter2-made-up";

describeWithEngine("the policy pack", (cluster, pulumi) => {
  let stack: TestStack;

  beforeAll(() => {
    stack = new TestStack(cluster, pulumi, "dev", "policy");
  });

  afterAll(() => stack.remove());

  it("refuses a literal credential by the rule's name, and shows no value", async () => {
    const { code, stdout, stderr } = await stack.try(
      ["preview", ...PACK],
      stack.changed("backend", { env: { DB_PASSWORD: LITERAL } }),
    );
    const said = `${stdout}\n${stderr}`;
    expect(code).not.toBe(0);
    expect(violated(said)).toEqual(["no-literal-secrets"]);
    expect(said).toContain("no-literal-secrets: Deployment vapora-backend");
    expect(policyPart(said)).not.toContain(LITERAL);
  });

  it("lets the stack through that is in the repository", async () => {
    const { code, stdout } = await stack.try(["preview", ...PACK]);
    expect(violated(stdout)).toEqual([]);
    expect(code).toBe(0);
  });

  it("judges the whole stack once it is deployed and every value is known", async () => {
    const { stdout } = await stack.run(["up", "--yes", "--skip-preview", ...PACK]);
    expect(violated(stdout)).toEqual([]);
    expect(stdout).not.toContain("can't run policy");
  });
});

/** Rules that refused something. */
function violated(said: string): string[] {
  return RULES.map(({ name }) => name).filter((name) => policyPart(said).includes(`${name}: `));
}

/** What the pack said: the program's own diff comes before it. */
function policyPart(said: string): string {
  const from = said.indexOf("Policies:");
  return from < 0 ? "" : said.slice(from);
}
