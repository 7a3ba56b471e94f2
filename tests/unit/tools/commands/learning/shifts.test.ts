/** The report's section on learning: what shifts on the sample history, and only where settings differ. */
import { agentsConfig } from "../../../../../knowledge-graph/learning-table";
import { SAMPLE_TITLES, sampleHistory } from "../../../../../tools/commands/learning/sample";
import { learningShifts } from "../../../../../tools/commands/learning/shifts";
import type { Recording } from "../../../../../tools/recording/recording";
import { renderJson, renderMarkdown, reportChanges, reportOf } from "../../../../../tools/report";
import type { Side } from "../../../../../tools/recording/both-sides";
import type { LearningShifts } from "../../../../../tools/report/learning-effects";
import { learning, applied, resultOf, surrealql } from "../../../../support/knowledge-graph";

jest.setTimeout(300_000);

const ROOT = process.cwd();

/** A side that holds agents.toml for what a stack says, or no such file. */
function side(said?: Readonly<Record<string, unknown>>): Side {
  const data = said === undefined ? { "other.toml": "" } : { "agents.toml": agentsConfig(learning(said)) };
  const config = { custom: true, type: "kubernetes:core/v1:ConfigMap", inputs: { kind: "ConfigMap", data } };
  return { recording: { resources: [config] } as unknown as Recording };
}

function shifts(base: Side, head: Side, root = ROOT): Promise<LearningShifts | undefined> {
  return learningShifts(root, { base, head });
}

function section(learningOfStack: LearningShifts | undefined): string {
  const stack = {
    ...reportChanges("dev", []),
    ...(learningOfStack === undefined ? {} : { learning: learningOfStack }),
  };
  const context = { base: "main", head: "here", waivers: [], stackNames: ["dev"], today: "2026-12-01" };
  const report = reportOf([stack], context);
  expect(JSON.parse(renderJson(report))).toMatchObject({
    stacks: [learningOfStack === undefined ? {} : { learning: learningOfStack }],
  });
  return renderMarkdown(report);
}

test.each<[string, Side, Side]>([
  ["the same settings", side({}), side({ historyLimit: 100 })],
  ["a stack that is new", { absent: true }, side({})],
  ["a base that does not know of learning", side(), side({})],
  ["a side that failed", side({}), { error: "it fails" }],
])("of %s it says nothing, and asks nobody", async (_name, base, head) => {
  expect(await shifts(base, head, "/nowhere")).toBeUndefined();
  expect(section(undefined)).not.toContain("Learning");
});

test("other weights shift tasks, by either success rate; the same at every run", async () => {
  const head = side({ weights: { base: 0, expertise: 0.4, confidence: 0.6 } });
  const found = await shifts(side({}), head);
  expect(await shifts(side({}), head)).toEqual(found);
  const text = section(found);
  expect(text).toContain("- `coding`, by the success rate: `dee` (0.8250) -> `ada` (0.9667)\n");
  expect(text).toContain("- `coding`, by the recent success rate: `bob` (0.8845) -> `ada`");
  expect(text).not.toContain("- `testing`, by the success rate");
});

test("other words shift tasks by their titles, and nothing else", async () => {
  const found = await shifts(side({}), side({ taskTypes: { documentation: ["fix", "readme"] }, fallback: "none" }));
  expect(section(found)).toContain("- `Fix the login`, by the success rate: `dee` (0.8250) -> `bob` (0.7729)");
  expect(section(found)).toContain("- `Deploy 0.3 to staging`, by the success rate: `dee` (0.8750) -> nobody");
  expect(section(found)).not.toContain("- `coding`");
});

test("settings that shift nothing are said to", async () => {
  const text = section(await shifts(side({}), side({ fullConfidence: 21 })));
  expect(text).toContain("**Learning**: the settings differ; no task of the sample history goes to another agent.");
});

test("without a sample history the report says that it cannot say", async () => {
  const text = section(await shifts(side({}), side({ fullConfidence: 30 }), "/nowhere"));
  expect(text).toContain("what they shift cannot be said: `examples/learning/history.jsonl cannot be read: ");
});

test("each type of the sample history has a title that tells it", () => {
  const [, answer] = surrealql([
    applied(),
    { sql: "RETURN $titles.map(|$one: string| fn::task_type($one))", vars: { titles: SAMPLE_TITLES } },
  ]);
  const types = new Set(sampleHistory(ROOT).executions.map(({ task_type }) => task_type));
  expect([...(resultOf(answer) as string[])].sort()).toEqual([...types].sort());
});
