/** Programs of a control plane that a machine has by itself. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { moduleVersion } from "./go-mod";
import { onPath } from "../shared/on-path";

/** Of tools that machines have by themselves, how they tell their version, and the module whose version it is. */
const MACHINE_TOOLS: Readonly<Partial<Record<string, { readonly args: readonly string[]; readonly module: string }>>> =
  {
    etcd: { args: ["--version"], module: "go.etcd.io/etcd/server/v3" },
    "kube-apiserver": { args: ["--version"], module: "k8s.io/kubernetes" },
    "kube-controller-manager": { args: ["--version"], module: "k8s.io/kubernetes" },
    "kube-scheduler": { args: ["--version"], module: "k8s.io/kubernetes" },
    kubectl: { args: ["version", "--client"], module: "k8s.io/kubernetes" },
  };

/** Path of a tool in the folder that KUBEBUILDER_ASSETS names, or on PATH, if it is of the minor version that would be built. */
export function machineTool(goMod: string, tool: string): string | undefined {
  const { args, module } = MACHINE_TOOLS[tool] ?? {};
  if (args === undefined || module === undefined) return undefined;
  const [, minor = ""] = /^v(\d+\.\d+)\./.exec(moduleVersion(goMod, module)) ?? [];
  const { KUBEBUILDER_ASSETS: assets } = process.env;
  const found = [...(assets === undefined ? [] : [join(assets, tool)]), onPath(tool)];
  const candidates = found.filter((path) => path !== undefined).map((path) => resolve(path));
  return candidates.find((path) => {
    if (!existsSync(path)) return false;
    const { stdout } = spawnSync(path, args, { encoding: "utf8", timeout: 10_000 });
    return new RegExp(`\\bv?${minor.replace(".", "\\.")}\\.\\d`).test(stdout);
  });
}
