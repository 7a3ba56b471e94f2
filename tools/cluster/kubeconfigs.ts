/** Keys, tokens and the kubeconfig of a local control plane. */
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";

/** Who talks to a local control plane. */
export type User = "admin" | "deployer";

/** Group that deploy/ binds its Role to. */
const DEPLOYERS = "vapora-deployers";

/** Path of the administrator's kubeconfig in a control plane's folder. */
export function kubeconfigPath(folder: string): string {
  return join(folder, "kubeconfig");
}

/** Path of the deployer's kubeconfig, beside the administrator's. */
export function deployerKubeconfigPath(kubeconfig: string): string {
  return `${kubeconfig}-deployer`;
}

/** Makes the key that signs service account tokens, and a token for each user, which it gives. */
export function writeKeys(folder: string): Readonly<Record<User, string>> {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  writeFileSync(join(folder, "service-account.key"), privateKey.export({ type: "pkcs1", format: "pem" }), {
    mode: 0o600,
  });
  const tokens = { admin: randomBytes(24).toString("hex"), deployer: randomBytes(24).toString("hex") };
  const lines = [`${tokens.admin},admin,admin,system:masters`, `${tokens.deployer},deployer,deployer,${DEPLOYERS}`];
  writeFileSync(join(folder, "tokens.csv"), `${lines.join("\n")}\n`, { mode: 0o600 });
  return tokens;
}

/** Writes each user's kubeconfig; the certificate the API server made for itself serves as its authority. */
export function writeKubeconfigs(
  folder: string,
  server: string,
  certificate: string,
  tokens: Readonly<Record<User, string>>,
): void {
  const path = kubeconfigPath(folder);
  writeKubeconfig(deployerKubeconfigPath(path), server, certificate, tokens.deployer);
  writeKubeconfig(path, server, certificate, tokens.admin);
}

function writeKubeconfig(path: string, server: string, certificate: string, token: string): void {
  const name = "vapora-local";
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      { name, cluster: { server, "certificate-authority-data": readFileSync(certificate).toString("base64") } },
    ],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    "current-context": name,
  };
  writeFileSync(path, stringify(config), { mode: 0o600 });
}
