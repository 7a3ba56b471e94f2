/** Which kubectl to use. */
import { run } from "../shared/processes";
import { UserError } from "../shared/user-error";
import { missingTools, hasGo, buildTools } from "./go-tools";

/** The kubectl on PATH, else our own. */
export async function findKubectl(
  root: string,
  progress: (what: string) => void,
  signal?: AbortSignal,
): Promise<string> {
  const isBuilt = missingTools(root, ["kubectl"]).length === 0;
  const onPath = await run("kubectl", ["version", "--client"]).then(
    ({ code }) => code === 0,
    () => false,
  );
  if (onPath && !isBuilt) return "kubectl";
  if (!isBuilt && !(await hasGo())) {
    throw new UserError(
      "kubectl is needed to reach a cluster, and there is none on PATH. Install it, or Go to build it.",
    );
  }
  return (await buildTools(root, ["kubectl"], progress, signal)).path("kubectl");
}
