import { join } from "node:path";
import { record, recordMany, recordStacks, RecordError } from "../../../../tools/recording/record";
import type { RecordOptions } from "../../../../tools/recording/record";
import type { RecordedResource, Recording } from "../../../../tools/recording/recording";
import { UserError } from "../../../../tools/shared/user-error";
import { RECORDING_TIMEOUT } from "../../../support/recordings";

jest.setTimeout(RECORDING_TIMEOUT);

function recordFixture(program: string, options: RecordOptions = {}): Promise<Recording> {
  return record("dev", { root: join(process.cwd(), "tests", "fixtures", "programs", program), ...options });
}

describe("a program that fails gives its error, never a partial recording:", () => {
  test.each([
    ["it throws", "throws", "the stack lacks a reason"],
    ["it throws inside an apply", "throws-in-apply", "inside apply"],
    ["one of its promises never settles", "never-settles", "a promise in it never settles"],
    ["it registers a resource twice", "duplicate", "two resources are registered as urn:pulumi:dev::fixture::"],
    ["it exits by itself", "exits", "ended with exit code 3 before it was done.\non my way out"],
    ["it logs an error", "logs-error", "the program logged an error"],
    ["it reads from a cluster", "reads-cluster", "is read from a cluster, which a recording does not have"],
    ["it does not compile", "does-not-compile", "The program does not compile"],
  ])("%s", async (_name, program, message) => {
    const failure = recordFixture(program);
    await expect(failure).rejects.toBeInstanceOf(RecordError);
    await expect(failure).rejects.toThrow(message);
  });

  test("it does not end in time", async () => {
    await expect(recordFixture("complete", { timeout: 10 })).rejects.toThrow("did not end within 0.01 seconds");
  });
});

test("a RunError is shown without a stack trace", async () => {
  await expect(recordFixture("throws")).rejects.toThrow(/^the stack lacks a reason$/);
});

test("any other error is shown with the program's own lines, named from the project's folder, and no others", async () => {
  const failure: unknown = await recordFixture("throws-in-apply").catch((error: unknown) => error);
  const { message } = failure as Error;
  expect(message).toMatch(/^Error: inside apply\n +at .*\(?index\.ts:4:9\)?$/m);
  expect(message).not.toMatch(/node:|node_modules|child\.ts|\(\//);
});

describe("the recording of a program", () => {
  let made: Recording;
  const named = (name: string): RecordedResource => {
    const found = made.resources.find((resource) => resource.name === name);
    if (found === undefined) throw new Error(`${name} is not recorded`);
    return found;
  };

  beforeAll(async () => {
    made = await recordFixture("complete", { config: { "fixture:token": { secure: "v1:ciphertext" } } });
  });

  test("names parents and URNs as the engine does", () => {
    expect(named("password").urn).toBe(
      "urn:pulumi:dev::fixture::fixture:index:Part$random:index/randomPassword:RandomPassword::password",
    );
    expect(named("password").parent).toBe(named("part").urn);
    expect(named("part").parent).toBe(named("fixture-dev").urn);
    expect(named("fixture-dev").parent).toBeUndefined();
  });

  test("keeps every option that was set", () => {
    expect(named("password").options).toMatchObject({ protect: true });
    expect(named("secret").options).toMatchObject({
      ignoreChanges: ["metadata.annotations"],
      customTimeouts: { create: "1m" },
      retainOnDelete: true,
      aliases: expect.arrayContaining([
        { spec: expect.objectContaining({ name: "old-secret" }) as unknown },
      ]) as unknown,
    });
  });

  test("keeps dependencies, in all and by property", () => {
    expect(named("secret").dependencies).toContain(named("password").urn);
    expect(named("secret").propertyDependencies).toEqual({ stringData: [named("password").urn] });
  });

  test("marks secrets where they are and leaves the rest plain", () => {
    expect(named("secret").secretInputs).toEqual([["stringData"]]);
    expect(named("part").secretOutputs).toEqual([["password"]]);
    expect(named("part").outputs.plain).toBe(1);
  });

  test("holds outputs, with the config's defaults and types, and what is unknown left out", () => {
    expect(made.outputs).toMatchObject({ greeting: "hello", size: 3, name: "secret" });
    expect(JSON.stringify(made)).not.toContain("undefined");
  });

  test("marks a generated password secret in the outputs", () => {
    expect(made.secretOutputs).toEqual(expect.arrayContaining([["token"], ["nested", "password"]]));
  });

  test("shows that a sealed secret changed, and never the ciphertext", async () => {
    const rotated = await recordFixture("complete", { config: { "fixture:token": { secure: "v1:other" } } });
    expect(rotated.outputs.token).not.toEqual(made.outputs.token);
    expect(JSON.stringify(made)).not.toContain("ciphertext");
  });

  test("is the same again, and another with another seed", async () => {
    const config = { "fixture:token": { secure: "v1:ciphertext" } };
    expect(await recordFixture("complete", { config })).toEqual(made);
    const other = await recordFixture("complete", { config, seed: "other" });
    expect(other.outputs.nested).not.toEqual(made.outputs.nested);
  });
});

test("recordings made at the same time do not disturb each other", async () => {
  const stacks = ["dev", "prod", "dev"] as const;
  const [first, , third] = await Promise.all(stacks.map((stack) => record(stack)));
  expect(third).toEqual(first);
});

describe("recordings of one process", () => {
  const root = join(process.cwd(), "tests", "fixtures", "programs", "complete");

  test("equal those of a process each, whatever came before them", async () => {
    const other = { "vapora:namespace": { name: "other" }, "vapora:dataProtection": true, "vapora:providers": "none" };
    const [first, changed, again] = await recordMany("dev", [{}, other, {}]);
    expect(first).toEqual(await record("dev"));
    expect(changed).toEqual(await record("dev", { config: other }));
    expect(again).toEqual(first);
    expect(changed).not.toEqual(first);
  });

  test("keep the secret marks and the config of one out of the next", async () => {
    const [sealed, plain] = await recordMany(
      "dev",
      [{ "fixture:token": { secure: "v1:ciphertext" }, "fixture:size": 4 }, { "fixture:token": "open" }],
      { root },
    );
    expect([sealed?.outputs.size, plain?.outputs.size]).toEqual([4, 3]);
    expect([sealed?.secretOutputs, plain?.outputs.token]).toEqual([expect.arrayContaining([["token"]]), "open"]);
  });

  test("end with the first run that fails", async () => {
    const failure = recordMany("dev", [{}, { "vapora:dataProtection": "perhaps" }, {}]);
    await expect(failure).rejects.toBeInstanceOf(RecordError);
    await expect(failure).rejects.toThrow("vapora:dataProtection");
  });

  test("have the time limit for each run", async () => {
    const failure = recordMany("dev", [{}, {}], { root, timeout: 10 });
    await expect(failure).rejects.toThrow("did not end within 0.01 seconds");
  });

  test("of stacks equal those of a process each, and go on behind one that cannot be recorded", async () => {
    const found = [];
    for await (const outcome of recordStacks(["prod", "dev", "missing", "dev"])) found.push(outcome);
    expect(found).toEqual([
      { stack: "prod", recording: await record("prod") },
      { stack: "dev", recording: await record("dev") },
      {
        stack: "missing",
        error: new UserError("There is no stack 'missing' (no Pulumi.missing.yaml). Stacks here: dev, prod."),
      },
      { stack: "dev", recording: await record("dev") },
    ]);
  });

  test("of nothing are none", async () => {
    expect(await recordMany("dev", [], { root })).toEqual([]);
  });
});

test("the environment does not change a recording", async () => {
  const before = await record("dev");
  const exported = { KUBECONFIG: "elsewhere", PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY: "false", PULUMI_CONFIG: "{}" };
  Object.assign(process.env, exported);
  try {
    expect(await record("dev")).toEqual(before);
  } finally {
    for (const name of Object.keys(exported)) Reflect.deleteProperty(process.env, name);
  }
});
