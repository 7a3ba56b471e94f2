import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments, stringify } from "yaml";
import { asDeployer } from "../../tools/cluster/role";
import { kubectl, tryKubectl } from "../../tools/cluster/kubectl";
import { kubernetesObjects } from "../../tools/recording/recording";
import { projectRoot } from "../../tools/recording/project";
import { CLUSTER_TIMEOUT, deleteNamespaces, describeOnCluster, uniqueNamespace } from "../support/cluster";
import { recording, STACKS } from "../support/recordings";

jest.setTimeout(CLUSTER_TIMEOUT);

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const WRITE = ["create", "delete", "get", "list", "patch", "watch"];
const read = (file: string): Record<string, unknown>[] =>
  parseAllDocuments(readFileSync(join(projectRoot(), "deploy", file), "utf8")).map(
    (document) => document.toJS() as Record<string, unknown>,
  );
const rules = read("deployer.yaml").flatMap(({ rules: some }) => some as Rule[]);

describe("the deployer's Role", () => {
  test("names every group, resource and verb: no wildcard", () => {
    const words = rules.flatMap(({ apiGroups, resources, verbs }) => [...apiGroups, ...resources, ...verbs]);
    expect(words.filter((word) => word.includes("*"))).toEqual([]);
  });

  test.each(STACKS)("lets every kind of stack %s be written and awaited", async (stack) => {
    const objects = kubernetesObjects(await recording(stack)).map(({ object }) => object);
    const writable = rules.filter(({ verbs }) => WRITE.every((verb) => verbs.includes(verb)));
    const missing = objects.filter(({ apiVersion, kind }) => {
      const group = apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";
      const resource = kind.toLowerCase().replace(/y$/, "ie").replace(/(ss)$/, "$1e") + "s";
      return !writable.some((rule) => rule.apiGroups.includes(group) && rule.resources.includes(resource));
    });
    expect(missing.map(({ kind }) => kind)).toEqual([]);
  });
});

describeOnCluster("the deployer", (cluster) => {
  const deployer = asDeployer(cluster);
  const namespace = uniqueNamespace("deployer");
  /** A user whose rights end at the namespace: bound there to the Role, which may lack something. */
  const inNamespace = "namespaced-deployer";
  const can = async (as: string[], ...question: string[]): Promise<boolean> => {
    const { stdout } = await tryKubectl(cluster, ["auth", "can-i", ...question, ...as]);
    return stdout.trim() === "yes";
  };

  beforeAll(async () => {
    await kubectl(cluster, ["create", "namespace", namespace]);
    const [binding] = read("bind-namespace.yaml");
    const bound = {
      ...binding,
      metadata: { name: "vapora-deployer", namespace },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: inNamespace }],
    };
    await kubectl(cluster, ["apply", "--server-side", "-f", "-"], { input: stringify(bound) });
  });

  afterAll(() => deleteNamespaces(cluster, namespace));

  it("is somebody else than the administrator", async () => {
    expect(await kubectl(deployer, ["auth", "whoami", "-o", "jsonpath={.status.userInfo.username}"])).toBe("deployer");
  });

  it.each([
    ["list", "nodes"],
    ["create", "pods"],
    ["create", "pods/exec"],
    ["create", "clusterroles.rbac.authorization.k8s.io"],
    ["create", "rolebindings.rbac.authorization.k8s.io"],
    ["update", "deployments.apps"],
    ["deletecollection", "secrets"],
    ["impersonate", "users"],
  ])("may not %s %s", async (verb, resource) => {
    const { code, stdout } = await tryKubectl(deployer, ["auth", "can-i", verb, resource, "--namespace", namespace]);
    expect([code, stdout.trim()]).toEqual([1, "no"]);
  });

  it("bound in one namespace may write there and read nothing of another", async () => {
    const as = ["--as", inNamespace, "--as-group", "system:authenticated"];
    expect(await can(as, "patch", "secrets", "--namespace", namespace)).toBe(true);
    expect(await can(as, "get", "secrets", "--namespace", "kube-system")).toBe(false);
    expect(await can(as, "list", "secrets", "--all-namespaces")).toBe(false);
    expect(await can(as, "create", "namespaces")).toBe(false);
  });

  it.each(["create", "patch"])("needs the right to %s: without it the same apply fails", async (verb) => {
    const user = `without-${verb}`;
    const role = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", metadata: { name: user, namespace } };
    const left = rules.map((rule) => ({ ...rule, verbs: rule.verbs.filter((other) => other !== verb) }));
    const subject = { apiGroup: "rbac.authorization.k8s.io", kind: "User", name: user };
    const binding = {
      ...{ apiVersion: role.apiVersion, kind: "RoleBinding", metadata: role.metadata, subjects: [subject] },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: user },
    };
    await kubectl(cluster, ["apply", "--server-side", "-f", "-"], {
      input: [{ ...role, rules: left }, binding].map((made) => stringify(made)).join("---\n"),
    });
    const input = stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: user, namespace } });
    const apply = (who: string): Promise<{ code: number }> =>
      tryKubectl(cluster, ["apply", "--server-side", "--as", who, "-f", "-"], { input });
    expect((await apply(user)).code).not.toBe(0);
    expect((await apply(inNamespace)).code).toBe(0);
  });
});
