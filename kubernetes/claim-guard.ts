/** A hook that refuses to replace a StatefulSet whose claims would stay as they are. */
import * as pulumi from "@pulumi/pulumi";
import { parseQuantity } from "../config/schema/quantity";
import type { StoreStorage } from "../config/schema/storage";

interface SetInputs {
  readonly spec?: { readonly volumeClaimTemplates?: readonly { readonly spec?: ClaimSpec }[] };
}

interface ClaimSpec {
  readonly resources?: { readonly requests?: { readonly storage?: string } };
  readonly storageClassName?: string;
}

/**
 * A hook, before a StatefulSet is deleted to be made anew, that refuses another size or class of its claims, in preview
 * and in `up`. Kubernetes keeps the claims that there are, whatever the new set says, so the store would be told of
 * space that is not there.
 */
export function claimGuard(name: string, storage: StoreStorage): pulumi.ResourceHook {
  return new pulumi.ResourceHook(
    `${name}-claim-guard`,
    ({ oldInputs }) => {
      const before = (oldInputs as SetInputs | undefined)?.spec?.volumeClaimTemplates?.[0]?.spec;
      const size = before?.resources?.requests?.storage;
      if (size === undefined) return;
      const isSame = parseQuantity(size) === parseQuantity(storage.size);
      if (isSame && before?.storageClassName === storage.storageClass) return;
      const kept = [size, ...(before?.storageClassName === undefined ? [] : [`of class ${before.storageClassName}`])];
      throw new Error(
        `${name}: the claims of its pods are ${kept.join(" ")} and do not follow storage.size and storage.storageClass. ` +
          "Set them back, or grow the claims by hand: docs/operations.md says how",
      );
    },
    { onDryRun: true },
  );
}
