/** The contract as files: its JSON Schema, and the table in docs/outputs.md. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CONTRACT, CONTRACT_VERSION } from "./declaration";
import type { JsonSchema } from "./schema";

/** The current contract, and the one consumers have. */
export const SCHEMA_FILES = {
  current: "outputs/contract.schema.json",
  released: "outputs/released.schema.json",
} as const;

const PAGE = "docs/outputs.md";
const BLOCK = /(<!-- contract: npm run docs -->\n)[^]*?(<!-- \/contract -->)/;

/** JSON Schema of a stack's outputs. */
export function contractSchema(): JsonSchema {
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: `Outputs of a VAPORA stack, version ${String(CONTRACT_VERSION)}`,
    ...CONTRACT.schema,
  };
}

/** A schema as its file holds it. */
export function schemaText(schema: JsonSchema): string {
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}

/** Reads one of {@link SCHEMA_FILES}. */
export function readSchema(root: string, file: string): JsonSchema {
  return JSON.parse(readFileSync(join(root, file), "utf8")) as JsonSchema;
}

/** The generated texts by path. */
export function outputsDocs(root: string): Readonly<Record<string, string>> {
  const page = readFileSync(join(root, PAGE), "utf8");
  return {
    [SCHEMA_FILES.current]: schemaText(contractSchema()),
    [PAGE]: page.replace(BLOCK, `$1\n${outputsTable(CONTRACT.schema)}\n$2`),
  };
}

/** A row per output; those of a service and of a data service once for all of them. */
export function outputsTable({ properties = {} }: JsonSchema): string {
  const shapes = new Map<string, { readonly names: string[]; readonly schema: JsonSchema }>();
  for (const [name, schema] of Object.entries(properties)) {
    const shape = JSON.stringify([schema.properties ?? name]);
    const known = shapes.get(shape);
    if (known === undefined) shapes.set(shape, { names: [name], schema });
    else known.names.push(name);
  }
  const rows = [...shapes.values()].flatMap(({ names, schema }) => {
    const [first = ""] = names;
    const label = names.length === 1 ? `\`${first}\`` : names.map((name) => `\`${name}\``).join(", ");
    const description = names.length === 1 ? (schema.description ?? "") : "Each:";
    return [`| ${label} | ${kind(schema)} | ${description} |`, ...innerRows(schema, "")];
  });
  return ["| output | type | what it is |", "| --- | --- | --- |", ...rows, ""].join("\n");
}

function innerRows({ properties = {}, required = [] }: JsonSchema, base: string): string[] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const path = `${base}.${name}`;
    const optional = required.includes(name) ? "" : ", or missing";
    return [`| \`${path}\` | ${kind(schema)}${optional} | ${schema.description ?? ""} |`, ...innerRows(schema, path)];
  });
}

function kind({ const: value, enum: values, type, items, additionalProperties }: JsonSchema): string {
  if (value !== undefined) return `\`${String(value)}\``;
  if (values !== undefined) return values.map((text) => `\`${text}\``).join(" or ");
  if (items !== undefined) return `list of ${kind(items)}`;
  if (additionalProperties !== undefined) return `${kind(additionalProperties)} by name`;
  return { string: "text", integer: "whole number", array: "list", object: "object", any: "any" }[type ?? "any"];
}
