/** Deploys with `pulumi up`, from a state of its own: the user's login, stacks and committed files stay as they are. */
import { randomBytes } from "node:crypto";
import { accessSync, constants, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { delimiter, join, relative } from "node:path";
import { parse, stringify } from "yaml";
import type { Json } from "../offline/recording";
import { UserError } from "../offline/user-error";
import type { Deployer, Deployment } from "./deployment";
import { run } from "./processes";
import type { RunResult } from "./processes";
import { mustRun } from "./pulumi-stack";
import type { PulumiRun, PulumiStack } from "./pulumi-stack";
import { takeUp } from "./recover/take-up";
import { unlock } from "./recover/unlock";

/** Path of the `pulumi` on PATH; nothing if there is none. */
export function findPulumi(path = process.env.PATH ?? ""): string | undefined {
  // npm puts node_modules/.bin in front; a launcher there would hide the user's own CLI
  const folders = path
    .split(delimiter)
    .filter((folder) => folder !== "" && !folder.endsWith(join("node_modules", ".bin")));
  return folders.map((folder) => join(folder, "pulumi")).find(isExecutable);
}

/** The same where nothing goes without it. @param purpose what it is for, e.g. `to deploy` @throws UserError if there is none */
export function requirePulumi(purpose: string): string {
  const pulumi = findPulumi();
  if (pulumi !== undefined) return pulumi;
  throw new UserError(`pulumi is needed ${purpose}, and there is none on PATH: https://www.pulumi.com/docs/install`);
}

/** `pulumi up` with the CLI at `pulumi`. */
export function engineDeployer(pulumi: string): Deployer {
  return {
    name: "pulumi",
    notice: `Deploying with ${pulumi} (pulumi up), state in an ignored folder.`,
    deploy: async (deployment) => {
      const engine = new Engine(pulumi, deployment);
      await engine.prepare(deployment.config);
      await engine.setSecrets(deployment.secrets);
      await takeUp(engine, deployment);
      await engine.run(["up", "--yes", "--skip-preview"]);
      const outputs = await engine.run(["stack", "output", "--json"]);
      return JSON.parse(outputs.stdout) as Record<string, Json>;
    },
    remove: async (deployment) => {
      const engine = new Engine(pulumi, deployment);
      if (!engine.exists()) return;
      await unlock(engine, deployment);
      await engine.run(["state", "unprotect", "--all", "--yes"]);
      await engine.run(["destroy", "--yes", "--skip-preview"]);
      await engine.run(["stack", "rm", "--yes"]);
    },
  };
}

/**
 * A Pulumi project in `folder` that runs the program in place: its Pulumi.yaml points to it, and its stack file and
 * state are its own.
 */
export class Engine implements PulumiStack {
  public constructor(
    private readonly pulumi: string,
    private readonly deployment: Pick<
      Deployment,
      "root" | "stack" | "cluster" | "folder" | "state" | "report" | "signal"
    >,
  ) {}

  public get project(): string {
    return projectOf(this.deployment.root).name;
  }

  public get stack(): string {
    return this.deployment.stack;
  }

  /** Writes the project and the stack's config, and makes the stack if it is new. */
  public async prepare(config: Deployment["config"]): Promise<void> {
    const { root, stack, folder } = this.deployment;
    for (const path of [this.state, this.path("temporary")]) mkdirSync(path, { recursive: true });
    if (!existsSync(this.path("passphrase"))) {
      writeFileSync(this.path("passphrase"), randomBytes(24).toString("hex"), { mode: 0o600 });
    }
    const project = projectOf(root);
    writeFileSync(this.path("Pulumi.yaml"), stringify({ ...project, main: relative(folder, root) }));
    const stackFile = this.path(`Pulumi.${stack}.yaml`);
    const salt = existsSync(stackFile)
      ? (parse(readFileSync(stackFile, "utf8")) as { encryptionsalt?: string }).encryptionsalt
      : undefined;
    const content = { ...(salt === undefined ? {} : { encryptionsalt: salt }), config };
    // pulumi reads older YAML too, in which text such as -92_ or 0o7 without quotes is a number
    writeFileSync(stackFile, stringify(content, { defaultStringType: "QUOTE_DOUBLE" }), { mode: 0o600 });
    if (!this.exists()) await this.run(["stack", "init", "--no-select"]);
  }

  /** Sets secrets by full key, through standard input: every user of a machine can read its command lines. */
  public async setSecrets(secrets: Deployment["secrets"]): Promise<void> {
    for (const [key, value] of Object.entries(secrets)) {
      await this.run(["config", "set", "--secret", key], value);
    }
  }

  /** True if the stack has a state. */
  public exists(): boolean {
    return existsSync(join(this.state, ".pulumi", "stacks", this.project, `${this.stack}.json`));
  }

  public backend(): Promise<string> {
    return Promise.resolve(`file://${this.state}`);
  }

  /** Runs pulumi for this stack. @throws UserError with what it said, if it fails. */
  public run(args: readonly string[], input = ""): Promise<RunResult> {
    return mustRun(this, args, { input });
  }

  /** Runs pulumi for this stack, whatever comes of it. */
  public async try(
    args: readonly string[],
    { input = "", env = {}, quiet = false }: PulumiRun = {},
  ): Promise<RunResult> {
    const { stack, folder, cluster, report, signal } = this.deployment;
    return run(this.pulumi, [...args, "--stack", stack, "--non-interactive", "--color", "never"], {
      cwd: folder,
      input,
      signal,
      onLine: (line) => {
        if (!quiet && line.trim() !== "") report(line.trim());
      },
      env: {
        ...withoutProviderSettings(),
        PULUMI_BACKEND_URL: await this.backend(),
        PULUMI_CONFIG_PASSPHRASE: undefined,
        PULUMI_CONFIG_PASSPHRASE_FILE: this.path("passphrase"),
        PULUMI_SKIP_UPDATE_CHECK: "true",
        PULUMI_STACK: undefined,
        PULUMI_CONFIG: undefined,
        // what the SDK compiles stays here as well
        TS_NODE_CACHE_DIRECTORY: this.path("compiled"),
        // and so do the copies of the kubeconfig, token and all, that the provider leaves behind
        TMPDIR: this.path("temporary"),
        KUBECONFIG: cluster.kubeconfig,
        ...env,
      },
    });
  }

  private get state(): string {
    return this.deployment.state ?? this.path("state");
  }

  private path(name: string): string {
    return join(this.deployment.folder, name);
  }
}

function projectOf(root: string): { readonly name: string } {
  return parse(readFileSync(join(root, "Pulumi.yaml"), "utf8")) as { readonly name: string };
}

/** Takes the provider's own variables away: what is deployed depends on the files alone. */
function withoutProviderSettings(): Record<string, undefined> {
  const names = Object.keys(process.env).filter((name) => name.startsWith("PULUMI_K8S_"));
  return Object.fromEntries(names.map((name) => [name, undefined]));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
