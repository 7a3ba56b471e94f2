import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, parseAllDocuments, stringify } from "yaml";
import { kubectl } from "../../tools/cluster/kubectl";
import { cacheFolder } from "../../tools/recording/compile";
import { projectRoot } from "../../tools/recording/project";
import { CLUSTER_TIMEOUT, deleteNamespaces, describeWithEngine, uniqueNamespace } from "../support/cluster";
import { errors, TestStack } from "../support/engine";

jest.setTimeout(CLUSTER_TIMEOUT);

interface Role {
  readonly rules: readonly { readonly resources: readonly string[]; readonly verbs: readonly string[] }[];
}

interface Kubeconfig {
  readonly users: readonly { readonly name: string; readonly user: object }[];
}

const RBAC = "rbac.authorization.k8s.io";

describeWithEngine("a deployer whose Role is bound in one namespace", (cluster, pulumi) => {
  const namespace = uniqueNamespace("bound");
  const kubeconfig = join(cacheFolder(projectRoot()), `kubeconfig-${namespace}`);
  let stack: TestStack;

  beforeAll(async () => {
    await kubectl(cluster, ["create", "namespace", namespace]);
    // the administrator acts as the deployer: what is then allowed is the deployer's alone
    const admin = parse(readFileSync(cluster.kubeconfig, "utf8")) as Kubeconfig;
    const users = admin.users.map(({ name, user }) => ({ name, user: { ...user, as: namespace } }));
    writeFileSync(kubeconfig, stringify({ ...admin, users }), { mode: 0o600 });
    stack = new TestStack(cluster, pulumi, "dev", "bound", {
      "vapora:namespace": { name: namespace, create: false },
      "vapora:cluster": { identifier: "bound", kubeconfig },
    });
  });

  afterAll(async () => {
    await deleteNamespaces(cluster, namespace);
    await stack.remove();
    rmSync(kubeconfig, { force: true });
  });

  it("does not deploy without the right to create Deployments, and says which right is missing", async () => {
    await grant((resource, verb) => !(resource === "deployments" && verb === "create"));
    const { code, stdout, stderr } = await stack.try(["up", "--yes", "--skip-preview", "--json"]);
    expect(code).not.toBe(0);
    expect(errors({ code, stdout, stderr }).join("\n")).toMatch(/cannot create resource "deployments"/);
  });

  it("deploys a stack there with the whole Role, waits for it, and takes it away again", async () => {
    await grant(() => true);
    await stack.up();
    await stack.destroy();
    expect(await stack.state()).toEqual([]);
  });

  /** Binds the Role in the namespace, with the rights that are left of it. */
  async function grant(isLeft: (resource: string, verb: string) => boolean): Promise<void> {
    const [role] = parseAllDocuments(readFileSync(join(projectRoot(), "deploy", "deployer.yaml"), "utf8"));
    const { rules } = role?.toJS() as Role;
    const left = rules.flatMap((rule) =>
      rule.resources.map((resource) => ({
        ...rule,
        resources: [resource],
        verbs: rule.verbs.filter((verb) => isLeft(resource, verb)),
      })),
    );
    const metadata = { name: "deployer", namespace };
    const made = [
      { apiVersion: `${RBAC}/v1`, kind: "Role", metadata, rules: left },
      {
        ...{ apiVersion: `${RBAC}/v1`, kind: "RoleBinding", metadata },
        roleRef: { apiGroup: RBAC, kind: "Role", name: "deployer" },
        subjects: [{ apiGroup: RBAC, kind: "User", name: namespace }],
      },
    ];
    const input = made.map((object) => stringify(object)).join("---\n");
    await kubectl(cluster, ["apply", "--server-side", "--force-conflicts", "-f", "-"], { input });
  }
});
