/** A hook that refuses a change of a store's image which its data would not survive. */
import * as pulumi from "@pulumi/pulumi";
import { upgradeProblem } from "./image-upgrade";

/** A hook that refuses, in preview and in `up`, an image the data of the StatefulSet would not survive. */
export function upgradeGuard(name: string): pulumi.ResourceHook {
  return new pulumi.ResourceHook(
    `${name}-upgrade-guard`,
    ({ oldInputs, newInputs }) => {
      const [before, after] = [imageOf(oldInputs), imageOf(newInputs)];
      const problem = before === undefined || after === undefined ? undefined : upgradeProblem(before, after);
      if (problem === undefined) return;
      throw new Error(
        `${name}: ${problem}. Set ${name}.image to a version that is safe; docs/operations.md lists them`,
      );
    },
    { onDryRun: true },
  );
}

/** Image of the first container, from a StatefulSet's inputs as the engine holds them. */
function imageOf(inputs: unknown): string | undefined {
  const template = (inputs as { readonly spec?: { readonly template?: { readonly spec?: PodSpec } } } | undefined)?.spec
    ?.template?.spec;
  return template?.containers?.[0]?.image;
}

interface PodSpec {
  readonly containers?: readonly { readonly image?: string }[];
}
