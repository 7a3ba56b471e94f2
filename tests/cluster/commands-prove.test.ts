import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Proof } from "../../tools/report";
import { CLUSTER_TIMEOUT, describeOnCluster } from "../support/cluster";
import { Checkout } from "../support/commands";

jest.setTimeout(CLUSTER_TIMEOUT);

/** What a program may do to what its components make; an API server takes none of it. */
const REFUSED = `
import * as pulumi_ from "@pulumi/pulumi";
pulumi_.runtime.registerStackTransformation(({ type, name, props, opts }) => {
  const kind = type.split(":").at(-1);
  if (kind === "PersistentVolumeClaim" && name === "nats-data") props.spec.volumeMode = "Block";
  if (kind === "Service" && name === "backend-service") props.spec.type = "Nothing";
  if (kind === "ResourceQuota") props.spec.hard = { ...props.spec.hard, pods: "3" };
  if (kind === "Deployment" && name === "llm-router") {
    props.spec.template.spec.containers[0].securityContext = { privileged: true };
  }
  return { props, opts };
});
`;

describeOnCluster("what a change would be refused", () => {
  let checkout: Checkout;

  beforeAll(() => {
    checkout = new Checkout(["ps", "git"]);
    const stack = readFileSync(join(checkout.root, "Pulumi.dev.yaml"), "utf8");
    checkout.write("Pulumi.dev.yaml", `${stack.trimEnd()}\n  vapora:quota: { headroom: 0 }\n`);
    const git = (...args: readonly string[]): unknown =>
      execFileSync("git", ["-C", checkout.root, "-c", "user.name=test", "-c", "user.email=test@example.com", ...args]);
    git("init", "-q", "-b", "main");
    git("add", "-A");
    git("commit", "-q", "-m", "base");
    checkout.write("index.ts", `${REFUSED}${readFileSync(join(checkout.root, "index.ts"), "utf8")}`);
  });

  afterAll(() => checkout.remove());

  afterEach(async () => {
    expect(await checkout.remains()).toEqual([]);
  });

  const sides = ["--base", "main", "--stack", "dev"];

  it("is named by the report with --prove: a field that cannot change, a value, a quota, and what admission refuses", async () => {
    const { code, output } = await checkout.run("report", ...sides, "--prove", "--format", "json");
    const { proven } = JSON.parse(output.slice(output.indexOf("{\n"))) as { readonly proven: readonly Proof[] };
    const told = (proven[0]?.refusals ?? []).map(({ object, of, kind }) => [object, of, kind].join(" "));
    expect(told).toContain("PersistentVolumeClaim nats-data object immutable");
    expect(told).toContain("Service backend-service object invalid");
    expect(told).toContain("Deployment llm-router pod pod-security");
    expect(told.filter((line) => line.endsWith(" pod quota"))).not.toEqual([]);
    expect(code).toBe(1);
  });

  it("is told in words as well, and the report fails", async () => {
    const { code, output } = await checkout.run("report", ...sides, "--prove");
    expect(output).toContain("- **`dev`**: no data at risk;");
    expect(output).toMatch(/- \*\*`dev`\*\*: \*\*REFUSES \d+\*\* of \d+ objects and a pod of 9 templates/);
    expect(output).toContain("**`PersistentVolumeClaim nats-data`** cannot change in place");
    expect(output).toContain("**a pod of `Deployment llm-router`** is against the Pod Security Standard");
    expect(code).toBe(1);
  });
});
