/** Whether the cluster can be reached, is the expected one, and is of a version this project knows. */
import { matchCluster } from "../../pulumi/pinned-cluster";
import { tryKubectl } from "../../cluster/kubectl";
import type { Cluster } from "../../cluster/kubectl";
import type { StackFile } from "../../recording/project";
import { Interrupted, UserError } from "../../shared/user-error";
import { error, ok, warning } from "./finding";
import { QUESTION_TIMEOUT, REQUEST_TIMEOUT } from "../../cluster/kubectl";
import type { Found } from "./finding";

/**
 * Minor versions of Kubernetes 1: the one from which API servers take every field of the objects (the sleep of a preStop
 * hook is the youngest of them; older servers drop it), and those that Kubernetes itself still supports.
 */
const MINORS = { needed: 30, oldest: 35, newest: 37 };

/** What kubectl says of a cluster that cannot be reached, and what it takes to reach it. */
const CAUSES: readonly (readonly [said: RegExp, meaning: string, fix: string])[] = [
  [
    /x509|certificate/i,
    "its certificate is not signed by the kubeconfig's authority",
    "Renew the kubeconfig: its certificate-authority-data is not this cluster's.",
  ],
  [
    /Unauthorized|must be logged in|provide credentials/i,
    "it does not accept the credentials; a token may have expired",
    "Log in to the cluster again, or renew the token in the kubeconfig.",
  ],
  [
    /context .* does not exist|no context exists/i,
    "the kubeconfig has no such context",
    "Correct cluster.context, or list the contexts with kubectl config get-contexts.",
  ],
  [
    /no such host|server misbehaving|dial tcp: lookup /i,
    "the name of its API server does not resolve",
    "Check the server's name in the kubeconfig, and VPN and DNS.",
  ],
  [
    /refused|no route to host|network is unreachable/i,
    "nothing answers at its address",
    "Check the server's address in the kubeconfig, and whether the cluster runs.",
  ],
  [
    /timeout|timed out|deadline exceeded/i,
    "it does not answer in time",
    "Check VPN, firewall and proxy between here and the API server.",
  ],
];

/** Reaches a cluster and gives its version, or why it cannot be reached. */
export async function reach(cluster: Cluster, signal: AbortSignal): Promise<{ readonly version: string } | Found> {
  const limit = AbortSignal.timeout(QUESTION_TIMEOUT + 1_000);
  const question = ["get", "--raw", "/version", REQUEST_TIMEOUT];
  try {
    const { code, stdout, stderr } = await tryKubectl(cluster, question, { signal: AbortSignal.any([signal, limit]) });
    if (code === 0) return { version: (JSON.parse(stdout) as { gitVersion: string }).gitVersion };
    return unreachable(stderr);
  } catch (failure) {
    if (signal.aborted) throw failure;
    if (failure instanceof Interrupted) return unreachable("timeout");
    throw failure;
  }
}

/** Explains what kubectl said. */
export function unreachable(words: string): Found {
  const [, meaning, fix] = CAUSES.find(([said]) => said.test(words)) ?? [];
  const last = words.trim().split("\n").pop() ?? "";
  return error(
    meaning === undefined ? `It cannot be reached: ${last}` : `It cannot be reached: ${meaning} (${last}).`,
    fix ?? "kubectl with the same kubeconfig and context tells more.",
  );
}

/** The cluster is the one that the stack pins. */
export async function expected(file: StackFile, cluster: Cluster, signal: AbortSignal): Promise<Found> {
  try {
    const { isExpected, pinned, message } = await matchCluster(file, cluster, signal);
    if (!isExpected) return error(message);
    return pinned === undefined ? warning(message) : ok(message);
  } catch (failure) {
    if (!(failure instanceof UserError) || failure instanceof Interrupted) throw failure;
    return error(failure.message);
  }
}

/** The objects run on the version. */
export function supported(version: string): Found {
  const [, major, minor] = /^v(\d+)\.(\d+)/.exec(version) ?? [];
  const needed = `1.${String(MINORS.needed)}`;
  const range = `1.${String(MINORS.oldest)} to 1.${String(MINORS.newest)}`;
  if (major !== "1" || Number(minor) < MINORS.needed) {
    return error(`Kubernetes ${version} is older than ${needed}, which the objects need.`, "Upgrade the cluster.");
  }
  if (Number(minor) > MINORS.newest) return warning(`Kubernetes ${version} is newer than what was tried (${range}).`);
  const remark = Number(minor) < MINORS.oldest ? `; Kubernetes itself supports ${range} only` : "";
  return ok(`Kubernetes ${version} (needed: ${needed} or later)${remark}.`);
}
