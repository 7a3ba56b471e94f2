/** Tests on the real control plane, and on the real engine. Where one is not there they are skipped by name. */
import { findPulumi } from "../../local/engine";
import { kubectl } from "../../local/kubectl";
import type { Cluster } from "../../local/kubectl";
import { TEST_CLUSTER } from "../../local/test-cluster";

/** Longer than any single wait inside. */
export const CLUSTER_TIMEOUT = 300_000;

const { cluster: found, reason = "not run by npm test" } = JSON.parse(process.env[TEST_CLUSTER] ?? "{}") as {
  cluster?: Cluster;
  reason?: string;
};
/** Skipped tests are defined with it and never run. */
const NO_CLUSTER: Cluster = { kubectl: "", kubeconfig: "" };

/** A block of tests that need the control plane. */
export function describeOnCluster(name: string, body: (cluster: Cluster) => void): void {
  describeWith(name, found === undefined ? reason : undefined, () => {
    body(found ?? NO_CLUSTER);
  });
}

/** A block of tests that need the control plane and a `pulumi` on PATH. */
export function describeWithEngine(name: string, body: (cluster: Cluster, pulumi: string) => void): void {
  const pulumi = findPulumi();
  const missing = found === undefined ? reason : pulumi === undefined ? "no pulumi on PATH" : undefined;
  describeWith(name, missing, () => {
    body(found ?? NO_CLUSTER, pulumi ?? "");
  });
}

/** A block of tests that need a program; `missing` says what is not there. */
export function describeWith(name: string, missing: string | undefined, body: () => void): void {
  if (missing === undefined) describe(name, body);
  // the name of every skipped test ends up in the closing lines of the run, with this reason
  else describe.skip(`${name} [skipped: ${missing}]`, body);
}

/** A namespace name no other test uses. */
export function uniqueNamespace(name: string): string {
  return `test-${name}-${process.pid.toString(36)}${Date.now().toString(36)}`.slice(0, 60);
}

/** Names for namespaces that no other test uses; after the block of tests they are deleted, with what is in them. */
export class OwnNamespaces {
  public readonly names: string[] = [];

  public constructor(cluster: Cluster) {
    afterAll(async () => {
      await deleteNamespaces(cluster, ...this.names);
    });
  }

  public next(name: string): string {
    const namespace = uniqueNamespace(name);
    this.names.push(namespace);
    return namespace;
  }
}

/** Deletes namespaces and what is in them. */
export async function deleteNamespaces(cluster: Cluster, ...names: string[]): Promise<void> {
  if (names.length === 0) return;
  await kubectl(cluster, ["delete", "namespace", ...names, "--ignore-not-found", "--wait=false"]);
}
