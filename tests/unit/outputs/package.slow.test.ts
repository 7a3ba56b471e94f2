/** The package for other stacks, as npm packs it, in an empty project of somebody else's. */
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../../tools/shared/processes";
import { nodeBinary } from "../../../tools/recording/compile";

jest.setTimeout(600_000);

const ROOT = process.cwd();

const PROGRAM = `
import * as pulumi from "@pulumi/pulumi";
import { mockVapora, vaporaOutputs } from "@vapora/infrastructure-outputs";
import type { ServiceOutput, VaporaOutputs, VaporaStack } from "@vapora/infrastructure-outputs";

async function main(): Promise<void> {
  await pulumi.runtime.setMocks(mockVapora({ backend: { service: { ports: { http: 8081 } } } }));
  const platform: VaporaStack = vaporaOutputs("acme/vapora/prod");
  const url: pulumi.Output<string> = platform.backend.service.url;
  const replicas: pulumi.Output<number | undefined> = platform.agents.deployment.apply((it) => it.replicas);
  const service: pulumi.Output<ServiceOutput> = platform.llmRouter;
  const key: pulumi.Output<string> = platform.secrets.databaseUrl.key;
  const version: VaporaOutputs["contractVersion"] = 1;
  pulumi.all([url, replicas, service.service.host, key]).apply((values) => console.log(JSON.stringify([version, ...values.map(String)])));
}

void main();
`;

const WRONG: Readonly<Record<string, string>> = {
  "an output of another type": "export const port: pulumi.Output<number> = platform.backend.service.url;",
  "an output that is not there": "export const host = platform.backend.service.hostname;",
  "an optional output as if it were always there":
    "export const key: pulumi.Output<{ key: string }> = platform.secrets.apply((all) => all.natsUrl);",
  "an override of a field that is not there": "mockOutputs({ backend: { service: { adress: 1 } } });",
};

/** Module systems of TypeScript projects; nothing else is configured. */
const CONFIGS: Readonly<Record<string, object>> = {
  "strict alone": {},
  "for Node": { module: "nodenext" },
  "for a bundler": { module: "esnext", moduleResolution: "bundler" },
};

describe("the package for other stacks", () => {
  let folder: string;
  let tarball: string;

  beforeAll(async () => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "vapora-consumer-")));
    const packed = await npm(ROOT, "pack", "--workspace", "outputs", "--pack-destination", folder, "--json");
    const parsed = JSON.parse(packed.slice(packed.search(/^[[{]/m))) as unknown;
    const [{ filename = "" } = {}] = Object.values(parsed as Record<string, { readonly filename?: string }>);
    tarball = join(folder, filename.replace("@", "").replace("/", "-"));
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "consumer", private: true }));
    // what it asks for beside itself is there already
    await npm(folder, "install", "--offline", "--legacy-peer-deps", "--no-audit", "--no-fund", tarball);
    mkdirSync(join(folder, "node_modules", "@pulumi"), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", "@pulumi", "pulumi"), join(folder, "node_modules", "@pulumi", "pulumi"));
  });

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  async function npm(cwd: string, ...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await run("npm", args, { cwd });
    if (code !== 0) throw new Error(`npm ${args.join(" ")} failed:\n${stderr}`);
    return stdout;
  }

  /** Compiles programs of the project, by name, with some options beside `strict`, and gives what the compiler says. */
  async function compile(programs: Readonly<Record<string, string>>, options: object = {}): Promise<string> {
    for (const [name, program] of Object.entries(programs)) writeFileSync(join(folder, name), program);
    const compilerOptions = { strict: true, ...options };
    const config = { compilerOptions, files: Object.keys(programs) };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
    const compiler = join(ROOT, "node_modules", "typescript", "bin", "tsc");
    return (await run(nodeBinary(ROOT), [compiler, "--project", folder], { cwd: folder })).stdout;
  }

  test("is smaller than 100 kB, and depends on @pulumi/pulumi alone, as a peer", () => {
    expect(statSync(tarball).size).toBeLessThan(100_000);
    const path = join(folder, "node_modules", "@vapora", "infrastructure-outputs", "package.json");
    const manifest = JSON.parse(readFileSync(path, "utf8")) as Readonly<Record<string, object | undefined>>;
    expect(Object.keys(manifest.peerDependencies ?? {})).toEqual(["@pulumi/pulumi"]);
    expect([manifest.dependencies, manifest.optionalDependencies]).toEqual([undefined, undefined]);
  });

  test.each(Object.keys(CONFIGS))("has types that hold in a strict project: %s", async (name) => {
    expect(await compile({ "main.ts": PROGRAM }, { noEmit: true, ...CONFIGS[name] })).toBe("");
  });

  test("has types that refuse what the contract does not hold", async () => {
    const programs = Object.values(WRONG).map((line, index) => [
      `wrong-${String(index)}.ts`,
      `import * as pulumi from "@pulumi/pulumi";
import { mockOutputs, vaporaOutputs } from "@vapora/infrastructure-outputs";
const platform = vaporaOutputs("acme/vapora/prod");
void mockOutputs;
${line}`,
    ]);
    const said = await compile(Object.fromEntries(programs) as Record<string, string>, { noEmit: true });
    const refused = Object.keys(WRONG).filter((_, index) => said.includes(`wrong-${String(index)}.ts(5,`));
    expect(refused).toEqual(Object.keys(WRONG));
    expect(said.match(/^wrong-/gm)).toHaveLength(refused.length);
  });

  async function expectRuns(): Promise<void> {
    expect(await compile({ "main.ts": PROGRAM })).toBe("");
    const { stdout, stderr } = await run(nodeBinary(ROOT), ["main.js"], { cwd: folder });
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toEqual([
      1,
      "http://vapora-backend.vapora-system:8081",
      "2",
      "vapora-llm-router.vapora-system",
      "database-url",
    ]);
  }

  test("runs: its mock and its reader give what a test overrides", expectRuns);

  // the last one: the project has this SDK from here on
  test("runs with the oldest SDK that its peer range allows", async () => {
    const { peerDependencies } = JSON.parse(readFileSync(join(ROOT, "outputs", "package.json"), "utf8")) as {
      readonly peerDependencies: Readonly<Record<string, string>>;
    };
    const oldest = peerDependencies["@pulumi/pulumi"]?.replace(/^\^/, "") ?? "";
    rmSync(join(folder, "node_modules", "@pulumi"), { recursive: true });
    const flags = ["--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund"];
    await npm(folder, "install", ...flags, `@pulumi/pulumi@${oldest}`);
    const installed = join(folder, "node_modules", "@pulumi", "pulumi", "package.json");
    expect((JSON.parse(readFileSync(installed, "utf8")) as { readonly version: string }).version).toBe(oldest);
    await expectRuns();
  });
});
