/** Tests on the real control plane, and on the real engine. Where one is not there they are skipped by name. */
import { kubectl } from "../../tools/cluster/kubectl";
import type { Cluster } from "../../tools/cluster/kubectl";
import { TEST_CLUSTER } from "../../tools/commands/test/with-cluster";
import type { TestCluster } from "../../tools/commands/test/with-cluster";

/** Longer than any single wait inside. */
export const CLUSTER_TIMEOUT = 900_000;

const found = JSON.parse(process.env[TEST_CLUSTER] ?? '{ "reason": "not run by npm test" }') as TestCluster;
/** Why there is no control plane; nothing where there is one. */
export const reason = "reason" in found ? found.reason : undefined;
const cluster = "reason" in found ? undefined : found.cluster;
/** The `pulumi` of this run. */
export const pulumi = "reason" in found ? undefined : found.pulumi;
/** Skipped tests are defined with it and never run. */
const NO_CLUSTER: Cluster = { kubectl: "", kubeconfig: "" };

/** A block of tests that need the control plane. */
export function describeOnCluster(name: string, body: (cluster: Cluster) => void): void {
  describeWith(name, reason, () => {
    body(cluster ?? NO_CLUSTER);
  });
}

/** What tests may need of Pulumi's Kubernetes provider that the one this project builds does not have. */
export type NewProvider = "creates by POST" | "takes over what exists when told to";

/**
 * A block of tests that need the control plane and a `pulumi`. Where Pulumi's own is not on PATH it is the one that this
 * project builds, whose Kubernetes provider is that of January 2026.
 * @param needs What makes these tests need a newer one; they are skipped by that name. @default - nothing
 */
export function describeWithEngine(
  name: string,
  body: (cluster: Cluster, pulumi: string) => void,
  needs?: NewProvider,
): void {
  describeWith(name, lacking(needs) ?? reason, () => {
    body(cluster ?? NO_CLUSTER, pulumi?.path ?? "");
  });
}

/** One test of such a block that needs a newer provider where the others do not. */
export function testWithEngine(name: string, needs: NewProvider | undefined, body: () => Promise<void>): void {
  const missing = lacking(needs);
  if (missing === undefined) test(name, body);
  else test.skip(`${name} [skipped: ${missing}]`, body);
}

function lacking(needs: NewProvider | undefined): string | undefined {
  return needs !== undefined && pulumi?.isBuilt === true
    ? `needs the Kubernetes provider 4.33 or later, which ${needs}`
    : undefined;
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
