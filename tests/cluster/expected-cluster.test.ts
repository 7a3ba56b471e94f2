import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, parseAllDocuments, stringify } from "yaml";
import { expectCluster, matchCluster } from "../../tools/pulumi/pinned-cluster";
import { kubectl } from "../../tools/cluster/kubectl";
import { asDeployer } from "../../tools/cluster/role";
import { projectRoot } from "../../tools/recording/project";
import type { StackFile } from "../../tools/recording/project";
import { CLUSTER_TIMEOUT, describeOnCluster } from "../support/cluster";

jest.setTimeout(CLUSTER_TIMEOUT);

const OTHER = "6f1c9a52-7d0e-4b3a-9c55-2f8e4d7b1a90";

function stack(cluster: unknown): StackFile {
  return { project: "vapora", stack: "dev", config: { "vapora:cluster": cluster } };
}

describeOnCluster("the expected cluster", (admin) => {
  const cluster = asDeployer(admin);
  const user = "knows-no-cluster";
  let folder: string;
  let uid: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "vapora-expected-"));
    uid = (await kubectl(admin, ["get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}"])).trim();
  });

  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await kubectl(admin, ["delete", "role,rolebinding", "-n", "kube-system", user, "--ignore-not-found"]);
  });

  it("is the one whose kube-system has the pinned UID, in a section written as a mapping or as text", async () => {
    const section = { identifier: "dev", kubeSystemUid: uid };
    for (const written of [section, JSON.stringify(section)]) {
      const match = await expectCluster(stack(written), cluster);
      expect(match).toMatchObject({ found: uid, pinned: uid, isExpected: true });
    }
  });

  it("is no other: the error names both and the line to type", async () => {
    const file = stack({ identifier: "dev", kubeSystemUid: OTHER });
    expect(await matchCluster(file, cluster)).toMatchObject({ found: uid, pinned: OTHER, isExpected: false });
    await expect(expectCluster(file, cluster)).rejects.toThrow(
      new RegExp(`${uid}.*${OTHER}.*pulumi config set --path cluster.kubeSystemUid ${uid} --stack dev$`),
    );
  });

  it("is any where the stack pins none, and the line that pins it is told", async () => {
    const match = await expectCluster(stack({ identifier: "dev" }), cluster);
    expect(match).toMatchObject({ found: uid, isExpected: true });
    expect(match.pinned).toBeUndefined();
    expect(match.message).toContain(`pulumi config set --path cluster.kubeSystemUid ${uid} --stack dev`);
  });

  it("is not asked for by a section that is wrong", async () => {
    await expect(expectCluster(stack({ identifier: "dev", kubeSystemUid: "prod" }), cluster)).rejects.toThrow(
      "npm run validate -- dev",
    );
  });

  it("is told to whoever has the one right of deploy/identify-cluster.yaml, and to nobody with less", async () => {
    const config = parse(readFileSync(admin.kubeconfig, "utf8")) as { users: { user: object }[] };
    for (const entry of config.users) Object.assign(entry.user, { as: user });
    const kubeconfig = join(folder, "kubeconfig");
    writeFileSync(kubeconfig, stringify(config), { mode: 0o600 });
    const file = stack({ identifier: "dev", kubeSystemUid: uid });
    await expect(expectCluster(file, { ...admin, kubeconfig })).rejects.toThrow("deploy/identify-cluster.yaml");

    const manifest = readFileSync(join(projectRoot(), "deploy", "identify-cluster.yaml"), "utf8");
    const objects = parseAllDocuments(manifest).map((document) => ({
      ...(document.toJS() as { metadata: object; subjects?: unknown; roleRef?: object }),
    }));
    const input = objects.map((object) =>
      stringify({
        ...object,
        metadata: { ...object.metadata, name: user },
        ...(object.roleRef && { roleRef: { ...object.roleRef, name: user } }),
        ...(object.subjects === undefined
          ? {}
          : { subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: user }] }),
      }),
    );
    await kubectl(admin, ["apply", "--server-side", "-f", "-"], { input: input.join("---\n") });
    await expect(expectCluster(file, { ...admin, kubeconfig })).resolves.toMatchObject({ isExpected: true });
  });
});
