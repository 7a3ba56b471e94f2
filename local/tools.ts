/** The programs of a Kubernetes control plane, built from local/tools/go.mod and kept in the user's cache. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../offline/user-error";
import { userCache } from "./cache";
import { run } from "./processes";

/** Go packages of the tools, by the name the built program gets here. */
const PACKAGES = {
  etcd: "go.etcd.io/etcd/server/v3",
  "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
  "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
  "kube-scheduler": "k8s.io/kubernetes/cmd/kube-scheduler",
  kubectl: "k8s.io/kubernetes/cmd/kubectl",
  kwok: "sigs.k8s.io/kwok/cmd/kwok",
  "nats-server": "github.com/nats-io/nats-server/v2",
} as const;

/** A program this project builds for itself. */
export type Tool = keyof typeof PACKAGES;

/** What a control plane needs. */
export const CONTROL_PLANE_TOOLS: readonly Tool[] = [
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kubectl",
  "kwok",
];

/** Folders of KWOK's own module that say how simulated nodes and pods behave. */
const STAGES = ["node/fast", "node/heartbeat", "pod/fast"];
const STAGES_FILE = "kwok-stages.yaml";

/** Built tools. */
export interface Tools {
  /** Path of a program. */
  readonly path: (tool: Tool) => string;
  /** KWOK's configuration: how simulated nodes and pods behave. */
  readonly stages: string;
}

/** What still has to be built for `wanted`. */
export function missingTools(root: string, wanted: readonly Tool[]): Tool[] {
  const folder = toolsFolder(root);
  return wanted.filter(
    (tool) => !existsSync(join(folder, tool)) || (tool === "kwok" && !existsSync(join(folder, STAGES_FILE))),
  );
}

/** Tools that have been built before. */
export function builtTools(root: string): Tools {
  const folder = toolsFolder(root);
  return { path: (tool) => join(folder, tool), stages: join(folder, STAGES_FILE) };
}

/**
 * Builds what is missing of `wanted`; nothing is built twice, and an interrupted build goes on where it stopped.
 * @throws UserError without a fitting Go, or if the build fails.
 */
export async function buildTools(
  root: string,
  wanted: readonly Tool[],
  report: (progress: string) => void,
  signal?: AbortSignal,
): Promise<Tools> {
  const missing = missingTools(root, wanted);
  if (missing.length > 0) await build(root, missing, report, signal);
  return builtTools(root);
}

/** True if there is a Go to build with. */
export async function hasGo(): Promise<boolean> {
  return run("go", ["version"]).then(
    ({ code }) => code === 0,
    () => false,
  );
}

async function build(
  root: string,
  missing: readonly Tool[],
  report: (progress: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  if (!(await hasGo())) {
    throw new UserError(
      "Go is needed to build the local control plane, and there is none on PATH. Install Go 1.26 or later " +
        "(https://go.dev/dl), or use a cluster of your own: npm run try -- --kubeconfig <file>",
    );
  }
  const cwd = moduleFolder(root);
  // nothing of the surroundings decides what is built: no workspace above, no other platform
  const env = { CGO_ENABLED: "0", GOFLAGS: "-mod=readonly", GOWORK: "off", GOOS: undefined, GOARCH: undefined };
  const packages = missing.map((tool) => PACKAGES[tool]);
  const flags = ["-trimpath", `-ldflags=${linkerFlags(root)}`];

  report("looking up what has to be compiled");
  const stale = await go(["list", "-deps", ...flags, "-f", "{{if .Stale}}{{.ImportPath}}{{end}}", ...packages]);
  const total = stale.split("\n").filter((line) => line !== "").length;

  const folder = toolsFolder(root);
  const unfinished = join(folder, `unfinished-${String(process.pid)}`);
  mkdirSync(unfinished, { recursive: true });
  try {
    let compiled = 0;
    await go(["build", "-v", ...flags, "-o", `${unfinished}/`, ...packages], (line) => {
      if (line.startsWith("go: downloading")) report(line.slice("go: ".length));
      else report(`${String(++compiled)} of ${String(total)} packages: ${line}`);
    });
    for (const tool of missing) renameSync(join(unfinished, binaryName(tool)), join(folder, tool));
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  if (missing.includes("kwok")) {
    const module = (await go(["list", "-m", "-f", "{{.Dir}}", "sigs.k8s.io/kwok"])).trim();
    writeFileSync(join(folder, STAGES_FILE), stages(module));
  }

  async function go(args: readonly string[], onLine?: (line: string) => void): Promise<string> {
    const result = await run("go", args, { cwd, env, signal, ...(onLine === undefined ? {} : { onLine }) });
    if (result.code === 0) return result.stdout;
    const said = result.stderr.split("\n").filter((line) => line !== "" && !line.startsWith("go: downloading"));
    throw new UserError(`go ${args[0] ?? ""} failed in local/tools:\n${said.slice(-10).join("\n")}`);
  }
}

/** Go names a program after the last part of its package that is no version. */
function binaryName(tool: Tool): string {
  return (
    PACKAGES[tool]
      .split("/")
      .filter((part) => !/^v\d+$/.test(part))
      .pop() ?? tool
  );
}

function stages(module: string): string {
  const folders = STAGES.map((stage) => join(module, "kustomize", "stage", stage));
  const files = folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((file) => file.endsWith(".yaml") && file !== "kustomization.yaml")
      .map((file) => join(folder, file)),
  );
  return files.map((file) => readFileSync(file, "utf8")).join("\n---\n");
}

/** Without these the API server reports a version that clients cannot parse. */
function linkerFlags(root: string): string {
  const version = /k8s\.io\/kubernetes (v(\d+)\.(\d+)\.\d+)/.exec(
    readFileSync(join(moduleFolder(root), "go.mod"), "utf8"),
  );
  const [, full = "", major = "", minor = ""] = version ?? [];
  const names = { gitVersion: full, gitMajor: major, gitMinor: minor };
  const values = Object.entries(names).map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`);
  return ["-s", "-w", ...values].join(" ");
}

function moduleFolder(root: string): string {
  return join(root, "local", "tools");
}

/** One folder per set of versions and flags. */
function toolsFolder(root: string): string {
  const hash = createHash("sha256").update(linkerFlags(root)).update(`${process.platform}-${process.arch}`);
  for (const file of ["go.mod", "go.sum"]) hash.update(readFileSync(join(moduleFolder(root), file)));
  return join(userCache(), `tools-${hash.digest("hex").slice(0, 16)}`);
}
