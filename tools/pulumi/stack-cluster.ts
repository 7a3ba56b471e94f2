/** The cluster a stack names in its config: where `pulumi up` goes. */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { parseValue, settingsSchema } from "../../config";
import type { PlainSettings } from "../../config";
import type { StackFile } from "../recording/project";
import { UserError } from "../shared/user-error";
import type { Cluster } from "../cluster/kubectl";
import { findKubectl } from "../cluster/find-kubectl";

/** What a stack says of its cluster. @throws UserError if its section `cluster` is wrong. */
export function clusterSettings({ project, stack, config }: StackFile): PlainSettings["cluster"] {
  const value = config[`${project}:cluster`];
  const settings = settingsSchema.shape.cluster.safeParse(typeof value === "string" ? parseValue(value) : value);
  if (settings.success) return settings.data;
  throw new UserError(`Pulumi.${stack}.yaml: ${project}:cluster is wrong; npm run validate -- ${stack} says how.`);
}

/**
 * How to reach a stack's cluster, by the rules of the Kubernetes provider: the stack's kubeconfig, else KUBECONFIG, else
 * ~/.kube/config; the stack's context, else the current one.
 * @throws UserError if the section `cluster` is wrong, a kubeconfig is not there, or no kubectl is.
 */
export async function stackCluster(root: string, file: StackFile, signal?: AbortSignal): Promise<Cluster> {
  const { kubeconfig, context } = clusterSettings(file);
  const [path, from] =
    kubeconfig !== undefined
      ? [resolve(root, kubeconfig), "the stack's cluster.kubeconfig"]
      : process.env.KUBECONFIG !== undefined && process.env.KUBECONFIG !== ""
        ? [process.env.KUBECONFIG, "KUBECONFIG"]
        : [join(homedir(), ".kube", "config"), "neither the stack nor KUBECONFIG names another"];
  if (!path.split(delimiter).some((file) => existsSync(file))) {
    throw new UserError(
      `There is no kubeconfig ${path} (${from}). Export KUBECONFIG, or set cluster.kubeconfig of the stack.`,
    );
  }
  return { kubectl: await findKubectl(root, () => undefined, signal), kubeconfig: path, context };
}
