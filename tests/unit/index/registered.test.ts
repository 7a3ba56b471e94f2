/** What the program has registered when it ends with an error. */
import * as pulumi from "@pulumi/pulumi";
import { RecordingMonitor } from "../../../tools/recording/monitor";
import { MISSPELLING, misspelt } from "../../support/misspelling";
import { RECORDING_TIMEOUT } from "../../support/recordings";
import { fixtureStack } from "../../support/stacks";

jest.setTimeout(RECORDING_TIMEOUT);

const dev = fixtureStack("dev").config;

/** Types of what the program registers with some config in place of the dev stack's, and the error it ends with. */
async function registered(change: Readonly<Record<string, unknown>>): Promise<{ types: string[]; error: string }> {
  const texts = Object.entries({ ...dev, ...change }).map(([key, value]) => [
    key,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  const monitor = new RecordingMonitor("vapora", "dev", "");
  pulumi.runtime.setAllConfig(Object.fromEntries(texts) as Record<string, string>, []);
  pulumi.runtime.setMockOptions(monitor, "vapora", "dev", true, "organization");
  // what a stack would do first; the SDK has it and leaves it out of its types
  const { awaitFeatureSupport } = pulumi.runtime as unknown as { awaitFeatureSupport: () => Promise<void> };
  await awaitFeatureSupport();
  // outside a stack, which would make an error that comes out of it end this process
  const error = await import("../../../index").then(
    () => "none",
    (thrown: unknown) => (thrown as Error).message,
  );
  await pulumi.runtime.disconnect();
  return { types: monitor.resources.map(({ type }) => type), error };
}

test("a wrong stack registers nothing: it is refused before the first resource", async () => {
  expect(await registered(misspelt(dev["vapora:agents"] as Readonly<Record<string, unknown>>))).toEqual({
    types: [],
    error: MISSPELLING,
  });
  // the same program, with nothing wrong
  const { types, error } = await registered({});
  expect(error).toBe("none");
  expect(types.length).toBeGreaterThan(50);
});
