import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getObjects, kubectl, tryKubectl } from "../../../../tools/cluster/kubectl";
import type { Cluster } from "../../../../tools/cluster/kubectl";
import { UserError } from "../../../../tools/shared/user-error";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "vapora-kubectl-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** A cluster whose kubectl runs these lines of shell. */
function clusterWith(lines: string, context?: string): Cluster {
  const program = join(folder, "kubectl");
  writeFileSync(program, `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
  return { kubectl: program, kubeconfig: join(folder, "config"), context };
}

test("the cluster is named on the command line, and an exported KUBECONFIG is kept from kubectl", async () => {
  process.env.KUBECONFIG = "/somewhere/else";
  try {
    const cluster = clusterWith('echo "[$KUBECONFIG] $*"', "work");
    const said = await kubectl(cluster, ["get", "pods"]);
    expect(said).toMatch(/^\[\] /);
    expect(said).toContain(`--kubeconfig ${cluster.kubeconfig}`);
    expect(said).toContain("--context work");
    expect(said).toMatch(/ get pods\n$/);
  } finally {
    delete process.env.KUBECONFIG;
  }
});

test("without a context, the kubeconfig's own one is meant", async () => {
  expect(await kubectl(clusterWith('echo "$*"'), ["version"])).not.toContain("--context");
});

test.each([
  ["its errors", "echo said; echo 'error: no' >&2; exit 1", "error: no"],
  ["its output where it gives no errors", "echo said; exit 1", "said"],
])("a failure is told in kubectl's own words: %s", async (_name, lines, words) => {
  const failed = kubectl(clusterWith(lines), ["apply", "--server-side", "-f", "-"], { input: "{}" });
  await expect(failed).rejects.toThrow(new UserError(`kubectl apply --server-side failed:\n${words}`));
});

test("whatever comes of it can be asked for", async () => {
  expect(await tryKubectl(clusterWith("echo a; exit 5"), [])).toEqual({ code: 5, stdout: "a\n", stderr: "" });
});

test("objects are read as JSON", async () => {
  const cluster = clusterWith(`case "$*" in *"get pods -n x -o json") echo '{"items":[{"a":1}]}';; *) exit 1;; esac`);
  expect(await getObjects(cluster, ["pods", "-n", "x"])).toEqual([{ a: 1 }]);
});
