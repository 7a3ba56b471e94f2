import { applied, resultOf, surrealql } from "../../support/knowledge-graph";
import type { Step } from "../../support/knowledge-graph";

jest.setTimeout(300_000);

const EXECUTION: Readonly<Record<string, string>> = {
  agent: "agent:ada",
  task_type: "'coding'",
  success: "true",
  duration: "1s",
  cost: "0.5",
};

/** The statement that writes an execution with some fields changed. */
function execution(change: Readonly<Record<string, string | undefined>> = {}): Step {
  const fields = Object.entries<string | undefined>({ ...EXECUTION, ...change });
  const set = fields.flatMap(([name, value]) => (value === undefined ? [] : [`${name} = ${value}`]));
  return { sql: `CREATE execution SET ${set.join(", ")}` };
}

function errorOf(step: Step): string | undefined {
  return surrealql([applied(), step])[1].error;
}

test("takes an execution as the contract has it, and fills in its moment", () => {
  const [, wrote, found] = surrealql([applied(), execution(), { sql: "SELECT * OMIT id FROM execution" }]);
  expect(wrote.error).toBeUndefined();
  expect(resultOf(found)).toEqual([
    expect.objectContaining({ success: true, duration: "1s", cost: 0.5, at: expect.stringMatching(/^20/) as unknown }),
  ]);
});

test.each([
  ["an execution without an agent", execution({ agent: undefined })],
  ["an agent that is no record", execution({ agent: "'ada'" })],
  ["a record that is no agent", execution({ agent: "task:1" })],
  ["an empty task type", execution({ task_type: "''" })],
  ["a success that is neither yes nor no", execution({ success: "1" })],
  ["a duration as a number", execution({ duration: "1" })],
  ["a negative cost", execution({ cost: "-1" })],
  ["a moment as text", execution({ at: "'yesterday'" })],
  ["a field nobody knows", execution({ colour: "'red'" })],
  ["a load above 1", { sql: "CREATE agent:ada SET load = 1.01" }],
  ["a negative load", { sql: "CREATE agent:ada SET load = -0.1" }],
  ["a change of what has happened", { sql: `${execution().sql}; UPDATE execution SET success = false` }],
  ["weights that sum to 1.1", { sql: "UPDATE learning_settings:current SET weights.confidence = 0.3" }],
  ["a half-life of 0", { sql: "UPDATE learning_settings:current SET recency.half_life_days = 0" }],
  ["a limit of -1", { sql: "UPDATE learning_settings:current SET history_limit = -1" }],
  ["a fallback nobody knows", { sql: "UPDATE learning_settings:current SET fallback = 'random'" }],
])("refuses %s", (_title, step) => {
  expect(errorOf(step)).toMatch(/field|Expected|READONLY|conform/i);
});

test("a query for the latest executions reads as many as it gives, by an index that puts them in order", () => {
  const many = `FOR $i IN 0..400 { CREATE execution SET agent = agent:ada, task_type = 'coding', success = true,
    duration = 1s, at = d'2026-01-01T00:00:00Z' + duration::from_mins($i) }`;
  const plan = (index: string, condition: string): Step => ({
    sql: `EXPLAIN ANALYZE SELECT * FROM execution WITH INDEX ${index}
      WHERE ${condition} AND newest_first >= -1767300000000000000 LIMIT 100`,
  });
  const [, , ofType, ofAgent] = surrealql([
    applied(),
    { sql: many },
    plan("execution_by_task_type", "agent = agent:ada AND task_type = 'coding'"),
    plan("execution_by_agent", "agent = agent:ada"),
  ]);
  expect(resultOf(ofType)).toMatch(/IndexScan .*index: execution_by_task_type.*rows: 100/);
  expect(resultOf(ofAgent)).toMatch(/IndexScan .*index: execution_by_agent.*rows: 100/);
  expect(`${String(resultOf(ofType))}${String(resultOf(ofAgent))}`).not.toMatch(/Sort|TableScan|Filter/);
});

test.each([
  ["Fix the login-bug", "", "coding"],
  ["Write TESTS", "for the docs, with coverage", "testing"],
  ["latest news", "of a contest", "general"],
  ["", "", "general"],
  // one word each: the first by name
  ["review the release", "", "deployment"],
])("a task '%s' '%s' is of the type %s", (title, description, type) => {
  const [, answer] = surrealql([
    applied(),
    { sql: "RETURN fn::task_type($title, $description)", vars: { title, description } },
  ]);
  expect(resultOf(answer)).toBe(type);
});

test("without settings the functions say what is missing", () => {
  const [, , answer] = surrealql([
    applied(),
    { sql: "DELETE learning_settings" },
    { sql: "RETURN fn::rank('coding')" },
  ]);
  expect(answer.error).toContain("learning_settings:current is missing: deploy the stack");
});
