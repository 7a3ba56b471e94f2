import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectRoot } from "../../tools/recording/project";
import { CLUSTER_TIMEOUT, describeWith, describeWithEngine } from "../support/cluster";
import { planned, PROGRAM, TestStack } from "../support/engine";
import { marks, ownObjects } from "./live";

jest.setTimeout(CLUSTER_TIMEOUT);

const ROOT = projectRoot();
const SDK = join("@pulumi", "kubernetes");

interface Versioned {
  readonly version: string;
}

/** The version of the Kubernetes provider that the project pins. */
const PINNED = (readJson(join(ROOT, "node_modules", SDK, "package.json")) as Versioned).version;

/** The latest version of the Kubernetes provider that is installed, if it is later than the pinned one. */
function laterVersion(pulumi: string): string | undefined {
  const { status, stdout } = spawnSync(pulumi, ["plugin", "ls", "--json"], { encoding: "utf8" });
  const plugins = status === 0 ? (JSON.parse(stdout) as (Versioned & { readonly name: string })[]) : [];
  const order = (a: string, b: string): number => a.localeCompare(b, "en", { numeric: true });
  return plugins
    .filter(({ name, version }) => name === "kubernetes" && order(version, PINNED) > 0)
    .map(({ version }) => version)
    .sort(order)
    .at(-1);
}

/** Writes the program into a folder of its own, where it finds the same packages and asks for this version. */
function writeProgram(version: string): string {
  // node runs no TypeScript inside node_modules, where stacks of tests live
  const folder = mkdtempSync(join(tmpdir(), "vapora-next-"));
  for (const name of PROGRAM) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  const link = (names: string, but: string): void => {
    mkdirSync(join(folder, names));
    for (const name of readdirSync(join(ROOT, names)).filter((one) => one !== but && !one.startsWith(".")))
      symlinkSync(join(ROOT, names, name), join(folder, names, name));
  };
  link("node_modules", "@pulumi");
  link(join("node_modules", "@pulumi"), "kubernetes");
  const sdk = join(folder, "node_modules", SDK);
  cpSync(join(ROOT, "node_modules", SDK), sdk, { recursive: true });
  const file = join(sdk, "package.json");
  const description = readJson(file) as { readonly pulumi: object };
  writeFileSync(file, JSON.stringify({ ...description, version, pulumi: { ...description.pulumi, version } }));
  return folder;
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, "utf8"));
}

describeWithEngine("a later version of the Kubernetes provider", (cluster, pulumi) => {
  const version = pulumi === "" ? undefined : laterVersion(pulumi);
  const missing = `none is installed: pulumi plugin install resource kubernetes, after ${PINNED}`;

  describeWith("under the same program", version === undefined ? missing : undefined, () => {
    let stack: TestStack;
    let root: string | undefined;

    beforeAll(() => {
      stack = new TestStack(cluster, pulumi, "dev", "next-provider");
    });

    afterAll(async () => {
      if (root !== undefined) rmSync(root, { recursive: true });
      await stack.remove();
    });

    test("plans no change of any object, and makes none", async () => {
      await stack.up();
      await stack.whenReady();
      const versions = marks(await ownObjects(cluster, stack), "resourceVersion");
      root = writeProgram(version ?? "");
      const next = await stack.engineOf(root);
      // the state notes the provider's version; that is no object
      expect(planned((await next.run(["preview", "--json"])).stdout)).toEqual(["update kubernetes cluster"]);
      await next.run(["up", "--yes", "--skip-preview"]);
      expect(marks(await ownObjects(cluster, stack), "resourceVersion")).toEqual(versions);
      expect(planned((await next.run(["preview", "--json"])).stdout)).toEqual([]);
    });
  });
});
