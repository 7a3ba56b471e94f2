import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { knowledgeGraphScript, migrations, migrationsScript } from "../../../knowledge-graph/script";
import { applied, learning, resultOf, surrealql, written } from "../../support/knowledge-graph";
import type { Answer, Step } from "../../support/knowledge-graph";

jest.setTimeout(300_000);

const NOW = "2026-03-01T12:00:00Z";
const HISTORY = {
  agents: [
    { id: "ada", load: 0.5, available: true },
    { id: "bob", load: 0, available: true },
  ],
  executions: Array.from({ length: 30 }, (_, index) => ({
    id: `e${String(index)}`,
    agent: index % 3 === 0 ? "bob" : "ada",
    taskType: "coding",
    success: index % 4 > 0,
    at: `2026-02-${String(1 + (index % 28)).padStart(2, "0")}T00:00:00Z`,
  })),
};

/** All of the schema, and all that is stored but for the settings. */
const STATE: Step = {
  sql: `LET $tables = object::keys((INFO FOR DB).tables);
    RETURN { database: (INFO FOR DB), migrations: (SELECT * FROM knowledge_graph_migration),
      tables: [(INFO FOR TABLE agent), (INFO FOR TABLE execution), (INFO FOR TABLE learning_settings)],
      data: [(SELECT * FROM agent), (SELECT * FROM execution)] };`,
};
const PROFILES: Step = {
  sql: `RETURN [fn::load_profiles([agent:ada, agent:bob], 'coding', <datetime>$now), fn::rank('coding', NONE, <datetime>$now)]`,
  vars: { now: NOW },
};

interface State {
  readonly database: unknown;
  readonly tables: unknown;
  readonly migrations: readonly { readonly name: string }[];
  readonly data: unknown;
}

function stateOf(answer: Answer): State {
  return resultOf(answer) as State;
}

test("applied twice, nothing is another than before", () => {
  const [, , once, again, twice] = surrealql([applied(), written(HISTORY), STATE, applied(), STATE]);
  expect(again.error).toBeUndefined();
  expect(stateOf(once).migrations.map(({ name }) => name)).toEqual(migrations().map(({ name }) => name));
  expect(resultOf(twice)).toEqual(resultOf(once));
});

test("new settings take the place of the old ones, and nothing else changes", () => {
  const settings: Step = { sql: "RETURN fn::learning_settings()" };
  const steps = [applied(), written(HISTORY), STATE, applied(learning({ historyLimit: 50 })), STATE, settings] as const;
  const [, , before, , after, now] = surrealql(steps);
  expect(resultOf(after)).toEqual(resultOf(before));
  expect(resultOf(now)).toMatchObject({ history_limit: 50, full_confidence: 20 });
});

test.each(migrations().map(({ version }) => [version]))(
  "from version %i, data is kept and the schema is the newest",
  (version) => {
    const earlier: Step = { sql: migrationsScript(migrations().slice(0, version)) };
    const [old, wrote, before, now, after, profiles] = surrealql([
      earlier,
      written(HISTORY),
      { sql: "RETURN [(SELECT * FROM agent), (SELECT * OMIT newest_first FROM execution)]" },
      applied(),
      STATE,
      PROFILES,
    ]);
    expect([old.error, wrote.error, now.error]).toEqual([undefined, undefined, undefined]);
    const [, fresh, freshProfiles] = surrealql([applied(), written(HISTORY), PROFILES]);
    expect(fresh.error).toBeUndefined();
    expect(resultOf(profiles)).toEqual(resultOf(freshProfiles));
    const [, newest] = surrealql([applied(), STATE]);
    expect(stateOf(after).tables).toEqual(stateOf(newest).tables);
    expect(stateOf(after).database).toEqual(stateOf(newest).database);
    const kept = JSON.stringify(stateOf(after).data, (key, value: unknown) =>
      key === "newest_first" ? undefined : value,
    );
    expect(JSON.parse(kept)).toEqual(resultOf(before));
  },
);

test("a store on file gives the same profiles once it has been closed and opened again", () => {
  const folder = mkdtempSync(join(tmpdir(), "vapora-knowledge-graph-"));
  try {
    const path = `surrealkv://${join(folder, "store")}`;
    const [, , before] = surrealql([applied(), written(HISTORY), PROFILES], path);
    const [reopened] = surrealql([PROFILES], path);
    const [again, after] = surrealql([applied(), PROFILES], path);
    expect(again.error).toBeUndefined();
    expect(resultOf(reopened)).toEqual(resultOf(before));
    expect(resultOf(after)).toEqual(resultOf(before));
    expect(JSON.stringify(resultOf(before))).toContain('"executions":20');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("50 that write and 50 that rank at once lose nothing, and none ends with an error", () => {
  const write = (writer: number): Step => ({
    sql: `FOR $i IN 0..20 { CREATE execution SET agent = agent:ada, task_type = 'testing', success = true, duration = 1s,
      cost = 0.01, at = time::now() - duration::from_secs($i + 1) }`,
    vars: { writer },
  });
  const atOnce = Array.from({ length: 50 }, (_, index) => [write(index), { sql: "RETURN fn::rank('testing')" }]).flat();
  const count: Step = { sql: "RETURN count(SELECT id FROM execution WHERE task_type = 'testing')" };
  const [, , answers, found] = surrealql([applied(), written(HISTORY), atOnce, count]);
  expect(answers.flatMap(({ error }) => error ?? [])).toEqual([]);
  expect(resultOf(found)).toBe(1000);
});

test("no statement deletes or removes anything", () => {
  const script = knowledgeGraphScript(learning()).replace(/^\s*--.*$/gm, "");
  expect(script).not.toMatch(/\b(DELETE|REMOVE|DROP)\b/i);
});
