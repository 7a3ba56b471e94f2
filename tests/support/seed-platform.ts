/** A namespace that runs the manifests of before the program, with data on its claims. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { getObjects, kubectl } from "../../tools/cluster/kubectl";
import type { Cluster } from "../../tools/cluster/kubectl";
import { projectRoot } from "../../tools/recording/project";
import type { KubernetesObject, Recording } from "../../tools/recording/recording";
import { renderManifests } from "../../tools/recording/manifests";
import { eventually } from "./programs";
import { fixtureStack } from "./stacks";

type Section = Readonly<Record<string, unknown>>;

/** The claims, which the manifests use and do not make: one of every kind a cluster may have. */
const CLAIMS = [
  { name: "vapora-agent-state-pvc", size: "50Gi", accessMode: "ReadWriteMany", storageClass: "standard" },
  { name: "vapora-routing-cache-pvc", size: "10Gi", accessMode: "ReadWriteOnce", storageClass: "standard" },
  { name: "vapora-plugins-pvc", size: "10Gi", accessMode: "ReadWriteMany", storageClass: "standard-wait" },
] as const;

/** Config of the production stack for such a cluster, as docs/operations.md tells to write it. */
export function adoptingConfig(): Section {
  const { config } = fixtureStack("prod");
  const storage = (service: string, index: 0 | 1 | 2, more: Section = {}): Section => {
    const { size, accessMode, storageClass } = CLAIMS[index];
    const section = config[`vapora:${service}`] as Section;
    return { [`vapora:${service}`]: { ...section, ...more, storage: { size, accessMode, storageClass } } };
  };
  return {
    ...storage("agents", 0),
    // one node at a time may write to its claim
    ...storage("llmRouter", 1, { replicas: 1 }),
    ...storage("mcpGateway", 2),
  };
}

interface Live {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly spec?: { readonly replicas?: number; readonly volumeName?: string };
  readonly status?: { readonly availableReplicas?: number; readonly phase?: string };
}

/** What is in the namespace, and what became of it. */
export class SeedPlatform {
  public constructor(
    private readonly cluster: Cluster,
    public readonly namespace: string,
  ) {}

  /** Deploys it as people did: with `kubectl apply`. Ends once every pod runs, every claim is bound and has data. */
  public async deploy(): Promise<void> {
    await kubectl(this.cluster, ["label", "nodes", "--all", "--overwrite", "workload=vapora"]);
    const input = this.objects()
      .map((object) => JSON.stringify(object))
      .join("\n---\n");
    await kubectl(this.cluster, ["apply", "-f", "-"], { input });
    await eventually(async () => {
      const workloads = await this.live("deployments");
      const claims = await this.live("persistentvolumeclaims");
      const isUp = workloads.every(({ spec, status }) => spec?.replicas === status?.availableReplicas);
      return isUp && claims.every(({ status }) => status?.phase === "Bound") ? true : undefined;
    }, 300_000);
    for (const [claim, folder] of Object.entries(await this.volumes())) writeFileSync(join(folder, "data"), claim);
  }

  /** What docs/operations.md tells to do before the program takes over: two places that server-side apply cannot merge. */
  public async prepare(recorded: Recording): Promise<void> {
    const files = renderManifests(recorded);
    const own = ["--namespace", this.namespace];
    const file = (name: string): { readonly input: string } => ({ input: files.get(name) ?? "" });
    const account = file("serviceaccount-vapora-frontend.yaml");
    await kubectl(this.cluster, ["apply", "--server-side", "-f", "-"], account);
    await kubectl(this.cluster, ["replace", "-f", "-"], file("deployment-vapora-frontend.yaml"));
    const recreate = '{"spec":{"strategy":{"type":"Recreate","rollingUpdate":null}}}';
    await kubectl(this.cluster, ["patch", "deployment", "vapora-llm-router", ...own, "--type=merge", "-p", recreate]);
  }

  /** UID of every object the manifests made, by kind and name. */
  public async identities(): Promise<Record<string, string>> {
    const kinds = "namespaces,deployments,services,serviceaccounts,configmaps,secrets,persistentvolumeclaims".split(
      ",",
    );
    const found = await Promise.all(kinds.map((kind) => this.live(kind)));
    const made = new Set(this.objects().map(({ kind, metadata }) => `${kind} ${metadata.name}`));
    const all = found.flat().map(({ kind, metadata }) => [`${kind} ${metadata.name}`, metadata.uid] as const);
    return Object.fromEntries(all.filter(([name]) => made.has(name)));
  }

  /** What lies on the volumes, by claim. */
  public async data(): Promise<Record<string, string>> {
    const volumes = Object.entries(await this.volumes());
    return Object.fromEntries(volumes.map(([claim, folder]) => [claim, readFileSync(join(folder, "data"), "utf8")]));
  }

  /** How many revisions of its pods each Deployment has had. */
  public async revisions(): Promise<Record<string, number>> {
    const sets = (await this.live("replicasets")) as (Live & { metadata: { ownerReferences: { name: string }[] } })[];
    const owners = sets.flatMap(({ metadata }) => metadata.ownerReferences.map(({ name }) => name));
    return Object.fromEntries(
      [...new Set(owners)].sort().map((name) => [name, owners.filter((one) => one === name).length]),
    );
  }

  private async live(kind: string): Promise<Live[]> {
    const where = kind === "namespaces" ? [`--field-selector=metadata.name=${this.namespace}`] : ["-n", this.namespace];
    return getObjects<Live>(this.cluster, [kind, ...where]);
  }

  /** Folder of each claim's volume. */
  private async volumes(): Promise<Record<string, string>> {
    const volumes = await getObjects<{
      readonly metadata: { readonly name: string };
      readonly spec: { readonly hostPath: { readonly path: string } };
    }>(this.cluster, ["persistentvolumes"]);
    const claims = (await this.live("persistentvolumeclaims")).filter(({ metadata }) =>
      CLAIMS.some(({ name }) => name === metadata.name),
    );
    return Object.fromEntries(
      claims.map(({ metadata, spec }) => {
        const volume = volumes.find((one) => one.metadata.name === spec?.volumeName);
        return [metadata.name, volume?.spec.hostPath.path ?? ""];
      }),
    );
  }

  private objects(): KubernetesObject[] {
    const text = readFileSync(join(projectRoot(), "tests", "fixtures", "seed.yaml"), "utf8");
    const seed = parseAllDocuments(text.replaceAll("vapora-system", this.namespace));
    const object = (kind: string, name: string, rest: Section, apiVersion = "v1"): KubernetesObject => ({
      apiVersion,
      kind,
      metadata: { name, ...(kind === "Namespace" ? {} : { namespace: this.namespace }) },
      ...rest,
    });
    const keys = ["database-url", "claude-api-key", "openai-api-key", "gemini-api-key"];
    return [
      object("Namespace", this.namespace, {}),
      object("Secret", "vapora-secrets", {
        stringData: Object.fromEntries(keys.map((key) => [key, `before-${key}`])),
      }),
      object("ConfigMap", "vapora-backend-config", { data: { "vapora.toml": 'before = "yes"\n' } }),
      ...CLAIMS.map(({ name, size, accessMode, storageClass }) =>
        object("PersistentVolumeClaim", name, {
          spec: {
            accessModes: [accessMode],
            storageClassName: storageClass,
            resources: { requests: { storage: size } },
          },
        }),
      ),
      ...seed.map((document) => document.toJS() as KubernetesObject),
    ];
  }
}

/** Fails unless each of the three claims still has the mark it was given. */
export async function expectDataKept(seed: SeedPlatform): Promise<void> {
  const data = await seed.data();
  expect(Object.keys(data)).toHaveLength(3);
  expect(Object.entries(data).filter(([claim, mark]) => claim !== mark)).toEqual([]);
}

/** Fails if the pods of a service rolled more than once, or those of none did. Gives the revisions of the five. */
export async function expectRolledOnce(seed: SeedPlatform): Promise<Readonly<Record<string, number>>> {
  const revisions = await seed.revisions();
  expect(Object.keys(revisions)).toHaveLength(5);
  expect(Math.max(...Object.values(revisions))).toBe(2);
  return revisions;
}
