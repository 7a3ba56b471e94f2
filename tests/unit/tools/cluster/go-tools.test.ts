import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { projectRoot } from "../../../../tools/recording/project";
import {
  buildTools,
  builtTools,
  CONTROL_PLANE_TOOLS,
  machineTools,
  missingTools,
  timeLeft,
} from "../../../../tools/cluster/go-tools";

const before = process.env.XDG_CACHE_HOME;
const { PATH: path, KUBEBUILDER_ASSETS: assets } = process.env;
let folder: string;
let root: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "vapora-tools-"));
  root = join(folder, "project");
  cpSync(join(projectRoot(), "tools", "cluster", "go"), join(root, "tools", "cluster", "go"), { recursive: true });
  process.env.XDG_CACHE_HOME = join(folder, "cache");
  // a machine that has nothing by itself
  process.env.PATH = "";
  delete process.env.KUBEBUILDER_ASSETS;
});

afterEach(() => {
  process.env.PATH = path;
  if (assets !== undefined) process.env.KUBEBUILDER_ASSETS = assets;
  if (before === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = before;
  rmSync(folder, { recursive: true });
});

/** Puts files where built tools lie. */
function put(...names: readonly string[]): void {
  const { stages } = builtTools(root);
  mkdirSync(dirname(stages), { recursive: true });
  for (const name of names) writeFileSync(join(dirname(stages), name), "");
}

test("in an empty cache everything is missing", () => {
  expect(missingTools(root, CONTROL_PLANE_TOOLS)).toEqual(CONTROL_PLANE_TOOLS);
});

test("what is there is not missing", () => {
  put("etcd", "kubectl");
  expect(missingTools(root, ["etcd", "kubectl", "kube-apiserver"])).toEqual(["kube-apiserver"]);
});

test("kwok without its stages is missing, since it does not start without them", () => {
  put("kwok");
  expect(missingTools(root, ["kwok"])).toEqual(["kwok"]);
  put("kwok-stages.yaml");
  expect(missingTools(root, ["kwok"])).toEqual([]);
});

describe("what a machine has by itself", () => {
  /** A program in the folder of KUBEBUILDER_ASSETS that tells a version. */
  function have(name: string, said: string): string {
    const program = join(folder, "assets", name);
    mkdirSync(dirname(program), { recursive: true });
    writeFileSync(program, `#!/bin/sh\necho '${said}'\n`, { mode: 0o755 });
    process.env.KUBEBUILDER_ASSETS = dirname(program);
    return program;
  }

  const wanted = /k8s\.io\/kubernetes v(\d+\.\d+)\./.exec(
    readFileSync(join(projectRoot(), "tools", "cluster", "go", "go.mod"), "utf8"),
  )?.[1];

  test("in the version that would be built is used, and not built", () => {
    const program = have("kube-apiserver", `Kubernetes v${wanted ?? ""}.0`);
    expect(missingTools(root, ["kube-apiserver"])).toEqual([]);
    expect(builtTools(root).path("kube-apiserver")).toBe(program);
    expect(machineTools(root, ["kube-apiserver", "etcd"])).toEqual([program]);
  });

  test("in another version is passed over", () => {
    have("kube-apiserver", "Kubernetes v1.29.3");
    expect(missingTools(root, ["kube-apiserver"])).toEqual(["kube-apiserver"]);
  });
});

test.each([
  ["at first, when that is a guess", 10_000, 5, 100, ""],
  ["at the pace so far", 60_000, 20, 100, ", about 4 min left"],
  ["rounded up", 30_000, 99, 100, ", about 1 min left"],
  ["at the end", 60_000, 100, 100, ""],
])("a build tells how long it still takes %s", (_when, elapsed, done, total, expected) => {
  expect(timeLeft(0, done, total, elapsed)).toBe(expected);
});

test("nothing is built where everything is there", async () => {
  put(...CONTROL_PLANE_TOOLS, "kwok-stages.yaml");
  const reports: string[] = [];
  const tools = await buildTools(root, CONTROL_PLANE_TOOLS, (progress) => reports.push(progress));
  expect(reports).toEqual([]);
  expect(tools.path("kube-apiserver")).toBe(builtTools(root).path("kube-apiserver"));
});

test("other versions lie in another folder, the same ones of another checkout in the same", () => {
  const own = builtTools(root).stages;
  expect(own.startsWith(join(folder, "cache"))).toBe(true);
  expect(own).toBe(builtTools(projectRoot()).stages);
  const file = join(root, "tools", "cluster", "go", "go.mod");
  writeFileSync(file, readFileSync(file, "utf8").replace(/(k8s\.io\/kubernetes v\d+\.\d+\.)(\d+)/, "$1999"));
  expect(builtTools(root).stages).not.toBe(own);
});

test.each([undefined, "", "cache"])(
  "without a cache folder that can be meant (%j), the user's own one is taken",
  (value) => {
    if (value === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = value;
    expect(builtTools(root).stages.startsWith(join(homedir(), ".cache"))).toBe(true);
  },
);
