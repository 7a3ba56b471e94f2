/** Keys, tokens and the kubeconfig of a local control plane. */
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";

/** Path of the kubeconfig in a control plane's folder. */
export function kubeconfigPath(folder: string): string {
  return join(folder, "kubeconfig");
}

/** Makes the key that signs service account tokens, and the administrator's token, which it gives. */
export function writeKeys(folder: string): string {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  writeFileSync(join(folder, "service-account.key"), privateKey.export({ type: "pkcs1", format: "pem" }), {
    mode: 0o600,
  });
  const token = randomBytes(24).toString("hex");
  writeFileSync(join(folder, "tokens.csv"), `${token},admin,admin,system:masters\n`, { mode: 0o600 });
  return token;
}

/** Writes the kubeconfig; the certificate the API server made for itself serves as its authority. */
export function writeKubeconfig(folder: string, server: string, certificate: string, token: string): void {
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
  writeFileSync(kubeconfigPath(folder), stringify(config), { mode: 0o600 });
}
