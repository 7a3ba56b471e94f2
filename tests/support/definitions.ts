/** Kinds on the control plane of the tests that Kubernetes does not have by itself. */
import type { CustomKind } from "../../local/definitions";
import { customDefinition, definitionName } from "../../local/definitions";
import { kubectl } from "../../local/kubectl";
import type { Cluster } from "../../local/kubectl";
import { projectRoot } from "../../offline/project";

/** Brings kinds to the cluster. They stay until it goes: another test may need them at the same time. */
export async function installDefinitions(cluster: Cluster, ...kinds: readonly CustomKind[]): Promise<void> {
  const definitions = await Promise.all(kinds.map((kind) => customDefinition(projectRoot(), kind)));
  await kubectl(cluster, ["apply", "--server-side", "-f", "-"], { input: definitions.join("\n---\n") });
  const names = kinds.map((kind) => `customresourcedefinition/${definitionName(kind)}`);
  await kubectl(cluster, ["wait", "--for=condition=Established", "--timeout=60s", ...names]);
}
