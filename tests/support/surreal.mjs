/**
 * Runs SurrealQL on the embedded engine, in memory. Reads `{ scripts, login, queries }` from standard input: the
 * scripts run as the owner, then `login` signs in, then each query runs as that user. Writes one line of JSON: the
 * outcome of the login, and of each query `"ok"` or its error.
 */
import { readFileSync } from "node:fs";
import { createNodeEngines } from "@surrealdb/node";
import { Surreal } from "surrealdb";

const { scripts, login, queries } = JSON.parse(readFileSync(0, "utf8"));
const database = new Surreal({ engines: createNodeEngines() });
await database.connect("mem://");
for (const script of scripts) await database.query(script);
const outcome = (promise) =>
  promise.then(
    () => "ok",
    (error) => error.message,
  );
const signedIn = await outcome(database.signin(login));
const results = [];
if (signedIn === "ok") {
  await database.use({ namespace: login.namespace, database: login.database });
  for (const query of queries) results.push(await outcome(database.query(query)));
}
await database.close();
// an index that was built keeps the engine running
process.stdout.write(`${JSON.stringify({ signedIn, results })}\n`, () => process.exit());
