/** What every workflow must keep to; their form is checked by actionlint, in tests/unit/workflows/workflows.slow.test.ts. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { projectRoot } from "../../../tools/recording/project";
import { STACKS } from "../../support/recordings";

const FOLDER = join(projectRoot(), ".github");

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly if?: string;
  readonly environment?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly "timeout-minutes"?: number;
  readonly concurrency?: { readonly "cancel-in-progress": boolean };
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly string[]>> };
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: unknown;
  readonly defaults: { readonly run: { readonly shell: string } };
  readonly concurrency?: { readonly "cancel-in-progress": boolean };
  readonly jobs: Readonly<Record<string, Job>>;
}

const texts = readdirSync(FOLDER, { recursive: true })
  .map(String)
  .filter((name) => name.endsWith(".yml") && name !== "dependabot.yml")
  .map((name): [string, string] => [name, readFileSync(join(FOLDER, name), "utf8")]);
const workflows = Object.fromEntries(
  texts
    .filter(([name]) => name.startsWith("workflows"))
    .map(([name, text]) => [name.replace(/^workflows.|\.yml$/g, ""), parse(text) as Workflow]),
);

function jobsOf(name: string): [string, Job][] {
  return Object.entries(workflows[name]?.jobs ?? {});
}

test("a change is checked, shown, previewed and deployed, and looked after from then on", () => {
  expect(Object.keys(workflows)).toEqual(
    expect.arrayContaining(["check", "preview", "preview-live", "deploy", "drift"]),
  );
});

test.each(texts)("%s uses actions of others by full hash, with the version beside it", (_name, text) => {
  const uses = text.split("\n").filter((line) => /^\s*(- )?uses: /.test(line) && !line.includes("uses: ./"));
  expect(uses.length).toBeGreaterThan(0);
  expect(uses.filter((line) => !/uses: [\w.-]+\/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).toEqual([]);
});

test("Pulumi's CLI is everywhere the one of the SDK that package.json names", () => {
  const { dependencies } = JSON.parse(readFileSync(join(projectRoot(), "package.json"), "utf8")) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  const versions = texts.flatMap(([, text]) => text.match(/(?<=pulumi-version: )\S+/g) ?? []);
  expect(versions).toEqual([dependencies["@pulumi/pulumi"], dependencies["@pulumi/pulumi"]]);
});

test("the same action has the same hash everywhere", () => {
  const pins = texts.flatMap(([, text]) => text.match(/[\w.-]+\/[\w.-]+@[0-9a-f]{40}/g) ?? []);
  const actions = new Set(pins.map((pin) => pin.split("@")[0]));
  expect(new Set(pins).size).toBe(actions.size);
});

describe.each(Object.keys(workflows))("%s", (name) => {
  const { on, permissions, defaults } = workflows[name] ?? ({} as Workflow);

  test("gives no right to all jobs, and each job only what it names, with an end", () => {
    expect(permissions).toEqual({});
    for (const [, job] of jobsOf(name)) {
      expect(job["timeout-minutes"]).toBeGreaterThan(0);
      expect([{ contents: "read" }, { "pull-requests": "write" }]).toContainEqual(job.permissions);
    }
  });

  test("fails where a part of a pipe fails", () => {
    expect(defaults.run.shell).toBe("bash");
  });

  test("puts nothing that others may write into a script", () => {
    const scripts = jobsOf(name).flatMap(([, { steps }]) =>
      steps.flatMap(({ run, with: args }) => [run, args?.script]),
    );
    expect(scripts.filter((script) => typeof script === "string" && script.includes("${{"))).toEqual([]);
  });

  test("keeps no token in the checkout, and never runs a pull request's code with the base's rights", () => {
    expect(Object.keys(on)).not.toContain("pull_request_target");
    expect(Object.keys(on)).not.toContain("workflow_run");
    const checkouts = jobsOf(name).flatMap(([, { steps }]) => steps.filter(({ uses }) => uses?.includes("/checkout@")));
    expect(checkouts.filter((step) => step.with?.["persist-credentials"] !== false)).toEqual([]);
  });
});

test.each(["check", "preview"])("%s runs on forks: it has no secret, and stops when a newer commit comes", (name) => {
  expect(texts.find(([file]) => file.endsWith(`${name}.yml`))?.[1]).not.toMatch(/secrets\.|vars\./);
  expect(workflows[name]?.concurrency?.["cancel-in-progress"]).toBe(true);
});

test("the job that may write a comment runs no code of the pull request", () => {
  const writing = Object.values(workflows).flatMap(({ jobs }) =>
    Object.values(jobs).filter((job) => job.permissions?.["pull-requests"] === "write"),
  );
  expect(writing).toHaveLength(1);
  expect(writing[0]?.if).toContain("head.repo.full_name == github.repository");
  const uses = writing[0]?.steps.map((step) => step.uses?.split("@")[0]);
  expect(uses).toEqual(["actions/download-artifact", "actions/github-script"]);
});

test("what has credentials runs on protected branches alone, in an environment, for every stack", () => {
  for (const name of ["preview-live", "deploy", "drift"]) {
    const [first] = jobsOf(name);
    expect(first?.[1].if).toContain("github.ref_protected");
    expect(Object.keys(workflows[name]?.on ?? {})).not.toContain("pull_request");
    expect(jobsOf(name).filter(([, job]) => job.environment === undefined)).toEqual([]);
  }
  for (const name of ["preview-live", "drift"]) {
    expect(jobsOf(name)[0]?.[1].strategy?.matrix.stack).toEqual(STACKS);
  }
  expect(jobsOf("deploy").map(([name, job]) => [name, job.environment])).toEqual(STACKS.map((name) => [name, name]));
});

test("drift is looked for on a schedule, with credentials that only read, and changes nothing", () => {
  expect(Object.keys(workflows.drift?.on ?? {})).toContain("schedule");
  const [[, job] = []] = jobsOf("drift");
  expect(job?.environment).toBe("${{ matrix.stack }}-preview");
  expect(job?.steps.at(-1)?.run).toContain('npm run --silent drift -- "$STACK"');
  expect(job?.steps.at(-1)?.run).not.toContain("--repair");
});

test("a deployment goes through the guard, and is not cut off by the next", () => {
  for (const [stack, job] of jobsOf("deploy")) {
    expect(job.concurrency?.["cancel-in-progress"]).toBe(false);
    expect(job.steps.at(-1)?.run).toContain(`npm run --silent up -- ${stack} --yes`);
  }
});
