import { parseAllDocuments } from "yaml";
import { DELETE_DELAY, delayableStages, READY_DELAY } from "../../../../tools/cluster/simulation";

/** KWOK's stages as far as they matter here. */
function stage(name: string): string {
  return `kind: Stage\nmetadata:\n  name: ${name}\nspec:\n  next:\n    statusTemplate: |\n      {{ $now := Now }}\n      phase: Running\n`;
}

test("pods listen to the annotations that delay them, other stages stay as they are", () => {
  const before = ["pod-ready", "pod-delete", "node-initialize"].map(stage);
  const after = parseAllDocuments(delayableStages(before.join("---\n"))).map((document) => document.toJS() as unknown);
  const delayed = (annotation: string): object => ({
    durationMilliseconds: 0,
    durationFrom: { expressionFrom: `.metadata.annotations["${annotation}"]` },
  });
  const next = { statusTemplate: "{{ $now := Now }}\nphase: Running\n" };
  expect(after).toEqual([
    { kind: "Stage", metadata: { name: "pod-ready" }, spec: { next, delay: delayed(READY_DELAY) } },
    { kind: "Stage", metadata: { name: "pod-delete" }, spec: { next, delay: delayed(DELETE_DELAY) } },
    { kind: "Stage", metadata: { name: "node-initialize" }, spec: { next } },
  ]);
});
