/** Definitions of Kubernetes kinds that others bring to a cluster, from their own Go modules. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../offline/user-error";
import { run } from "./processes";

/** By kind: the module, the file in it, and the name of the definition. */
const DEFINITIONS = {
  HTTPRoute: {
    module: "sigs.k8s.io/gateway-api",
    file: "config/crd/standard/gateway.networking.k8s.io_httproutes.yaml",
    name: "httproutes.gateway.networking.k8s.io",
  },
  ExternalSecret: {
    module: "github.com/external-secrets/external-secrets",
    file: "config/crds/bases/external-secrets.io_externalsecrets.yaml",
    name: "externalsecrets.external-secrets.io",
  },
} as const;

/** A kind the program uses and Kubernetes does not have by itself. */
export type CustomKind = keyof typeof DEFINITIONS;

/** Name of a kind's CustomResourceDefinition. */
export function definitionName(kind: CustomKind): string {
  return DEFINITIONS[kind].name;
}

/**
 * The CustomResourceDefinition of a kind, as YAML. Nothing is compiled; local/definitions/go.sum says what the modules
 * hold.
 * @throws UserError without Go, or if the module cannot be had.
 */
export async function customDefinition(root: string, kind: CustomKind, signal?: AbortSignal): Promise<string> {
  const { module, file } = DEFINITIONS[kind];
  const { code, stdout, stderr } = await run("go", ["mod", "download", "-json", module], {
    cwd: join(root, "local", "definitions"),
    env: { GOFLAGS: "-mod=readonly", GOWORK: "off" },
    signal,
  });
  if (code !== 0) throw new UserError(`go mod download failed in local/definitions:\n${stderr || stdout}`);
  const { Dir: folder } = JSON.parse(stdout) as { readonly Dir: string };
  return readFileSync(join(folder, ...file.split("/")), "utf8");
}
