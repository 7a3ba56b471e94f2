import * as pulumi from "@pulumi/pulumi";
import { CONTRACT, CONTRACT_VERSION } from "./declaration";
import type { VaporaStack } from "./declaration";
import { faults } from "./schema-check";

/** This package, as consumers install it. */
const PACKAGE = "@vapora/infrastructure-outputs";

/**
 * The outputs of a VAPORA stack, each an Output of its own. They are checked as soon as they are known: the program
 * fails with one error that names the stack and what is missing. What the stack does not mark secret stays plain, also
 * beside outputs that are secret.
 *
 * @param source the stack's full name, e.g. `acme/vapora/prod` (`organization/vapora/prod` where state is kept in files
 *   or an object store), or a StackReference to it. One program can name a stack once: use a StackReference to share it.
 */
export function vaporaOutputs(source: string | pulumi.StackReference): VaporaStack {
  const stack = typeof source === "string" ? new pulumi.StackReference(source) : source;
  // it says that the check has passed and nothing else, so there is nothing to hide in it
  const checked = pulumi.unsecret(
    pulumi.all([stack.name, stack.outputs]).apply(([name, outputs]) => {
      const fault = contractFault(name, outputs);
      if (fault !== undefined) throw new pulumi.RunError(fault);
      return true;
    }),
  );
  const names = Object.keys(CONTRACT.schema.properties ?? {});
  const outputs = names.map((name) => [
    name,
    pulumi.all([stack.getOutput(name) as pulumi.Output<unknown>, checked]).apply(([value]) => value),
  ]);
  return Object.fromEntries(outputs) as VaporaStack;
}

/** Why a stack's outputs do not keep the contract; undefined if they do. Never holds a value. */
export function contractFault(stack: string, outputs: Readonly<Record<string, unknown>>): string | undefined {
  const { contractVersion } = outputs;
  if (contractVersion === undefined) {
    return (
      `Stack '${stack}' has no output 'contractVersion': it is not a VAPORA stack, it has not been deployed yet, or ` +
      "by a version of VAPORA that had no contract. Check the name; else run pulumi up for that stack."
    );
  }
  if (contractVersion !== CONTRACT_VERSION) {
    const version = JSON.stringify(contractVersion);
    return (
      `Stack '${stack}' keeps version ${version} of the contract and this program reads version ${String(CONTRACT_VERSION)}. ` +
      `Install ${PACKAGE}@${version}; its CHANGELOG says what else to change.`
    );
  }
  const found = faults(outputs, CONTRACT.schema).map(({ path, isMissing, wanted }) =>
    isMissing ? `  - ${path} is missing; it should be ${wanted}` : `  - ${path} is not ${wanted}`,
  );
  if (found.length === 0) return undefined;
  return [
    `Stack '${stack}' does not have the outputs that version ${String(CONTRACT_VERSION)} of the contract promises:`,
    ...found,
    `Run pulumi up for that stack with the newest version of VAPORA, or install the ${PACKAGE} it was deployed with.`,
  ].join("\n");
}
