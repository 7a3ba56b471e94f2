/** Puts back what was deployed. */
import type { Cluster } from "../../cluster/kubectl";
import { tryKubectl } from "../../cluster/kubectl";
import { titleOf } from "../../cluster/live";
import type { DeployedObject } from "./deployed";

/** What to put back, and how. */
export interface RepairOptions {
  readonly objects: readonly DeployedObject[];
  readonly cluster: Cluster;
  readonly progress: (what: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Applies objects as they were deployed, as pulumi itself does it: on the server, in its name, with force. What others
 * have added beside it stays. Gives what the API server refused, one line each.
 */
export async function repair({ objects, cluster, progress, signal }: RepairOptions): Promise<string[]> {
  const refused: string[] = [];
  for (const { object, fieldManager } of objects) {
    progress(`putting back ${titleOf(object)}`);
    const args = ["apply", "--server-side", "--force-conflicts", `--field-manager=${fieldManager}`, "-f", "-"];
    const { code, stderr } = await tryKubectl(cluster, args, { input: JSON.stringify(object), signal });
    if (code !== 0) refused.push(`${titleOf(object)}: ${object.kind === "Secret" ? reasonOf(stderr) : stderr.trim()}`);
  }
  return refused;
}

/** Of what is said about a Secret only why: the rest may quote it. */
function reasonOf(stderr: string): string {
  return /Error from server \(\w+\)/.exec(stderr)?.[0] ?? "kubectl apply failed";
}
