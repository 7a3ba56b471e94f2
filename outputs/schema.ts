/** The few kinds of value the contract is made of. One declaration gives the type, the JSON Schema and the check. */

/** JSON Schema (draft 7) of those kinds. */
export interface JsonSchema {
  readonly $schema?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: "object" | "array" | "string" | "integer";
  readonly const?: string | number;
  readonly enum?: readonly string[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  /** Values of an object whose keys are names. */
  readonly additionalProperties?: JsonSchema;
  /** Not part of JSON Schema: the value is secret. */
  readonly "x-secret"?: true;
}

/** A declared value. Its type is the parameter's. */
export interface Field<T> {
  readonly schema: JsonSchema;
  /** Never set; it carries the type. */
  readonly type?: T;
}

/** The type of a declared value. */
export type TypeOf<F> = F extends Field<infer T> ? T : never;

type Fields = Readonly<Record<string, Field<unknown>>>;
type Types<F extends Fields> = { readonly [K in keyof F]: TypeOf<F[K]> };
type Flat<T> = { readonly [K in keyof T]: T[K] };

/** A text. */
export function text(description: string): Field<string> {
  return { schema: { type: "string", description } };
}

/** A whole number. */
export function whole(description: string): Field<number> {
  return { schema: { type: "integer", description } };
}

/** One of several texts. */
export function oneOf<const T extends readonly string[]>(description: string, ...texts: T): Field<T[number]> {
  return { schema: { type: "string", enum: texts, description } };
}

/** This one number. */
export function exactly<const T extends number>(description: string, value: T): Field<T> {
  return { schema: { type: "integer", const: value, description } };
}

/** A list. */
export function list<T>(description: string, item: Field<T>): Field<readonly T[]> {
  return { schema: { type: "array", description, items: item.schema } };
}

/** Values by name, whatever the names are. */
export function byName<T>(description: string, value: Field<T>): Field<Readonly<Record<string, T>>> {
  return { schema: { type: "object", description, additionalProperties: value.schema } };
}

/** Fields that are always there, then fields that may be missing. */
export function object<R extends Fields>(description: string, required: R): Field<Types<R>>;
export function object<R extends Fields, O extends Fields>(
  description: string,
  required: R,
  optional: O,
): Field<Flat<Types<R> & Partial<Types<O>>>>;
export function object(description: string, required: Fields, optional: Fields = {}): Field<unknown> {
  const entries = Object.entries({ ...required, ...optional });
  return {
    schema: {
      type: "object",
      description,
      properties: Object.fromEntries(entries.map(([name, { schema }]) => [name, schema])),
      required: Object.keys(required),
    },
  };
}
