import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kubectl } from "../../tools/cluster/kubectl";
import { asDeployer } from "../../tools/cluster/role";
import { up } from "../../tools/commands/up/up";
import type { UpOptions } from "../../tools/commands/up/up";
import type { Report } from "../../tools/report";
import type { Waiver } from "../../tools/report/waivers";
import { CLUSTER_TIMEOUT, describeWithEngine, testWithEngine } from "../support/cluster";
import { TestStack } from "../support/engine";
import type { Config, LiveObject } from "../support/engine";
import { marks } from "./live";
import { fixtureStack } from "../support/stacks";

jest.setTimeout(CLUSTER_TIMEOUT);

const OTHER = "6f1c9a52-7d0e-4b3a-9c55-2f8e4d7b1a90";
const KINDS = ["deployments", "statefulsets", "persistentvolumeclaims", "secrets", "configmaps", "services"];

/** The provider turns such an amount into `1`, but not as long as anything of the object is unknown. */
const FRONTEND = {
  ...(fixtureStack("dev").config["vapora:frontend"] as object),
  resources: { requests: { cpu: "1000m", memory: "64Mi" }, limits: { cpu: "1000m", memory: "256Mi" } },
};

interface Case {
  /** Config of this run, beside what is deployed. */
  readonly changes?: Config;
  /** Config as somebody changes it while the question is open. */
  readonly meanwhile?: Config;
  readonly waivers?: readonly Waiver[];
  readonly pinned?: string;
  readonly answer?: boolean;
}

interface Outcome {
  /** An `UpResult`, or the message of the error. */
  readonly result: string;
  readonly asked: number;
  /** What pulumi was told to do, by its first word; reading the state is not told. */
  readonly commands: readonly string[];
  readonly reports: readonly Report[];
  /** What it told on the way. */
  readonly told: readonly string[];
}

describeWithEngine("npm run up", (cluster, pulumi) => {
  let stack: TestStack;
  let folder: string;
  let uid: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "vapora-up-"));
    uid = (await kubectl(cluster, ["get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}"])).trim();
    stack = new TestStack(cluster, pulumi, "dev", "up", { "vapora:frontend": FRONTEND });
  });

  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await stack.remove();
  });

  async function deploy({
    changes = {},
    meanwhile = {},
    waivers = [],
    pinned = uid,
    answer = true,
  }: Case): Promise<Outcome> {
    const commands: string[] = [];
    const reports: Report[] = [];
    const told: string[] = [];
    const state = { asked: 0, config: changes };
    const options: UpOptions = {
      file: {
        project: "vapora",
        stack: "dev",
        config: { "vapora:cluster": { identifier: "up", kubeSystemUid: pinned } },
      },
      pulumi: {
        stack: "dev",
        try: (args) => {
          if (args[0] !== "stack") commands.push(args[0] ?? "");
          return stack.try(args, state.config);
        },
      },
      cluster: asDeployer(cluster),
      waivers,
      folder,
      show: (judged) => void reports.push(judged),
      confirm: () => {
        state.asked++;
        state.config = { ...changes, ...meanwhile };
        return Promise.resolve(answer);
      },
      progress: (line) => void told.push(line),
    };
    const result = await up(options).catch((error: unknown) => (error as Error).message);
    // the plan holds the stack's secrets, sealed; it goes with the run
    expect(existsSync(folder) ? readdirSync(folder) : []).toEqual([]);
    return { result, asked: state.asked, commands, reports, told };
  }

  const live = async (): Promise<LiveObject[]> => stack.live(...KINDS);

  /** Runs it and checks that neither an object nor the state has changed. */
  async function deployNothing(about: Case): Promise<Outcome> {
    const [before, state] = [marks(await live(), "resourceVersion"), await stack.exported()];
    const outcome = await deploy(about);
    expect(marks(await live(), "resourceVersion")).toEqual(before);
    expect(await stack.exported()).toBe(state);
    return outcome;
  }

  it("brings a new stack up, and then has nothing to ask", async () => {
    expect(await deploy({})).toMatchObject({ result: "deployed", asked: 1, commands: ["preview", "up"] });
    await stack.whenReady();
    const before = marks(await live(), "resourceVersion");
    expect(await deploy({})).toMatchObject({ result: "unchanged", asked: 0 });
    expect(marks(await live(), "resourceVersion")).toEqual(before);
  });

  it("deploys what is fine, and that alone", async () => {
    const before = marks(await live(), "resourceVersion");
    const changes = stack.changed("frontend", { image: "vapora/frontend:0.2.1" });
    expect(await deploy({ changes })).toMatchObject({ result: "deployed", asked: 1 });
    const after = marks(await live(), "resourceVersion");
    expect(Object.keys(after).filter((name) => after[name] !== before[name])).toEqual(["Deployment vapora-frontend"]);
  });

  testWithEngine(
    "changes nothing where data is at risk, and asks nobody; with a waiver it asks",
    "creates by POST",
    async () => {
      const changes = {
        ...stack.changed("frontend", { image: "vapora/frontend:0.2.1" }),
        ...stack.changed("agents", { storage: { size: "2Gi", storageClass: "standard-wait" } }),
      };
      const refused = await deployNothing({ changes });
      expect(refused).toMatchObject({ result: "at-risk", asked: 0, commands: ["preview"] });
      const judged = refused.reports[0]?.stacks[0];
      const losses = (judged?.changes ?? []).flatMap(({ object, losses: all }) =>
        all.map(({ kind }) => ({ object, kind })),
      );
      expect(losses).toEqual([{ object: "PersistentVolumeClaim agents-storage", kind: "replaced" }]);

      const waivers = losses.map(({ object, kind }): Waiver => ({
        stack: "dev",
        object,
        loss: kind,
        reason: "the agents' scratch may go",
        expires: "2999-12-31",
      }));
      expect(await deployNothing({ changes, waivers, answer: false })).toMatchObject({ result: "declined", asked: 1 });
    },
  );

  it("does exactly what was shown: what comes in while the question is open is refused", async () => {
    const changes = stack.changed("frontend", { image: "vapora/frontend:0.2.2" });
    const meanwhile = stack.changed("backend", { image: "vapora/backend:0.2.2" });
    const { result, commands } = await deploy({ changes, meanwhile });
    expect(commands).toEqual(["preview", "up"]);
    expect(result).toMatch(/^pulumi up failed:[^]*Deployment::backend violates plan: it would do something else/);
    expect(result).not.toContain("0.2.2");
    const backend = (await stack.live<LiveObject & { spec: object }>("deployments")).find(
      ({ metadata }) => metadata.name === "vapora-backend",
    );
    expect(JSON.stringify(backend?.spec)).not.toContain("0.2.2");
  });

  it("goes to no cluster but the pinned one: pulumi is not even started", async () => {
    const { result, commands } = await deployNothing({ pinned: OTHER });
    expect(result).toContain(`This is not the cluster of stack dev`);
    expect(commands).toEqual([]);
  });

  it("takes what is protected away only after the lines were typed that it prints, and needs the waiver as well", async () => {
    const isProtected = { "vapora:dataProtection": true };
    expect(await deploy({ changes: isProtected })).toMatchObject({ result: "deployed" });
    // what was begun in the test before may still roll
    await stack.whenReady();
    const external = { external: { host: "redis.example.com", ranges: ["10.0.0.0/8"] } };
    const changes = { ...isProtected, "vapora:redis": external };
    const waivers = (["deleted", "switched"] as const).map((loss): Waiver => ({
      stack: "dev",
      object: loss === "deleted" ? "PersistentVolumeClaim redis-data" : "StatefulSet redis",
      loss,
      reason: "the cache may go",
      expires: "2999-12-31",
    }));
    expect(await deployNothing({ changes })).toMatchObject({ result: "at-risk", asked: 0 });
    const { result, told } = await deployNothing({ changes, waivers });
    expect(result).toBe("protected");
    const lines = told.flatMap((line) => /^pulumi (state unprotect) '(\S+)' --stack dev$/.exec(line)?.slice(1) ?? []);
    expect(lines).toEqual(["state unprotect", expect.stringMatching(/PersistentVolumeClaim::redis-data$/)]);
    await stack.run(["state", "unprotect", lines[1] ?? "", "--yes"]);
    expect(await deployNothing({ changes })).toMatchObject({ result: "at-risk", asked: 0 });
    expect(await deploy({ changes, waivers })).toMatchObject({ result: "deployed", asked: 1 });
    const claims = await stack.live("persistentvolumeclaims");
    expect(claims.map(({ metadata }) => metadata.name)).not.toContain("redis-data");
  });
});
