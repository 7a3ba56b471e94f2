/** Stacks on the real engine: each with a project folder, a state and a namespace of its own. */
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Engine } from "../../tools/commands/try/engine";
import { getObjects } from "../../tools/cluster/kubectl";
import type { Cluster } from "../../tools/cluster/kubectl";
import type { RunResult } from "../../tools/shared/processes";
import { waitUntilReady } from "../../tools/cluster/readiness";
import { asDeployer } from "../../tools/cluster/role";
import { cacheFolder } from "../../tools/recording/compile";
import { withoutSecrets } from "../../tools/recording/open-config";
import { PROGRAM_FOLDERS, projectRoot } from "../../tools/recording/project";
import type { Recording } from "../../tools/recording/recording";
import { deleteNamespaces, uniqueNamespace } from "./cluster";
import { recording } from "./recordings";
import { fixtureStack } from "./stacks";

/** What the program is made of. */
export const PROGRAM = ["index.ts", ...PROGRAM_FOLDERS, "Pulumi.yaml", "package.json", "tsconfig.json"];

/** Config by full key, e.g. `vapora:backend`. */
export type Config = Readonly<Record<string, unknown>>;

/** A live object, as much of it as tests ask for. */
export interface LiveObject {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
    readonly ownerReferences?: readonly { readonly controller?: boolean }[];
  };
  readonly [key: string]: unknown;
}

/** Whatever a stack's objects need, they are up within this time once `pulumi up` has ended. */
const READY_TIMEOUT = 240_000;

/** A stack of the project in a namespace no other test uses. It is deployed with the rights of deploy/, no others. */
export class TestStack {
  /** All that pulumi said so far, but for the debug events of `up --json`. */
  public readonly said: string[] = [];
  /** Its project, state and all that pulumi writes. */
  public readonly folder: string;
  /** The stack as the project's commands see it, once it was run. */
  public readonly engine: Engine;
  public config: Config;
  private secrets: Readonly<Record<string, string>>;
  /** Config and secrets that the stack's file holds. */
  private prepared = "";

  /**
   * `name` tells namespace and folder apart from other tests'; `config` replaces or adds to the stack file's. A
   * namespace of a given name is one that no other test may use.
   */
  public constructor(
    private readonly cluster: Cluster,
    private readonly pulumi: string,
    private readonly stack: string,
    name: string,
    config: Config = {},
    public readonly namespace = uniqueNamespace(name),
  ) {
    const root = projectRoot();
    this.folder = join(cacheFolder(root), `engine-${this.namespace}`);
    const deployer = asDeployer(cluster);
    this.engine = new Engine(pulumi, {
      root,
      stack,
      cluster: deployer,
      folder: this.folder,
      progress: () => undefined,
    });
    const file = fixtureStack(stack);
    const open = withoutSecrets(file.project, {
      ...file.config,
      "vapora:namespace": { name: this.namespace },
      "vapora:cluster": { identifier: name, kubeconfig: deployer.kubeconfig },
      ...config,
    });
    const isSecret = ([key]: [string, unknown]): boolean => open.secretKeys.includes(key);
    const entries = Object.entries(open.config);
    this.config = Object.fromEntries(entries.filter((entry) => !isSecret(entry)));
    this.secrets = Object.fromEntries(entries.filter(isSecret)) as Record<string, string>;
  }

  /** A service's or data service's config with some fields changed, to be given to {@link plan} or {@link up}. */
  public changed(key: string, fields: Config): Config {
    return { [`vapora:${key}`]: { ...(this.config[`vapora:${key}`] as Config), ...fields } };
  }

  /** The program of another folder with this stack's state and config. */
  public async engineOf(root: string): Promise<Engine> {
    const { folder, stack, cluster } = this;
    const own = { root, stack, cluster: asDeployer(cluster), folder, progress: () => undefined };
    const engine = new Engine(this.pulumi, own);
    await engine.prepare(this.config);
    return engine;
  }

  /** From now on the stack's secrets are these, set with `pulumi config set --secret`. */
  public setSecrets(secrets: Readonly<Record<string, string>>): void {
    this.secrets = secrets;
  }

  /** What `pulumi preview` would do with these changes of config, one `<operation> <kind> <name>` each, sorted. */
  public async plan(changes: Config = {}): Promise<string[]> {
    const { stdout } = await this.run(["preview", "--json"], changes);
    return planned(stdout);
  }

  /** Deploys with these changes of config, which last, and gives what was done as {@link plan} does. */
  public async up(changes: Config = {}): Promise<string[]> {
    this.config = { ...this.config, ...changes };
    const { stdout } = await this.run(["up", "--yes", "--skip-preview", "--json"]);
    return lines(events(stdout).flatMap(({ resOutputsEvent }) => resOutputsEvent?.metadata ?? []));
  }

  /** Deploys onto objects that are there already, and gives what was done as {@link plan} does. */
  public async takeOver(): Promise<string[]> {
    const upsert = { PULUMI_K8S_UPSERT_EXISTING_OBJECTS: "true" };
    const result = await this.try(["up", "--yes", "--skip-preview", "--json"], {}, upsert);
    if (result.code !== 0) throw new Error(`taking over failed:\n${errors(result).join("\n")}`);
    return lines(events(result.stdout).flatMap(({ resOutputsEvent }) => resOutputsEvent?.metadata ?? []));
  }

  /** Seals the stack's secrets with another passphrase, which holds from now on. */
  public async changePassphrase(passphrase: string): Promise<void> {
    await this.engine.run(["stack", "change-secrets-provider", "passphrase"], `${passphrase}\n${passphrase}\n`);
    writeFileSync(join(this.folder, "passphrase"), passphrase);
  }

  /** Takes the stack off the cluster. */
  public async destroy(...flags: readonly string[]): Promise<void> {
    await this.run(["destroy", "--yes", "--skip-preview", ...flags]);
  }

  /** Runs pulumi. @throws Error with pulumi's errors if it fails. */
  public async run(args: readonly string[], changes: Config = {}): Promise<RunResult> {
    const result = await this.try(args, changes);
    if (result.code !== 0) throw new Error(`pulumi ${args.join(" ")} failed:\n${errors(result).join("\n")}`);
    return result;
  }

  /** Runs pulumi, whatever comes of it. */
  public async try(
    args: readonly string[],
    changes: Config = {},
    env: Readonly<Record<string, string>> = {},
  ): Promise<RunResult> {
    const config = { ...this.config, ...changes };
    const wanted = JSON.stringify([config, this.secrets]);
    if (wanted !== this.prepared) {
      await this.engine.prepare(config);
      await this.engine.setSecrets(this.secrets);
      this.prepared = wanted;
    }
    const result = await this.engine.try(args, { env });
    this.said.push(withoutDebugEvents(result.stdout), result.stderr);
    return result;
  }

  /** What the state holds, one `<kind> <name>` each, sorted. */
  public async state(): Promise<string[]> {
    const { deployment } = JSON.parse(await this.exported()) as { deployment: { resources?: readonly Resource[] } };
    return (deployment.resources ?? []).map(({ urn }) => describeUrn(urn)).sort();
  }

  /** The state as text; with `--show-secrets` it holds every secret in the clear, so it is not among what was said. */
  public async exported(...flags: readonly string[]): Promise<string> {
    return (await this.engine.run(["stack", "export", ...flags])).stdout;
  }

  /** Texts of all that pulumi keeps in files by path: state, backups, history, the stack's file. */
  public files(): Readonly<Record<string, string>> {
    const names = readdirSync(this.folder, { recursive: true }).map((name) => join(this.folder, String(name)));
    const files = names.filter((name) => statSync(name).isFile());
    return Object.fromEntries(files.map((name) => [name.slice(this.folder.length), readFileSync(name, "utf8")]));
  }

  /** What the program asks for with the config as it is now. */
  public recording(): Promise<Recording> {
    return recording(this.stack, this.config);
  }

  /**
   * Waits until every Deployment, StatefulSet, claim and Job is up, or those that `change` leaves of them.
   * @throws UserError that names what is not.
   */
  public async whenReady(change = (recorded: Recording): Recording => recorded): Promise<void> {
    await waitUntilReady(this.cluster, change(await this.recording()), READY_TIMEOUT, () => undefined);
  }

  /** Live objects of some kinds in the stack's namespace. */
  public live<T extends LiveObject = LiveObject>(...kinds: readonly string[]): Promise<T[]> {
    return getObjects<T>(this.cluster, [kinds.join(","), "--namespace", this.namespace]);
  }

  /** Leaves nothing behind that another test could see. */
  public async remove(): Promise<void> {
    await deleteNamespaces(this.cluster, this.namespace);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What `pulumi preview --json` would do, one `<operation> <kind> <name>` each, sorted. */
export function planned(preview: string): string[] {
  return lines((JSON.parse(preview) as Preview).steps);
}

/** A URN as `<kind> <name>`, e.g. `Deployment backend`. */
export function describeUrn(urn: string): string {
  const [, , type = "", name = ""] = urn.split("::");
  return `${type.split(":").pop() ?? ""} ${name}`;
}

/** The errors pulumi reported, from whichever form its output has. */
export function errors({ stdout, stderr }: RunResult): string[] {
  const diagnostics = stdout.startsWith("{\n")
    ? ((JSON.parse(stdout) as Preview).diagnostics ?? [])
    : events(stdout).flatMap(({ diagnosticEvent }) => diagnosticEvent ?? []);
  const found = diagnostics.filter(({ severity }) => severity === "error").map(({ message }) => message.trimEnd());
  return found.length > 0 ? found : [stdout.slice(Math.max(0, stdout.indexOf("Diagnostics:"))), stderr];
}

interface Step {
  readonly op: string;
  readonly urn: string;
}

interface Diagnostic {
  readonly severity: string;
  readonly message: string;
}

interface Preview {
  readonly steps: readonly Step[];
  readonly diagnostics?: readonly Diagnostic[];
}

interface EngineEvent {
  readonly resOutputsEvent?: { readonly metadata: Step };
  readonly diagnosticEvent?: Diagnostic;
}

interface Resource {
  readonly urn: string;
}

/** The events of a run with `--json`: one per line. */
function events(stdout: string): EngineEvent[] {
  const isEvent = (line: string): boolean => line.startsWith('{"sequence"');
  return stdout
    .split("\n")
    .filter(isEvent)
    .map((line) => JSON.parse(line) as EngineEvent);
}

/** In debug events the SDK tells every reply of the engine in the clear, secrets included; `--json` alone brings them. */
function withoutDebugEvents(stdout: string): string {
  return stdout.replace(/^\{"sequence".*"severity":"debug"\}\}$/gm, "");
}

function lines(steps: readonly Step[]): string[] {
  return steps
    .filter(({ op }) => op !== "same")
    .map(({ op, urn }) => `${op} ${describeUrn(urn)}`)
    .sort();
}
