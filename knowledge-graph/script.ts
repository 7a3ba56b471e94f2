/** The knowledge graph as one SurrealQL script, which may run any number of times. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Learning } from "../config/schema/learning";
import { learningTable } from "./learning-table";

/** The first lines: the record of what has been applied comes before all else. */
const START = `DEFINE TABLE IF NOT EXISTS knowledge_graph_migration SCHEMAFULL COMMENT 'What has been applied; the deployment writes it.';
DEFINE FIELD IF NOT EXISTS name ON knowledge_graph_migration TYPE string READONLY;
DEFINE FIELD IF NOT EXISTS at ON knowledge_graph_migration TYPE datetime READONLY;
`;

/** A program, its tests and its commands all run in the project's folder. */
const FOLDER = "knowledge-graph";

/** A step from one version of the schema to the next. */
export interface Migration {
  /** From 1 up, without a gap. */
  readonly version: number;
  readonly name: string;
  readonly statements: string;
}

/**
 * The migrations in their order, from files `<version>-<name>.surql`.
 * @throws Error if a version is missing or there twice.
 */
export function migrations(folder = FOLDER): Migration[] {
  const files = readdirSync(join(folder, "migrations")).sort();
  return files.map((file, index) => {
    const [, version = "", name = ""] = /^(\d{4})-(.+)\.surql$/.exec(file) ?? [];
    if (Number(version) !== index + 1) throw new Error(`${file} is not migration ${String(index + 1)}`);
    return { version: index + 1, name, statements: readFileSync(join(folder, "migrations", file), "utf8") };
  });
}

/** The tables: migrations that have not been applied, each with its record in one transaction. */
export function migrationsScript(steps = migrations()): string {
  return [START, ...steps.map(guarded)].join("\n");
}

/** The tables, and the functions in place of those that are there. */
export function knowledgeGraphSchema(folder = FOLDER): string {
  return [migrationsScript(migrations(folder)), readFileSync(join(folder, "functions.surql"), "utf8")].join("\n");
}

/** The same, and the settings. */
export function knowledgeGraphScript(settings: Learning, folder = FOLDER): string {
  const record = `UPSERT learning_settings:current CONTENT ${JSON.stringify(learningTable(settings))};\n`;
  return [knowledgeGraphSchema(folder), record].join("\n");
}

/** One statement is one transaction: a migration is applied and recorded, or neither. */
function guarded({ version, name, statements }: Migration): string {
  const id = `knowledge_graph_migration:${String(version)}`;
  return `IF !record::exists(${id}) {
${statements}
CREATE ${id} SET name = "${name}", at = time::now();
};
`;
}
