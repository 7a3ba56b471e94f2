/** What the Gateway API brings to a cluster: the definition of HTTPRoute, from its own Go module. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../offline/user-error";
import { run } from "./processes";

const MODULE = "sigs.k8s.io/gateway-api";
const FILE = ["config", "crd", "standard", "gateway.networking.k8s.io_httproutes.yaml"];

/**
 * The CustomResourceDefinition of HTTPRoute, as YAML. Nothing is compiled; local/gateway-api/go.sum says what the
 * module holds.
 * @throws UserError without Go, or if the module cannot be had.
 */
export async function httpRouteDefinition(root: string, signal?: AbortSignal): Promise<string> {
  const { code, stdout, stderr } = await run("go", ["mod", "download", "-json", MODULE], {
    cwd: join(root, "local", "gateway-api"),
    env: { GOFLAGS: "-mod=readonly", GOWORK: "off" },
    signal,
  });
  if (code !== 0) throw new UserError(`go mod download failed in local/gateway-api:\n${stderr || stdout}`);
  const { Dir: folder } = JSON.parse(stdout) as { readonly Dir: string };
  return readFileSync(join(folder, ...FILE), "utf8");
}
