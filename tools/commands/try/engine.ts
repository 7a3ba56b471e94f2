/** Deploys with `pulumi up`, from a state of its own: the user's login, stacks and committed files stay as they are. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { parse, stringify } from "yaml";
import type { Json } from "../../recording/recording";
import { UserError } from "../../shared/user-error";
import type { Deployment } from "./deployment";
import { run } from "../../shared/processes";
import type { RunResult } from "../../shared/processes";
import type { Pulumi } from "../../pulumi/built";
import { mustRun } from "../../pulumi/stack";
import type { PulumiRun, PulumiStack } from "../../pulumi/stack";
import { takeUp } from "../../pulumi/take-up";
import { quoted } from "../../shared/shell";
import { unknownObjects } from "../../pulumi/unknown";
import { unlock } from "../../pulumi/unlock";
import { readState } from "../../pulumi/state";

/**
 * Brings a stack to a cluster with `pulumi up`, and gives its outputs.
 * @throws UserError if the cluster is not our own and has objects of others, or pulumi fails; Interrupted
 */
export async function deployStack({ path }: Pulumi, deployment: Deployment): Promise<Readonly<Record<string, Json>>> {
  const engine = new Engine(path, deployment);
  const isKnown = engine.exists();
  await engine.prepare(deployment.config);
  await engine.setSecrets(deployment.secrets);
  await engine.writeEnvironment();
  await takeUp(engine, deployment);
  if (!deployment.isOwn) await refuseForeign(engine, deployment);
  // what somebody has taken away since comes back
  await engine.run(["up", "--yes", "--skip-preview", ...(isKnown ? ["--refresh"] : [])]);
  const outputs = await engine.run(["stack", "output", "--json"]);
  return JSON.parse(outputs.stdout) as Record<string, Json>;
}

/** Takes a stack off its cluster with `pulumi destroy`, data and all. @throws UserError if pulumi fails; Interrupted */
export async function removeStack(
  { path }: Pulumi,
  deployment: Omit<Deployment, "recording" | "config" | "secrets">,
): Promise<void> {
  const engine = new Engine(path, deployment);
  if (!engine.exists()) return;
  await unlock(engine, deployment);
  await engine.run(["state", "unprotect", "--all", "--yes"]);
  await engine.run(["destroy", "--yes", "--skip-preview"]);
  await engine.run(["stack", "rm", "--yes"]);
}

/** Nothing is taken over that was not made from here: the provider that this project builds would do it. */
async function refuseForeign(engine: Engine, { recording, cluster, signal }: Deployment): Promise<void> {
  const state = (await readState(engine)) ?? { resources: [], pending: [], mark: undefined };
  const unknown = await unknownObjects({
    recording,
    state,
    cluster,
    signal: signal ?? new AbortController().signal,
  });
  const names = unknown.filter(({ isOwn }) => !isOwn).map(({ object }) => `${object.kind} ${object.metadata.name}`);
  if (names.length === 0) return;
  throw new UserError(
    `The cluster has objects of this stack that were not made from here: ${names.slice(0, 5).join(", ")}` +
      `${names.length > 5 ? " and more" : ""}. Choose another namespace, or remove them first.`,
  );
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
      "root" | "stack" | "cluster" | "folder" | "state" | "progress" | "signal"
    >,
  ) {}

  public readonly isTried = true;

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
    const { stack, folder, progress, signal } = this.deployment;
    return run(this.pulumi, [...args, "--stack", stack, "--non-interactive", "--color", "never"], {
      cwd: folder,
      input,
      signal,
      onLine: (line) => {
        if (!quiet && line.trim() !== "") progress(line.trim());
      },
      env: {
        ...withoutProviderSettings(),
        PULUMI_CONFIG_PASSPHRASE: undefined,
        PULUMI_STACK: undefined,
        PULUMI_CONFIG: undefined,
        ...(await this.environment()),
        ...env,
      },
    });
  }

  /** Writes a file for a shell: with it, pulumi's commands in the project's folder are about this stack. Gives its path. */
  public async writeEnvironment(): Promise<string> {
    const variables = { ...(await this.environment()), PULUMI_STACK: this.stack };
    const others = ["PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG", ...Object.keys(withoutProviderSettings())];
    const exports = Object.entries(variables).map(([name, value]) => `export ${name}=${quoted(value)}`);
    const lines = [`unset ${others.join(" ")}`, ...exports];
    lines.push(`export PATH=${quoted(dirname(this.pulumi))}:"$PATH"`, "");
    writeFileSync(this.path("env"), lines.join("\n"));
    return this.path("env");
  }

  private async environment(): Promise<Record<string, string>> {
    return {
      PULUMI_BACKEND_URL: await this.backend(),
      PULUMI_CONFIG_PASSPHRASE_FILE: this.path("passphrase"),
      PULUMI_SKIP_UPDATE_CHECK: "true",
      // what the SDK compiles stays here as well
      TS_NODE_CACHE_DIRECTORY: this.path("compiled"),
      // and so do the copies of the kubeconfig, token and all, that the provider leaves behind
      TMPDIR: this.path("temporary"),
      KUBECONFIG: this.deployment.cluster.kubeconfig,
    };
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
