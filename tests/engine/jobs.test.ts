/** Jobs that bring something into the database and fail: the next deployment goes on where they stopped. */
import { forgetDeletedJobs } from "../../tools/commands/up/deleted-jobs";
import { getObjects, kubectl } from "../../tools/cluster/kubectl";
import { asDeployer } from "../../tools/cluster/role";
import { CLUSTER_TIMEOUT, describeWithEngine } from "../support/cluster";
import { errors, TestStack } from "../support/engine";
import type { LiveObject } from "../support/engine";
import { eventually } from "../support/programs";

jest.setTimeout(2 * CLUSTER_TIMEOUT);

interface Job extends LiveObject {
  readonly status: { readonly succeeded?: number };
}

const QUOTA = "no-more-pods";

describeWithEngine("a Job that failed", (cluster, pulumi) => {
  let stack: TestStack;

  beforeAll(async () => {
    stack = new TestStack(cluster, pulumi, "dev", "jobs");
    await stack.up();
    await stack.whenReady();
  });

  afterAll(() => stack.remove());

  it.each([
    ["knowledge-graph", () => ({ "vapora:learning": { weights: { base: 0.2, expertise: 0.6, confidence: 0.2 } } })],
    ["surrealdb-rotation", () => stack.changed("surrealdb", { rotations: { user: 1 } })],
  ])("%s: the deployment fails with its reason, the next one makes it anew and ends well", async (name, change) => {
    await fail(name, change());
    await allowPods();
    const done = await stack.up();
    expect(done).toContain(`replace Job ${name}-job`);
    await stack.whenReady();
    expect((await jobsOf(name)).map(({ status }) => status.succeeded)).toEqual([1]);
    expect(await stack.plan()).toEqual([]);
  });

  it.each([
    ["knowledge-graph", () => ({ "vapora:learning": { weights: { base: 0.1, expertise: 0.7, confidence: 0.2 } } })],
    ["surrealdb-rotation", () => stack.changed("surrealdb", { rotations: { user: 2 } })],
  ])("%s: once somebody has deleted it, it is made anew by npm run up", async (name, change) => {
    await fail(name, change());
    const [job] = await jobsOf(name);
    await kubectl(cluster, ["delete", "job", job?.metadata.name ?? "", "--namespace", stack.namespace]);
    await allowPods();
    // the provider looks for what it could not finish
    expect(errors(await stack.try(["up", "--yes", "--skip-preview", "--json"])).join()).toContain("not found");
    await forgetDeletedJobs(stack.engine, asDeployer(cluster), () => undefined);
    await stack.up();
    await stack.whenReady();
    expect((await jobsOf(name)).map(({ status }) => status.succeeded)).toEqual([1]);
    expect(await stack.plan()).toEqual([]);
  });

  it("keeps its pod and its log until then", async () => {
    // what failed here never had a pod; what the Job says of its pods is what keeps them
    const specs = (await stack.live("jobs")).map(
      ({ spec }) => spec as { template: { spec: { restartPolicy: string } } },
    );
    expect(specs.map(({ template }) => template.spec.restartPolicy)).toEqual(["Never", "Never"]);
  });

  it("but none that was tidied away once it had done its work: nothing is planned, and nothing forgotten", async () => {
    await kubectl(cluster, ["delete", "jobs", "--all", "--namespace", stack.namespace]);
    const before = await stack.state();
    await forgetDeletedJobs(stack.engine, asDeployer(cluster), () => undefined);
    expect(await stack.plan()).toEqual([]);
    expect(await stack.state()).toEqual(before);
  });

  /** Deploys a change whose Job gets no pod and runs out of time. */
  async function fail(name: string, change: Readonly<Record<string, unknown>>): Promise<void> {
    const before = (await jobsOf(name)).map(({ metadata }) => metadata.uid);
    const hard = ["--hard", "count/jobs.batch=10,pods=0"];
    await kubectl(cluster, ["create", "quota", QUOTA, ...hard, "--namespace", stack.namespace]);
    stack.config = { ...stack.config, ...change };
    const running = stack.try(["up", "--yes", "--skip-preview", "--json"]);
    const job = await eventually(async () =>
      (await jobsOf(name)).find(({ metadata }) => !before.includes(metadata.uid)),
    );
    const soon = JSON.stringify({ spec: { activeDeadlineSeconds: 1 } });
    await kubectl(cluster, ["patch", "job", job.metadata.name, "--namespace", stack.namespace, "--patch", soon]);
    const result = await running;
    expect(result.code).not.toBe(0);
    expect(errors(result).join("\n")).toMatch(/DeadlineExceeded/);
  }

  async function allowPods(): Promise<void> {
    await kubectl(cluster, ["delete", "quota", QUOTA, "--namespace", stack.namespace]);
  }

  async function jobsOf(app: string): Promise<Job[]> {
    const live = await getObjects<Job>(cluster, ["jobs", "--namespace", stack.namespace, "--selector", `app=${app}`]);
    return live.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  }
});
