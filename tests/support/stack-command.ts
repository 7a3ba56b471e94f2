/** The project's commands on a stack of the engine tests, as a person runs them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import type { Checkout, Ended } from "./commands";
import type { TestStack } from "./engine";

/** Runs a command of a checkout that has pulumi, for stack dev as it lies in the test's backend. */
export async function runForStack(
  checkout: Checkout,
  stack: TestStack,
  args: readonly [command: string, ...args: string[]],
  cluster: unknown = stack.config["vapora:cluster"],
): Promise<Ended> {
  const file = parse(readFileSync(join(stack.folder, "Pulumi.dev.yaml"), "utf8")) as { readonly config: object };
  checkout.write("Pulumi.dev.yaml", stringify({ ...file, config: { ...file.config, "vapora:cluster": cluster } }));
  const env = {
    PULUMI_BACKEND_URL: await stack.engine.backend(),
    PULUMI_CONFIG_PASSPHRASE_FILE: join(stack.folder, "passphrase"),
  };
  const [command, ...rest] = args;
  return checkout.start(command, rest, { env }).ended;
}
