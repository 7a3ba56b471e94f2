/** What the command asks the database is what the reference says of the same history. */
import { learningTable } from "../../../../../knowledge-graph/learning-table";
import { profiles, rankings } from "../../../../../tools/commands/learning/ask";
import { readHistory } from "../../../../../tools/commands/learning/history";
import {
  assignmentsText,
  curveText,
  profilesText,
  rankingText,
} from "../../../../../tools/commands/learning/terminal-text";
import { learning } from "../../../../support/knowledge-graph";
import type { History } from "../../../../support/learning-reference";
import { profileOf, rankingOf } from "../../../../support/learning-reference";

jest.setTimeout(300_000);

const NOW = "2026-03-01T12:00:00Z";
const history = readHistory(["examples/learning/history.jsonl"], (file) => file);
const asked = { root: process.cwd(), history, now: NOW };
const TYPES = ["coding", "deployment", "documentation", "review", "testing"];

/** The history as the reference takes it. */
function reference(weights = { base: 0.3, expertise: 0.5, confidence: 0.2 }): History {
  return {
    now: NOW,
    parameters: { halfLife: 7, window: 7, weight: 3, fullConfidence: 20, historyLimit: 100, weights, fallback: "load" },
    agents: history.agents.map(({ agent, ...rest }) => ({ id: agent, ...rest })),
    executions: history.executions.map(({ task_type: taskType, ...rest }, index) => ({
      ...rest,
      taskType,
      id: String(index).padStart(9, "0"),
    })),
  };
}

test.each([false, true])("rankings are the reference's, under each of two settings (recent: %p)", async (isRecent) => {
  const weights = { base: 0, expertise: 0.4, confidence: 0.6 };
  const by = [learning(), learning({ weights })].map((one) => ({ settings: learningTable(one), isRecent }));
  const tasks = TYPES.map((task_type) => ({ task_type }));
  const found = await rankings(asked, by, tasks);
  const wanted = [reference(), reference(weights)].map((one) =>
    TYPES.map((type) => rankingOf(one, type, isRecent).map(({ agent, score }) => `${agent} ${score.toFixed(9)}`)),
  );
  const rows = found.map((side) =>
    side.map(({ agents }) => agents.map(({ agent, score }) => `${agent} ${score.toFixed(9)}`)),
  );
  expect(rows).toEqual(wanted);
  expect(rows[0]).not.toEqual(rows[1]);
});

test("profiles and curves are the reference's", async () => {
  const found = await profiles(asked, learningTable(learning()), ["ada", "bob"], TYPES);
  expect(found.length).toBe(10);
  for (const { agent, task_type, ...one } of found) {
    const wanted = profileOf(reference(), agent, task_type);
    expect([one.executions, one.curve.length]).toEqual([wanted.executions, wanted.curve.length]);
    expect(one.success_rate).toBeCloseTo(wanted.successRate, 9);
    expect(one.recent_success_rate).toBeCloseTo(wanted.recentSuccessRate, 9);
    expect(one.confidence).toBeCloseTo(wanted.confidence, 9);
    expect(one.curve.map(({ day }) => day)).toEqual(wanted.curve.map(({ day }) => day));
  }
});

test("a title tells the type under the words of each settings", async () => {
  const by = [learning(), learning({ taskTypes: { review: ["fix"] } })].map((one) => ({
    settings: learningTable(one),
  }));
  const found = await rankings(asked, by, [{ title: "Fix it", description: "a bug" }]);
  expect(found.map(([one]) => one?.task_type)).toEqual(["coding", "review"]);
});

test("a name that SurrealQL would have to quote comes back as it was", async () => {
  const agent = "a b`'⟩42";
  const odd = { agents: [{ agent, load: 0.5, available: true }], executions: [] };
  const [[one] = []] = await rankings(
    { ...asked, history: odd },
    [{ settings: learningTable(learning()) }],
    [{ task_type: "x" }],
  );
  expect(one?.agents).toEqual([expect.objectContaining({ agent, score: 0.5, by: "load" })]);
});

test("the tables say who gets a task, why, and what shifts", () => {
  const row = {
    agent: "ada",
    score: 0.8125,
    base: 1,
    expertise: 0.5,
    confidence: 1,
    executions: 40,
    by: "learning" as const,
  };
  const ranking = { task_type: "coding", agents: [row, { ...row, agent: "bob", score: 0.5 }] };
  expect(rankingText(ranking)).toBe(`coding: ada gets it.
  agent   score    free  success  confidence  executions
  ada    0.8125  1.0000   0.5000      1.0000          40
  bob    0.5000  1.0000   0.5000      1.0000          40`);
  expect(rankingText({ ...ranking, agents: [{ ...row, by: "load" }] })).toContain("the load alone decides");
  const nobody = { task_type: "coding", agents: [] };
  expect(rankingText(nobody)).toContain("nobody gets it");
  const assignments = [
    { task: "coding", before: ranking, after: nobody, shifts: true },
    { task: "testing", before: ranking, after: ranking, shifts: false },
  ];
  expect(assignmentsText(assignments, "dev", "prod")).toBe(`  task     under dev   score  under prod   score
  coding   ada        0.8125  nobody              shifts
  testing  ada        0.8125  ada         0.8125  same

1 of 2 go to another agent.`);
  const curve = [{ day: "2026-02-01", executions: 4, success_rate: 0.25 }];
  const profile = {
    agent: "ada",
    task_type: "coding",
    executions: 4,
    success_rate: 0.25,
    recent_success_rate: 0.5,
    confidence: 0.2,
    curve,
  };
  expect(curveText(profile)).toMatch(/2026-02-01 {3}0\.2500 {11}4 {2}#####$/);
  expect(profilesText([profile])).toMatch(/ada {4}coding {6}0\.2500 {2}0\.5000 {6}0\.2000 {11}4$/);
});
