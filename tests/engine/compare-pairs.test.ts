import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { parse } from "yaml";
import { installDefinitions } from "../../tools/cluster/definitions";
import { Engine } from "../../tools/commands/try/engine";
import type { Cluster } from "../../tools/cluster/kubectl";
import { cacheFolder } from "../../tools/recording/compile";
import { comparePreview, compareRecordings, PREVIEW_FLAGS, readPreview } from "../../tools/report/compare";
import type { Change } from "../../tools/report/compare";
import { projectRoot } from "../../tools/recording/project";
import { recordMany } from "../../tools/recording/record";
import { describeWithEngine, OwnNamespaces } from "../support/cluster";
import { stack } from "../support/stack-generator";
import type { Stack } from "../support/stack-generator";

jest.setTimeout(900_000);

type Section = Readonly<Record<string, unknown>>;

/** Bases that are deployed, and heads that each of them is changed to; the seed decides what they are. */
const [BASES, HEADS, SEED] = [2, 25, 6];
const SECRETS = ["claudeApiKey", "openaiApiKey", "geminiApiKey", "natsPassword", "redisPassword", "surrealdbPassword"];
const STORES = ["nats", "redis", "surrealdb"];

/** What a recording cannot see is the same on both sides: the cluster, images a store refuses, and what is bound. */
function settled({ config }: Stack, namespace: string): Section {
  const entries = Object.entries(config).map(([key, value]): [string, unknown] => {
    const section = value as Section;
    if (key === "cluster") return [key, { identifier: namespace }];
    if (key === "namespace") return [key, { ...section, name: namespace }];
    const { storage } = section as { readonly storage?: Section };
    const sized =
      storage === undefined || storage.mode === "ephemeral"
        ? section
        : { ...section, storage: { ...storage, size: "1Gi" } };
    const image = STORES.includes(key) && "image" in section ? { image: `docker.io/library/${key}:1.0.0` } : {};
    return [key, SECRETS.includes(key) ? value : typeof value === "object" ? { ...sized, ...image } : value];
  });
  return Object.fromEntries(entries);
}

/** Config by full key, every secret as it is given. */
function keyed(config: Section, secret: (key: string) => unknown): Section {
  const entries = Object.entries(config).map(([key, value]) => [
    `vapora:${key}`,
    SECRETS.includes(key) ? secret(key) : value,
  ]);
  return Object.fromEntries(entries) as Section;
}

/** What becomes of each object, with the ways in which it may lose data; but for updates in which no value differs. */
function told(changes: readonly Change[]): Record<string, string> {
  const lines = changes
    .filter(({ action, differences }) => action !== "in-place" || differences.length > 0)
    .map(({ urn, action, losses }): [string, string] => [
      urn.split("::").slice(2).join(" "),
      [action, ...losses.map(({ kind }) => kind)].join(" "),
    ]);
  return Object.fromEntries(lines.filter(([, line]) => line !== "unchanged").sort());
}

/**
 * The CLI says nothing of what the engine deletes together with something that it replaces first, and does not make
 * again: the store of a data service that goes elsewhere while its claim is replaced.
 */
function withoutUnsaid(recorded: readonly Change[], previewed: readonly Change[]): Change[] {
  const said = new Set(previewed.map(({ urn }) => urn));
  const replaced = new Set(recorded.filter(({ action }) => action === "replaced").map(({ urn }) => urn));
  const isUnsaid = ({ urn, action, before }: Change): boolean =>
    action === "deleted" &&
    !said.has(urn) &&
    Object.values(before?.propertyDependencies ?? {}).some((urns) => urns.some((other) => replaced.has(other)));
  return recorded.filter((change) => !isUnsaid(change));
}

describeWithEngine(
  "the classes of a comparison of stacks made up at random",
  (cluster: Cluster, pulumi) => {
    const namespaces = new OwnNamespaces(cluster);
    const samples = fc.sample(stack, { seed: SEED, numRuns: BASES + HEADS });

    beforeAll(() => installDefinitions(cluster, projectRoot(), ["HTTPRoute", "ExternalSecret"]));

    it(`are those of a preview, from each of ${String(BASES)} bases to ${String(HEADS)} others`, async () => {
      const heads = samples.slice(BASES);
      const ended = await Promise.allSettled(samples.slice(0, BASES).map((base) => comparePairs(base, heads)));
      for (const one of ended) if (one.status === "rejected") throw one.reason;
    });

    async function comparePairs(from: Stack, to: readonly Stack[]): Promise<void> {
      const namespace = namespaces.next("pairs");
      const root = join(projectRoot(), "tests", "fixtures", "programs", "no-await");
      const folder = join(cacheFolder(projectRoot()), `engine-${namespace}`);
      const engine = new Engine(pulumi, { root, stack: "dev", cluster, folder, progress: () => undefined });
      const base = { ...settled(from, namespace), namespace: { name: namespace }, dataProtection: false };
      const heads = to.map((sample) => settled(sample, namespace));
      try {
        await engine.prepare({});
        await engine.setSecrets(Object.fromEntries(SECRETS.map((key) => [`vapora:${key}`, "made-up"])));
        const file = parse(readFileSync(join(folder, "Pulumi.dev.yaml"), "utf8")) as { config: Section };
        const prepare = (config: Section, round: string): Promise<void> => {
          const pinned = { ...(config.cluster as Section), kubeconfig: cluster.kubeconfig };
          const full = keyed({ ...config, cluster: pinned }, (key) => file.config[`vapora:${key}`]);
          return engine.prepare({ ...full, "round:number": round });
        };
        // The provider takes over what its own create has written when it first updates an object, and not in a preview:
        // before that a preview is refused what an update is not, such as a probe of another type.
        for (const round of ["1", "2"]) {
          await prepare(base, round);
          await engine.run(["up", "--yes", "--skip-preview"]);
        }
        const sides = [base, ...heads].map((config) => keyed(config, () => ({ secure: "made-up" })));
        const [recorded, ...others] = await recordMany("dev", sides);
        for (const [index, head] of heads.entries()) {
          const other = others[index];
          if (recorded === undefined || other === undefined) throw new Error("a side was not recorded");
          await prepare(head, "2");
          const preview = readPreview((await engine.try(["preview", ...PREVIEW_FLAGS])).stdout);
          expect(preview.diagnostics ?? []).toEqual([]);
          const previewed = comparePreview(preview);
          const compared = withoutUnsaid(compareRecordings(recorded, other), previewed);
          expect([index, told(compared)]).toEqual([index, told(previewed)]);
        }
      } finally {
        await engine.try(["destroy", "--yes", "--skip-preview"]);
        rmSync(folder, { recursive: true, force: true });
      }
    }
  },
  "creates by POST",
);
