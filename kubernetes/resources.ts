/** What a container is given and what it may use. */
import { parseQuantity } from "../config/schema/quantity";
import type { Resources } from "../config/schema/workloads";
import type { Mount } from "./volumes";

/** What a container's logs and its own layer take beside the pod's folders. */
const LOGS = "256Mi";

type Named = Readonly<Record<"cpu" | "memory" | "ephemeral-storage", string>>;

/** Resources in the words of a container, ephemeral storage always included. */
export function containerResources(
  { requests, limits }: Resources,
  mounts: readonly Mount[],
): Readonly<Record<"requests" | "limits", Named>> {
  const derived = withLogs(mounts);
  const limit = limits.ephemeralStorage ?? largest(derived, requests.ephemeralStorage);
  return {
    requests: named(requests, requests.ephemeralStorage ?? limit),
    limits: named(limits, limit),
  };
}

function named({ cpu, memory }: Resources["limits"], ephemeralStorage: string): Named {
  return { cpu, memory, "ephemeral-storage": ephemeralStorage };
}

/** The size of the pod's own folders, and room for logs. */
function withLogs(mounts: readonly Mount[]): string {
  const sizes = mounts.flatMap(({ volume }) => {
    const { sizeLimit } = (volume?.emptyDir ?? {}) as { readonly sizeLimit?: string };
    return sizeLimit === undefined ? [] : [sizeLimit];
  });
  const bytes = [...sizes, LOGS].map(parseQuantity).reduce((sum, size) => sum + size, 0);
  return `${String(Math.ceil(bytes / 2 ** 20))}Mi`;
}

function largest(one: string, other = "0"): string {
  return parseQuantity(other) > parseQuantity(one) ? other : one;
}
