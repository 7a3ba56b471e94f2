import * as pulumi from "@pulumi/pulumi";
import { mockOutputs, vaporaOutputs } from "../../../outputs/index";
import type { VaporaStack } from "../../../outputs/index";
import { contractFault } from "../../../outputs/reader";

type Values = Readonly<Record<string, unknown>>;

/** What the state of a stack gives a reference: all outputs, and the names of those that are secret. */
interface State {
  readonly outputs?: Values;
  readonly secretOutputNames?: readonly string[];
}

const NAME = "organization/vapora/prod";
const VALID = mockOutputs() as unknown as Values;

beforeAll(async () => {
  await referTo({ outputs: VALID });
});

/** From now on every reference reads this state. */
function referTo(state: State, isPreview = false): Promise<void> {
  const mocks: pulumi.runtime.Mocks = {
    newResource: ({ inputs }) => ({ id: NAME, state: { name: (inputs as { name: string }).name, ...marked(state) } }),
    call: () => ({}),
  };
  return pulumi.runtime.setMocks(mocks, "consumer", "test", isPreview);
}

/** All outputs are handed over as one secret where any of them is, as the engine does. */
function marked({ outputs, secretOutputNames }: State): object {
  const isSecret = secretOutputNames !== undefined && secretOutputNames.length > 0;
  const SIGNATURE = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };
  return { outputs: isSecret ? { ...SIGNATURE, value: outputs } : outputs, secretOutputNames };
}

function promise<T>(output: pulumi.Output<T>): Promise<T> {
  return (output as unknown as { promise: () => Promise<T> }).promise();
}

function isSecret(output: pulumi.Output<unknown>): Promise<boolean> {
  return (output as unknown as { isSecret: Promise<boolean> }).isSecret;
}

describe("a reader of a VAPORA stack", () => {
  test("gives every output by itself, with its type, from a name or from a reference", async () => {
    const byName: VaporaStack = vaporaOutputs(NAME);
    const url: pulumi.Output<string> = byName.backend.service.url;
    expect(await promise(url)).toBe("http://vapora-backend.vapora-system:8080");

    const byReference = vaporaOutputs(new pulumi.StackReference("shared", { name: NAME }));
    const values = Object.entries(byReference).map(
      async ([name, output]) => [name, await promise(output as pulumi.Output<unknown>)] as const,
    );
    expect(Object.fromEntries(await Promise.all(values))).toEqual(VALID);
  });

  test("keeps every output plain, also beside others of the stack that are secret", async () => {
    await referTo({ outputs: { ...VALID, token: "hidden" }, secretOutputNames: ["token"] });
    const reference = new pulumi.StackReference("with-secret", { name: NAME });
    // what is read without the reader turns secret as a whole, so there is something to keep apart
    expect(await isSecret(reference.outputs)).toBe(true);
    const marks = await Promise.all(Object.values(vaporaOutputs(reference)).map(isSecret));
    expect(new Set(marks)).toEqual(new Set([false]));
    expect(marks).toHaveLength(12);
  });

  test("keeps an output secret that the stack marks so", async () => {
    await referTo({ outputs: VALID, secretOutputNames: ["secrets"] });
    const stack = vaporaOutputs(NAME);
    expect([await isSecret(stack.secrets), await isSecret(stack.backend)]).toEqual([true, false]);
  });

  test("keeps what is not known in a preview unknown, and does not fail for it", async () => {
    await referTo({}, true);
    const { namespace } = vaporaOutputs(NAME);
    expect(await (namespace as unknown as { isKnown: Promise<boolean> }).isKnown).toBe(false);
    await referTo({ outputs: VALID });
  });

  test("takes outputs it does not know: the stack may be newer", () => {
    expect(contractFault(NAME, { ...VALID, later: true })).toBeUndefined();
  });
});

describe("the error of a stack that does not keep the contract", () => {
  const error = (outputs: Values): string => contractFault(NAME, outputs) ?? "none";
  const backend = { ...mockOutputs().backend, service: { ...mockOutputs().backend.service, url: undefined } };

  test.each<[string, Values, string]>([
    ["is missing an output", { ...VALID, redis: undefined }, "redis is missing; it should be an object"],
    ["is missing one inside", { ...VALID, backend }, "backend.service.url is missing; it should be a text"],
    [
      "has another type",
      { ...VALID, nats: { ...mockOutputs().nats, port: "4222" } },
      "nats.port is not a whole number",
    ],
    ["has an empty text", { ...VALID, namespace: "" }, "namespace is not a text"],
  ])("names the stack and the output where it %s", (_name, outputs, fault) => {
    const message = error(outputs);
    expect(message).toContain(`Stack '${NAME}' does not have the outputs that version 1`);
    expect(message).toContain(`\n  - ${fault}\n`);
    expect(message.split("\n")).toHaveLength(3);
  });

  test("names all that is missing at once", () => {
    const message = error({ contractVersion: 1 });
    expect(message.split("\n").filter((line) => line.endsWith("is missing; it should be an object"))).toHaveLength(9);
  });

  test("names both versions and the package to install, whatever else is missing", () => {
    const message = error({ contractVersion: 2 });
    expect(message).toContain(`Stack '${NAME}' keeps version 2 of the contract and this program reads version 1`);
    expect(message).toContain("@vapora/infrastructure-outputs@2");
    expect(message).not.toContain("is missing");
  });

  test("says that it is no VAPORA stack where there is no version at all", () => {
    expect(error({ url: "http://elsewhere" })).toMatch(/^Stack '.*' has no output 'contractVersion': it is not/);
  });

  test("holds no value of the stack", () => {
    expect(error({ ...VALID, redis: "s3cret-value", nats: { host: 5, port: "s3cret-value" } })).not.toContain(
      "s3cret-value",
    );
  });
});
