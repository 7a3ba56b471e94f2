/** Definitions of Kubernetes kinds that others bring to a cluster, from their own Go modules. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../shared/user-error";
import { getObjects, kubectl } from "./kubectl";
import type { Cluster } from "./kubectl";
import { run, sleep } from "../shared/processes";

const GATEWAY_API = "sigs.k8s.io/gateway-api";

/** By kind: the module, the file in it, and the name of the definition. */
const DEFINITIONS = {
  HTTPRoute: {
    module: GATEWAY_API,
    file: "config/crd/standard/gateway.networking.k8s.io_httproutes.yaml",
    name: "httproutes.gateway.networking.k8s.io",
  },
  // of others: the routes refer to it
  Gateway: {
    module: GATEWAY_API,
    file: "config/crd/standard/gateway.networking.k8s.io_gateways.yaml",
    name: "gateways.gateway.networking.k8s.io",
  },
  ExternalSecret: {
    module: "github.com/external-secrets/external-secrets",
    file: "config/crds/bases/external-secrets.io_externalsecrets.yaml",
    name: "externalsecrets.external-secrets.io",
  },
} as const;

/** A kind the program uses and Kubernetes does not have by itself. */
export type CustomKind = keyof typeof DEFINITIONS;

const ESTABLISHED_TIMEOUT = 60_000;

/**
 * Brings kinds to a cluster, and waits until it has them.
 * @throws UserError without Go, if a module cannot be had, or if the cluster refuses a kind or has it not after a
 * minute; Interrupted.
 */
export async function installDefinitions(
  cluster: Cluster,
  root: string,
  kinds: readonly CustomKind[],
  signal?: AbortSignal,
): Promise<void> {
  const definitions = await Promise.all(kinds.map((kind) => customDefinition(root, kind, signal)));
  await kubectl(cluster, ["apply", "--server-side", "-f", "-"], { input: definitions.join("\n---\n"), signal });
  await untilEstablished(cluster, kinds, signal);
}

/**
 * Waits until a cluster has kinds that were brought to it. `kubectl wait` does not: it fails on a definition that is so
 * new that its conditions are null.
 * @throws UserError that names those it has not after a minute; Interrupted.
 */
export async function untilEstablished(
  cluster: Cluster,
  kinds: readonly CustomKind[],
  signal?: AbortSignal,
): Promise<void> {
  for (const deadline = Date.now() + ESTABLISHED_TIMEOUT; ;) {
    const live = await getObjects<Definition>(cluster, ["customresourcedefinitions"], { signal });
    const established = live.filter(isEstablished).map(({ metadata }) => metadata.name);
    const missing = kinds.filter((kind) => !established.includes(DEFINITIONS[kind].name));
    if (missing.length === 0) return;
    if (Date.now() > deadline) {
      throw new UserError(`The cluster does not have the kind ${missing.join(", ")} a minute after it was defined.`);
    }
    await sleep(200, signal);
  }
}

interface Definition {
  readonly metadata: { readonly name: string };
  readonly status: { readonly conditions: readonly { readonly type: string; readonly status: string }[] | null };
}

function isEstablished({ status }: Definition): boolean {
  return status.conditions?.some(({ type, status: value }) => type === "Established" && value === "True") ?? false;
}

/** The CustomResourceDefinition of a kind, as YAML. Nothing is compiled; tools/cluster/definitions/go.sum says what the modules hold. */
async function customDefinition(root: string, kind: CustomKind, signal?: AbortSignal): Promise<string> {
  const { module, file } = DEFINITIONS[kind];
  const { code, stdout, stderr } = await run("go", ["mod", "download", "-json", module], {
    cwd: join(root, "tools", "cluster", "definitions"),
    env: { GOFLAGS: "-mod=readonly", GOWORK: "off" },
    signal,
  });
  if (code !== 0) throw new UserError(`go mod download failed in tools/cluster/definitions:\n${stderr || stdout}`);
  const { Dir: folder } = JSON.parse(stdout) as { readonly Dir: string };
  return readFileSync(join(folder, ...file.split("/")), "utf8");
}
