/**
 * Programs this project builds for itself and keeps in the user's cache: a Kubernetes control plane, pulumi, NATS, and the
 * scanners, each of which has a go.mod of its own, since their versions of Kubernetes' packages do not go together.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { leftovers } from "../shared/alive";
import { UserError } from "../shared/user-error";
import { userCache } from "../shared/cache";
import { moduleVersion } from "./go-mod";
import { machineTool as findMachineTool } from "./machine-tools";
import { run } from "../shared/processes";

/** By the folder of a go.mod the programs it builds: the name here, and the Go package. */
const MODULES = {
  "tools/cluster/go": {
    etcd: "go.etcd.io/etcd/server/v3",
    "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
    "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
    "kube-scheduler": "k8s.io/kubernetes/cmd/kube-scheduler",
    kubectl: "k8s.io/kubernetes/cmd/kubectl",
    kwok: "sigs.k8s.io/kwok/cmd/kwok",
    "nats-server": "github.com/nats-io/nats-server/v2",
    pulumi: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    "pulumi-resource-kubernetes": "vapora/tools/cluster/go/pulumi-resource-kubernetes",
  },
  "tools/commands/scan/scanners/kube-score": { "kube-score": "github.com/zegl/kube-score/cmd/kube-score" },
  "tools/commands/scan/scanners/actionlint": { actionlint: "github.com/rhysd/actionlint/cmd/actionlint" },
} as const;

type Module = keyof typeof MODULES;
const CONTROL_PLANE: Module = "tools/cluster/go";

/** A program this project builds for itself. */
export type Tool = { [M in Module]: keyof (typeof MODULES)[M] }[Module];

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
  const { stages } = builtTools(root);
  return wanted.filter((tool) =>
    existsSync(cachedPath(root, tool)) ? tool === "kwok" && !existsSync(stages) : machineTool(root, tool) === undefined,
  );
}

/** Of some tools those that the machine has by itself in the right version: they are used, and not built. */
export function machineTools(root: string, wanted: readonly Tool[]): string[] {
  return wanted.filter((tool) => !existsSync(cachedPath(root, tool))).flatMap((tool) => machineTool(root, tool) ?? []);
}

/** Tools that have been built before. */
export function builtTools(root: string): Tools {
  return {
    path: (tool) => {
      const cached = cachedPath(root, tool);
      return existsSync(cached) ? cached : (machineTool(root, tool) ?? cached);
    },
    stages: join(toolsFolder(root, CONTROL_PLANE), STAGES_FILE),
  };
}

/**
 * Builds what is missing of `wanted`; nothing is built twice, and an interrupted build goes on where it stopped.
 * @throws UserError without a fitting Go, or if the build fails.
 */
export async function buildTools(
  root: string,
  wanted: readonly Tool[],
  progress: (what: string) => void,
  signal?: AbortSignal,
): Promise<Tools> {
  const missing = missingTools(root, wanted);
  for (const module of new Set(missing.map(moduleOf))) {
    const ofModule = missing.filter((tool) => moduleOf(tool) === module);
    await build(root, module, ofModule, progress, signal);
  }
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
  module: Module,
  missing: readonly Tool[],
  progress: (what: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  if (!(await hasGo())) {
    throw new UserError(
      missing.every((tool) => tool.startsWith("pulumi"))
        ? "Go is needed to build pulumi, and neither is on PATH. Install one of them: Go 1.26 or later " +
            "(https://go.dev/dl), or pulumi (https://www.pulumi.com/docs/install)."
        : module === CONTROL_PLANE
          ? "Go is needed to build the local control plane and pulumi, and there is none on PATH. Install Go 1.26 or later " +
            "(https://go.dev/dl), or use a cluster of your own: npm run try -- --kubeconfig <file>"
          : "Go is needed to build the scanners, and there is none on PATH. Install Go 1.26 or later (https://go.dev/dl).",
    );
  }
  const cwd = join(root, module);
  // nothing of the surroundings decides what is built: no workspace above, no other platform
  const env = {
    CGO_ENABLED: "0",
    GOFLAGS: "-mod=readonly",
    GOWORK: "off",
    GOOS: undefined,
    GOARCH: undefined,
  };
  const packages = missing.map(packageOf);
  const flags = ["-trimpath", `-ldflags=${linkerFlags(root, module)}`];

  progress("looking up what has to be compiled");
  const stale = await go(["list", "-deps", ...flags, "-f", "{{if .Stale}}{{.ImportPath}}{{end}}", ...packages]);
  const total = stale.split("\n").filter((line) => line !== "").length;

  const folder = toolsFolder(root, module);
  removeUnfinished(folder);
  const unfinished = join(folder, `${UNFINISHED}${String(process.pid)}`);
  mkdirSync(unfinished, { recursive: true });
  try {
    let compiled = 0;
    const begin = Date.now();
    await go(["build", "-v", ...flags, "-o", `${unfinished}/`, ...packages], (line) => {
      if (line.startsWith("go: downloading")) progress(line.slice("go: ".length));
      else progress(`${String(++compiled)} of ${String(total)} packages${timeLeft(begin, compiled, total)}: ${line}`);
    });
    for (const tool of missing) renameSync(join(unfinished, binaryName(tool)), join(folder, tool));
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  if (missing.includes("kwok")) {
    const source = (await go(["list", "-m", "-f", "{{.Dir}}", "sigs.k8s.io/kwok"])).trim();
    writeFileSync(join(folder, STAGES_FILE), stages(source));
  }

  async function go(args: readonly string[], onLine?: (line: string) => void): Promise<string> {
    const result = await run("go", args, {
      cwd,
      env,
      signal,
      isBackground: true,
      ...(onLine === undefined ? {} : { onLine }),
    });
    if (result.code === 0) return result.stdout;
    const said = result.stderr.split("\n").filter((line) => line !== "" && !line.startsWith("go: downloading"));
    throw new UserError(`go ${args[0] ?? ""} failed in ${module}:\n${said.slice(-10).join("\n")}`);
  }
}

/** Folders of builds under way; the id of the process follows. */
const UNFINISHED = "unfinished-";

/** Removes what killed builds have left. Their `go` ends by itself once nothing reads its output. */
function removeUnfinished(folder: string): void {
  for (const name of leftovers(folder, UNFINISHED)) rmSync(join(folder, name), { recursive: true, force: true });
}

/** Milliseconds of a build after which its pace tells something. */
const PACE_AFTER = 20_000;

/** How long the rest of a build takes at its pace so far, e.g. `, about 4 min left`; nothing as long as that is a guess. */
export function timeLeft(begin: number, done: number, total: number, now = Date.now()): string {
  const elapsed = now - begin;
  if (elapsed < PACE_AFTER || done === 0 || done >= total) return "";
  return `, about ${String(Math.ceil(((elapsed / done) * (total - done)) / 60_000))} min left`;
}

/** Go names a program after the last part of its package that is no version. */
function binaryName(tool: Tool): string {
  return (
    packageOf(tool)
      .split("/")
      .filter((part) => !/^v\d+$/.test(part))
      .pop() ?? tool
  );
}

function stages(source: string): string {
  const folders = STAGES.map((stage) => join(source, "kustomize", "stage", stage));
  const files = folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((file) => file.endsWith(".yaml") && file !== "kustomization.yaml")
      .map((file) => join(folder, file)),
  );
  return files.map((file) => readFileSync(file, "utf8")).join("\n---\n");
}

function cachedPath(root: string, tool: Tool): string {
  return join(toolsFolder(root, moduleOf(tool)), tool);
}

function machineTool(root: string, tool: Tool): string | undefined {
  return findMachineTool(join(root, CONTROL_PLANE, "go.mod"), tool);
}

/** Without its version the API server reports one that clients cannot parse, and Pulumi none. */
function linkerFlags(root: string, module: Module): string {
  const goMod = join(root, module, "go.mod");
  const kubernetes = moduleVersion(goMod, "k8s.io/kubernetes");
  if (kubernetes === "") return "-s -w";
  const [, major = "", minor = ""] = /^v(\d+)\.(\d+)\./.exec(kubernetes) ?? [];
  const values = {
    "k8s.io/component-base/version.gitVersion": kubernetes,
    "k8s.io/component-base/version.gitMajor": major,
    "k8s.io/component-base/version.gitMinor": minor,
    "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": moduleVersion(
      goMod,
      "github.com/pulumi/pulumi/pkg/v3",
    ),
  };
  return ["-s", "-w", ...Object.entries(values).map(([name, value]) => `-X ${name}=${value}`)].join(" ");
}

function moduleOf(tool: Tool): Module {
  const found = (Object.keys(MODULES) as Module[]).find((module) => tool in MODULES[module]);
  if (found === undefined) throw new Error(`no go.mod builds ${tool}`);
  return found;
}

function packageOf(tool: Tool): string {
  return (MODULES[moduleOf(tool)] as Readonly<Partial<Record<Tool, string>>>)[tool] ?? "";
}

/** One folder per set of versions, flags and sources. */
function toolsFolder(root: string, module: Module): string {
  const hash = createHash("sha256").update(linkerFlags(root, module)).update(`${process.platform}-${process.arch}`);
  const files = readdirSync(join(root, module), { recursive: true }).map(String);
  const sources = files.filter((file) => /\.(mod|sum|go)$/.test(file));
  for (const source of sources.sort()) hash.update(readFileSync(join(root, module, source)));
  return join(userCache(), `tools-${hash.digest("hex").slice(0, 16)}`);
}
