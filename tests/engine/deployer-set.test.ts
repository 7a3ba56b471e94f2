/** What a machine that only deploys installs: the program's own packages, without those of tools/ and the tests. */
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectRoot } from "../../tools/recording/project";
import { run } from "../../tools/shared/processes";
import { CLUSTER_TIMEOUT, describeWithEngine } from "../support/cluster";
import { planned, PROGRAM, TestStack } from "../support/engine";

jest.setTimeout(CLUSTER_TIMEOUT);

describeWithEngine("npm ci --omit=dev", (cluster, pulumi) => {
  const root = mkdtempSync(join(tmpdir(), "vapora-deployer-"));
  let stack: TestStack;

  afterAll(async () => {
    rmSync(root, { recursive: true });
    await stack.remove();
  });

  test("installs what pulumi preview needs, and plans what the whole checkout does", async () => {
    stack = new TestStack(cluster, pulumi, "dev", "deployer-set");
    const whole = await stack.plan();
    for (const name of [...PROGRAM, "package-lock.json", "examples/consumer/package.json"])
      cpSync(join(projectRoot(), name), join(root, name), { recursive: true });
    const install = ["ci", "--omit=dev", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"];
    const { code, stderr } = await run("npm", install, { cwd: root });
    expect([code, stderr]).toEqual([0, ""]);
    for (const tool of ["jest", "esbuild", "eslint", "@surrealdb/node", "commander", "prettier"])
      expect([tool, existsSync(join(root, "node_modules", tool))]).toEqual([tool, false]);
    const engine = await stack.engineOf(root);
    expect(planned((await engine.run(["preview", "--json"])).stdout)).toEqual(whole);
    expect(whole.length).toBeGreaterThan(40);
  });
});
