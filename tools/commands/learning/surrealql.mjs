/**
 * Runs SurrealQL on the embedded engine. Reads `{ path, steps }` from standard input; a step is `{ sql, vars }`, or a
 * list of such that run at once. A transaction that lost against another is run again, as SurrealDB asks of its
 * clients. Writes one line of JSON: for each statement list `{ results, milliseconds }` or `{ error }`.
 */
import { readFileSync } from "node:fs";
import { createNodeEngines } from "@surrealdb/node";
import { Surreal } from "surrealdb";

const { path, steps } = JSON.parse(readFileSync(0, "utf8"));
const database = new Surreal({ engines: createNodeEngines() });
await database.connect(path);
await database.use({ namespace: "vapora", database: "vapora" });

async function run({ sql, vars }) {
  const start = performance.now();
  for (;;) {
    try {
      const results = await database.query(sql, vars);
      return { results, milliseconds: performance.now() - start };
    } catch (error) {
      if (!/conflict|can be retried/i.test(error.message)) return { error: error.message };
    }
  }
}

const answers = [];
for (const step of steps) answers.push(await (Array.isArray(step) ? Promise.all(step.map(run)) : run(step)));
await database.close();
const text = JSON.stringify(answers, (_key, value) => (typeof value === "bigint" ? String(value) : value));
process.stdout.write(`${text}\n`, () => process.exit());
