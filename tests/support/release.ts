/** The release before this one: its program, and what its stack `dev` left in the state. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { projectRoot } from "../../tools/recording/project";
import type { Json } from "../../tools/recording/recording";
import type { TestStack } from "./engine";

/** Tag or commit of it. After a new release: its tag here, then the fixture anew, see tests/engine/upgrade.test.ts. */
export const RELEASE = "cd28a83fb2a96245341e88a8c35221ede3810e2f";
/** Namespace and name of the cluster in the fixture; its sealed values hold the namespace too. */
export const UPGRADE = "vapora-upgrade";

const FIXTURE = join(projectRoot(), "tests", "fixtures", "release-state.json");
/** What seals the fixture. What it seals was made for it. */
const PASSPHRASE = "the fixture of a release";
/** Where and when a resource was registered says nothing of it, and when of a state. */
const LEFT_OUT = ["created", "modified", "sourcePosition", "stackTrace"];

type Resource = Readonly<Record<string, Json>> & { readonly type: string };

interface Exported {
  readonly version: number;
  readonly deployment: {
    readonly manifest: Readonly<Record<string, Json>>;
    readonly secrets_providers: { readonly type: string; readonly state: { readonly salt: string } };
    readonly resources: readonly Resource[];
  };
}

/** True if this clone has the release's commit: a shallow one does not. */
export function hasRelease(): boolean {
  const args = ["cat-file", "-e", `${RELEASE}^{commit}`];
  return spawnSync("git", args, { cwd: projectRoot(), stdio: "ignore" }).status === 0;
}

/** Writes the release's program into a folder of its own, with the packages of this one, and gives its path. */
export function writeRelease(): string {
  const root = projectRoot();
  // node runs no TypeScript inside node_modules, where stacks of tests live
  const folder = mkdtempSync(join(tmpdir(), "vapora-release-"));
  const archive = execFileSync("git", ["archive", "--format=tar", RELEASE], {
    cwd: root,
    maxBuffer: 1 << 26,
  });
  execFileSync("tar", ["-xf", "-", "-C", folder], { input: archive });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "dir");
  return folder;
}

/** Gives a stack that was not run yet the passphrase, and the salt, of the fixture. */
export function sealAsRelease(stack: TestStack): void {
  mkdirSync(stack.folder, { recursive: true });
  writeFileSync(join(stack.folder, "passphrase"), PASSPHRASE, { mode: 0o600 });
  if (!existsSync(FIXTURE)) return;
  const encryptionsalt = readFixture().deployment.secrets_providers.state.salt;
  writeFileSync(join(stack.folder, "Pulumi.dev.yaml"), stringify({ encryptionsalt }));
}

/** Keeps what `pulumi stack export` gives of the release's stack: what the outputs of objects repeat is left out. */
export function writeFixture(exported: string): void {
  const { version, deployment } = JSON.parse(exported) as Exported;
  const resources = deployment.resources.map((resource) => {
    const kept = Object.fromEntries(Object.entries(resource).filter(([key]) => !LEFT_OUT.includes(key)));
    if (resource.type === "pulumi:providers:kubernetes") return withoutPath(kept);
    if (!isObject(resource)) return kept;
    const { __fieldManager, __initialApiVersion } = resource.outputs as Record<string, Json>;
    return { ...kept, outputs: { __fieldManager, __initialApiVersion } };
  });
  const { manifest, secrets_providers } = deployment;
  writeFileSync(FIXTURE, `${JSON.stringify({ version, deployment: { manifest, secrets_providers, resources } })}\n`);
}

/** The fixture as `pulumi stack import` takes it. */
export function releaseState(): string {
  const { version, deployment } = readFixture();
  const resources = deployment.resources.map((resource) => {
    if (!isObject(resource)) return resource;
    const { inputs } = resource;
    return { ...resource, outputs: { ...(inputs as object), ...(resource.outputs as object), __inputs: inputs } };
  });
  return JSON.stringify({ version, deployment: { ...deployment, resources } });
}

function readFixture(): Exported {
  return JSON.parse(readFileSync(FIXTURE, "utf8")) as Exported;
}

function isObject({ type }: Resource): boolean {
  return type.startsWith("kubernetes:");
}

/** A path of the machine it was made on. */
function withoutPath(resource: Record<string, Json>): Record<string, Json> {
  const kubeconfig = "kubeconfig";
  const [inputs, outputs] = [resource.inputs, resource.outputs].map((side) => ({ ...(side as object), kubeconfig }));
  return { ...resource, inputs: inputs as Json, outputs: outputs as Json };
}
