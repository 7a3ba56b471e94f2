/** Whether the deployer has every right of deploy/deployer.yaml that this stack needs. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import type { KubernetesObject } from "../../recording/recording";
import { kubectl } from "../../cluster/kubectl";
import { error, ok } from "./finding";
import { count, groupBy } from "../../shared/text";
import { REQUEST_TIMEOUT } from "../../cluster/kubectl";
import type { Found, Patient } from "./finding";

/** One verb on one kind of resource; without a namespace in the whole cluster. */
interface Right {
  readonly group: string;
  readonly resource: string;
  readonly verb: string;
  readonly namespace: string | undefined;
}

interface Role {
  readonly rules: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly verbs: readonly string[];
  }[];
}

/** What a rollout is judged by, whatever the stack makes. */
const AWAITED = ["pods", "events", "endpoints", "replicasets"];

/** These lie outside namespaces. */
const CLUSTER_WIDE = ["namespaces", "storageclasses"];

/** Every right that the stack needs, asked for one by one: a list of rules would leave out what a webhook decides. */
export async function rights(patient: Patient): Promise<Found[]> {
  const needed = neededRights(patient.root, patient.objects);
  const reviews = needed.map(({ group, resource, verb, namespace }) =>
    JSON.stringify({
      apiVersion: "authorization.k8s.io/v1",
      kind: "SelfSubjectAccessReview",
      spec: { resourceAttributes: { group, resource, verb, namespace } },
    }),
  );
  const args = ["create", "-f", "-", "--validate=false", "-o", 'jsonpath={.status.allowed}{"\\n"}', REQUEST_TIMEOUT];
  const answers = await kubectl(patient.cluster, args, { input: reviews.join("\n---\n"), signal: patient.signal });
  const allowed = answers.split("\n");
  const missing = needed.filter((_right, index) => allowed[index] !== "true");
  if (missing.length === 0) return [ok(`All ${String(needed.length)} rights that this stack needs.`)];
  const byResource = groupBy(
    missing,
    ({ group, resource, namespace }) => `${resource}${group === "" ? "" : `.${group}`} ${where(namespace)}`,
  );
  const lines = [...byResource].map(([resource, all]) => `${all.map(({ verb }) => verb).join(", ")} ${resource}`);
  return [
    error(
      `${count(missing.length, "right")} of ${String(needed.length)} missing: ${lines.join("; ")}.`,
      "Bind the roles of deploy/deployer.yaml: docs/deployer.md.",
    ),
  ];
}

function where(namespace: string | undefined): string {
  return namespace === undefined ? "in the cluster" : `in ${namespace}`;
}

/** The rights of deploy/deployer.yaml for the kinds among these objects, and for what a rollout is judged by. */
export function neededRights(root: string, objects: readonly KubernetesObject[]): Right[] {
  const documents = parseAllDocuments(readFileSync(join(root, "deploy", "deployer.yaml"), "utf8"));
  const rules = documents.flatMap((document) => (document.toJS() as Role).rules);
  const made = new Set(objects.map(({ kind }) => pluralOf(kind)));
  const classes = made.has("persistentvolumeclaims") || made.has("statefulsets") ? ["storageclasses"] : [];
  const wanted = new Set([...made, ...classes, ...AWAITED]);
  // a namespace that does not exist yet has no RoleBinding: the rights must be the cluster's
  const makesNamespace = made.has("namespaces");
  const namespaces = [...new Set(objects.flatMap(({ metadata }) => metadata.namespace ?? []))];
  return rules.flatMap(({ apiGroups, resources, verbs }) =>
    resources
      .filter((resource) => wanted.has(resource))
      .flatMap((resource) =>
        verbs.flatMap((verb) => {
          const isWide = makesNamespace || CLUSTER_WIDE.includes(resource);
          return (isWide ? [undefined] : namespaces).map((namespace) => ({
            group: apiGroups[0] ?? "",
            resource,
            verb,
            namespace,
          }));
        }),
      ),
  );
}

/** `NetworkPolicy` is `networkpolicies`. */
function pluralOf(kind: string): string {
  const lower = kind.toLowerCase();
  if (lower.endsWith("y")) return `${lower.slice(0, -1)}ies`;
  return lower.endsWith("s") ? `${lower}es` : `${lower}s`;
}
