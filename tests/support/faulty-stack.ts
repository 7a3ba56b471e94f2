/** A stack whose API server can be made to misbehave, and whose pulumi can be killed at any write. */
import { SERVICES } from "../../config/schema/services";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Cluster } from "../../tools/cluster/kubectl";
import { readLocks } from "../../tools/pulumi/lock";
import type { Lock } from "../../tools/pulumi/lock";
import { Recovery } from "../../tools/commands/recover";
import type { Recovered } from "../../tools/commands/recover";
import { asDeployer } from "../../tools/cluster/role";
import { parseState } from "../../tools/pulumi/state";
import type { State } from "../../tools/pulumi/state";
import { projectRoot } from "../../tools/recording/project";
import type { Config } from "./engine";
import { describeUrn, TestStack } from "./engine";
import { FaultProxy } from "./fault-proxy";
import type { Fault, Write } from "./fault-proxy";
import { killEngine } from "./kill";

export const UP = ["up", "--yes", "--skip-preview"];
export const DESTROY = ["destroy", "--yes", "--skip-preview"];

/** What a recovery found and did. */
export interface Recovering extends Recovered {
  readonly notes: string;
}

/** How to recover, where it is not as a person would at first. */
export interface RecoverHow {
  readonly breakLock?: boolean;
  readonly config?: Config;
}

interface Resource {
  readonly urn: string;
  readonly dependencies?: readonly string[];
  readonly propertyDependencies?: Readonly<Record<string, readonly string[] | null>>;
}

/** A {@link TestStack} behind a {@link FaultProxy}. */
export class FaultyStack extends TestStack {
  public readonly backups: string;

  private constructor(
    /** The cluster without the proxy. */
    public readonly direct: Cluster,
    public readonly proxy: FaultProxy,
    pulumi: string,
    name: string,
  ) {
    super(direct, pulumi, "dev", name, { "vapora:cluster": { identifier: name, kubeconfig: proxy.kubeconfig } });
    this.backups = join(this.folder, "backups");
  }

  public static async start(cluster: Cluster, pulumi: string, name: string): Promise<FaultyStack> {
    return new FaultyStack(cluster, await FaultProxy.start(asDeployer(cluster)), pulumi, name);
  }

  /** The config of several services with some fields changed. */
  public changedAll(keys: readonly string[], fields: (key: string) => Config): Config {
    return Object.assign({}, ...keys.map((key) => this.changed(key, fields(key)))) as Config;
  }

  /** The config of all services with images of this tag: an update of five objects. */
  public withImages(tag: string): Config {
    const names: Readonly<Record<string, string>> = { mcpGateway: "mcp-gateway", llmRouter: "llm-router" };
    return this.changedAll(SERVICES, (key) => ({
      image: `vapora/${names[key] ?? key}:${tag}`,
    }));
  }

  /** From now on the stack's config is changed. */
  public change(config: Config): void {
    this.config = { ...this.config, ...config };
  }

  /**
   * Runs `work`, in which pulumi is killed right after the API server has done the write that `isIt` chooses, and before
   * pulumi knows of it. Gives the write; nothing if there is none such.
   */
  public async killAt(isIt: (write: Write) => boolean, work: () => Promise<unknown>): Promise<Write | undefined> {
    const state: { chosen?: Write; killed: boolean } = { killed: false };
    this.proxy.expect((write): Fault | undefined => {
      if (state.killed) return { kind: "cut" };
      if (state.chosen !== undefined || !isIt(write)) return undefined;
      state.chosen = write;
      const then = (): void => {
        killEngine(this);
        state.killed = true;
      };
      return { kind: "lose", then };
    });
    await work().catch(() => undefined);
    this.proxy.expect();
    return state.killed ? state.chosen : undefined;
  }

  /** {@link killAt}. @throws Error if there is no such write. */
  public async killedAt(isIt: (write: Write) => boolean, work: () => Promise<unknown>): Promise<void> {
    if ((await this.killAt(isIt, work)) === undefined)
      throw new Error("pulumi was not killed: there was no such write");
  }

  /** Runs the steps of `npm run recover`. @throws UserError as it does. */
  public async recover({ breakLock = false, config = {} }: RecoverHow = {}): Promise<Recovering> {
    const recovery = new Recovery({
      ...{ root: projectRoot(), folder: this.folder, pulumi: this.engine, backups: this.backups, breakLock },
      config: { ...this.config, ...config },
      cluster: asDeployer(this.direct),
      signal: new AbortController().signal,
    });
    for (const { run } of recovery.steps()) await run(() => undefined);
    return { ...recovery.result, notes: recovery.notes.join("\n") };
  }

  public locks(): Lock[] {
    return readLocks(join(this.folder, "state"), this.engine.project, this.engine.stack);
  }

  /** What its state says. */
  public async read(): Promise<State> {
    return parseState(await this.exported());
  }

  /** Takes resources out of the state, and leaves them on the cluster. @throws Error if one is not in it. */
  public async forget(...titles: readonly string[]): Promise<void> {
    const { deployment, ...rest } = JSON.parse(await this.exported()) as {
      readonly deployment: { readonly resources: readonly Resource[] };
    };
    const gone = deployment.resources.filter(({ urn }) => titles.includes(describeUrn(urn))).map(({ urn }) => urn);
    if (gone.length !== titles.length) throw new Error(`the state does not hold all of ${titles.join(", ")}`);
    const known = (urn: string): boolean => !gone.includes(urn);
    const resources = deployment.resources
      .filter(({ urn }) => known(urn))
      .map(({ dependencies = [], propertyDependencies, ...resource }) => ({
        ...resource,
        dependencies: dependencies.filter(known),
        propertyDependencies: Object.fromEntries(
          Object.entries(propertyDependencies ?? {}).map(([name, urns]) => [name, (urns ?? []).filter(known)]),
        ),
      }));
    const file = join(this.folder, "forgetful.json");
    writeFileSync(file, JSON.stringify({ ...rest, deployment: { ...deployment, resources } }));
    await this.run(["stack", "import", "--file", file]);
  }

  public override async remove(): Promise<void> {
    await super.remove();
    await this.proxy.stop();
  }
}
