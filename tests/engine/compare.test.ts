import { rmSync } from "node:fs";
import { join } from "node:path";
import { Engine } from "../../tools/commands/try/engine";
import { kubectl } from "../../tools/cluster/kubectl";
import type { Cluster } from "../../tools/cluster/kubectl";
import { cacheFolder } from "../../tools/recording/compile";
import { comparePreview, compareRecordings, PREVIEW_FLAGS, readPreview } from "../../tools/report/compare";
import type { Change } from "../../tools/report/compare";
import { projectRoot } from "../../tools/recording/project";
import { recordMany } from "../../tools/recording/record";
import { CLUSTER_TIMEOUT, describeWithEngine, OwnNamespaces } from "../support/cluster";
import { edits } from "./edits";
import type { Listed } from "./edits";

jest.setTimeout(CLUSTER_TIMEOUT);

/**
 * Actions and kinds of loss by logical name. What a preview does not name is unchanged. The engine may plan an update in
 * which no value differs, as of a Role without rules; nothing comes of it.
 */
function told(changes: readonly Change[]): Record<string, string> {
  const lines = changes
    .filter(({ action, differences }) => action !== "in-place" || differences.length > 0)
    .map(({ name, action, losses }): [string, string] => [name, [action, ...losses.map(({ kind }) => kind)].join(" ")]);
  return Object.fromEntries(lines.filter(([, line]) => line !== "unchanged").sort());
}

describeWithEngine(
  "the classes of a comparison",
  (cluster: Cluster, pulumi) => {
    const namespaces = new OwnNamespaces(cluster);

    it("are those of a preview, for every row of the replacement list in both directions and every kind", async () => {
      const namespace = namespaces.next("edits");
      await kubectl(cluster, ["create", "namespace", namespace]);
      const root = join(projectRoot(), "tests", "fixtures", "programs", "objects");
      const folder = join(cacheFolder(projectRoot()), `engine-${namespace}`);
      const engine = new Engine(pulumi, { root, stack: "dev", cluster, folder, progress: () => undefined });
      const all = edits(namespace, namespace);
      const config = (objects: readonly (Listed | undefined)[]): Record<string, unknown> => ({
        "objects:identifier": namespace,
        "objects:objects": objects.filter((one) => one !== undefined),
      });
      const [before, after] = [config(all.map((one) => one.before)), config(all.map((one) => one.after))];
      const way = { "objects:kubeconfig": cluster.kubeconfig };
      try {
        await engine.prepare({ ...before, ...way });
        await engine.run(["up", "--yes", "--skip-preview"]);
        await engine.prepare({ ...after, ...way });
        const preview = readPreview((await engine.try(["preview", ...PREVIEW_FLAGS])).stdout);
        expect(preview.diagnostics ?? []).toEqual([]);
        const [base, head] = await recordMany("dev", [before, after], { root });
        if (base === undefined || head === undefined) throw new Error("a side was not recorded");
        const recorded = compareRecordings(base, head);
        expect(told(recorded)).toEqual(told(comparePreview(preview)));
        const actions = Object.fromEntries(recorded.map(({ name, action }) => [name, action]));
        expect(actions).toMatchObject(Object.fromEntries(all.map(({ name, expected }) => [name, expected])));
      } finally {
        await engine.try(["destroy", "--yes", "--skip-preview"]);
        rmSync(folder, { recursive: true, force: true });
      }
    });
  },
  "creates by POST",
);
