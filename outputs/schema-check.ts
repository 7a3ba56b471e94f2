/** Whether a value is what its schema says. */
import type { JsonSchema } from "./schema";

/** Where a value is wrong, e.g. `backend.service.url`, and what should stand there. */
export interface Fault {
  readonly path: string;
  readonly isMissing: boolean;
  /** e.g. `a text` */
  readonly wanted: string;
}

/** All faults of a value. Fields the schema does not know are none: a newer stack may have more. */
export function faults(value: unknown, schema: JsonSchema, path = ""): Fault[] {
  const fault = { path, isMissing: value === undefined || value === null, wanted: wanted(schema) };
  if (!fits(value, schema)) return [fault];
  const at = (key: string): string => (path === "" ? key : `${path}.${key}`);
  if (Array.isArray(value)) {
    const { items = {} } = schema;
    return value.flatMap((item, index) => faults(item, items, at(String(index))));
  }
  if (typeof value !== "object" || value === null) return [];
  const fields = value as Readonly<Record<string, unknown>>;
  const { properties = {}, required = [], additionalProperties } = schema;
  const declared = Object.entries(properties).filter(([key]) => required.includes(key) || isThere(fields[key]));
  const named = additionalProperties === undefined ? [] : Object.entries(fields);
  return [
    ...declared.flatMap(([key, inner]) => faults(fields[key], inner, at(key))),
    ...named.flatMap(([key, inner]) => faults(inner, additionalProperties ?? {}, at(key))),
  ];
}

function fits(value: unknown, schema: JsonSchema): boolean {
  if (schema.const !== undefined) return value === schema.const;
  if (schema.enum !== undefined) return schema.enum.includes(value as string);
  switch (schema.type) {
    case "string":
      return typeof value === "string" && value !== "";
    case "integer":
      return Number.isInteger(value);
    case "array":
      return Array.isArray(value);
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    case undefined:
      return true;
  }
}

function isThere(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** What should stand there, e.g. `a text`. */
export function wanted(schema: JsonSchema): string {
  if (schema.const !== undefined) return String(schema.const);
  if (schema.enum !== undefined) return schema.enum.join(" or ");
  const words = { string: "a text", integer: "a whole number", array: "a list", object: "an object" };
  return schema.type === undefined ? "any value" : words[schema.type];
}
