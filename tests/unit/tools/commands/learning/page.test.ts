/** docs/learning.md: its pictures, its statements, and what it says the command says. */
import { readFileSync } from "node:fs";
import { learningTable } from "../../../../../knowledge-graph/learning-table";
import { rankings } from "../../../../../tools/commands/learning/ask";
import { learningCharts } from "../../../../../tools/commands/learning/charts";
import { parseHistory, readHistory } from "../../../../../tools/commands/learning/history";
import { rankingText } from "../../../../../tools/commands/learning/terminal-text";
import { applied, learning, resultOf, surrealql, written } from "../../../../support/knowledge-graph";

jest.setTimeout(300_000);

const PAGE = readFileSync("docs/learning.md", "utf8");
const history = readHistory(["examples/learning/history.jsonl"], (file) => file);
const WRITTEN = written({
  agents: history.agents.map(({ agent, ...rest }) => ({ id: agent, ...rest })),
  executions: history.executions.map(({ task_type: taskType, ...rest }, index) => ({
    ...rest,
    taskType,
    id: String(index),
  })),
});

function blocksOf(language: string): string[] {
  return [...PAGE.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, "gm"))].map(([, block = ""]) => block);
}

// After a change that is meant: npm run docs -- --update.
test("the pictures are what the functions say", async () => {
  expect(await learningCharts(process.cwd())).toEqual({ "docs/learning.md": PAGE });
  expect(blocksOf("mermaid").map((block) => /line \[(.*)\]/.exec(block)?.[1]?.split(", ").length)).toEqual([29, 23]);
});

test("every statement runs, and what is asked of a database is a history", () => {
  const blocks = blocksOf("surql");
  expect(blocks.length).toBe(3);
  const [, , ...answers] = surrealql([applied(), WRITTEN, ...blocks.slice(1).map((sql) => ({ sql }))]);
  expect(answers.map(({ error }) => error)).toEqual([undefined, undefined]);
  const [agents = [], executions = []] = (answers[1]?.results ?? []) as readonly (readonly object[])[];
  const lines = [...agents, ...executions].map((row) => JSON.stringify(row)).join("\n");
  const read = parseHistory([{ file: "database", text: lines }]);
  expect(read.faults).toEqual([]);
  expect(read.agents).toEqual(history.agents);
  expect(read.executions.length).toBe(history.executions.length);
  const [, wrote] = surrealql([
    applied(),
    { sql: `${blocks[0] ?? ""}; RETURN (SELECT VALUE task_type FROM execution)` },
  ]);
  expect(resultOf(wrote)).toEqual(["coding"]);
});

test("the ranking it shows is the one of the example", async () => {
  const asked = { root: process.cwd(), history, now: "2026-03-01T12:00:00Z" };
  const [[one] = []] = await rankings(asked, [{ settings: learningTable(learning()) }], [{ task_type: "coding" }]);
  expect(one).toBeDefined();
  if (one !== undefined) expect(PAGE).toContain(`\n${rankingText(one)}\n`);
  const [[recent] = []] = await rankings(
    asked,
    [{ settings: learningTable(learning()), isRecent: true }],
    [{ task_type: "coding" }],
  );
  expect(recent?.agents[0]?.agent).toBe("bob");
  expect(PAGE).toContain("0.89 by the latest");
  expect(recent?.agents[0]?.expertise.toFixed(2)).toBe("0.89");
});

test("the lines of a history that it shows are right", () => {
  const [lines = ""] = blocksOf("json");
  const { executions, agents, faults } = parseHistory([{ file: "page", text: lines }]);
  expect([executions.length, agents.length, faults]).toEqual([1, 1, []]);
});
