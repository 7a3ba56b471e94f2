/** The editor's schema and the reference of all keys, from the one declaration of the config. */
import { z } from "zod";
import { API_KEYS, PASSWORDS } from "./secrets";
import { settingsSchema } from "./schema/settings";

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** Meta fields that mean something to us alone. */
const OWN = ["unit", "absent", "example"];

/** Secrets by key, and what each is. */
const SECRETS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    Object.entries(API_KEYS).map(([provider, key]) => [key, `API key of the model provider ${provider}.`]),
  ),
  ...Object.fromEntries(
    Object.entries(PASSWORDS).map(([name, key]) => [key, `Password of the user of an external ${name}.`]),
  ),
};

/** JSON Schema of a stack file, for editors. Secrets are as `pulumi config set --secret` writes them. */
export function stackFileSchema(): JsonSchema {
  const settings = settingsJsonSchema();
  const secret = {
    type: "object",
    properties: { secure: { type: "string" } },
    required: ["secure"],
    additionalProperties: false,
  };
  const secrets = Object.entries(SECRETS).map(([key, description]) => [key, { description, ...secret }] as const);
  const keys = [...Object.entries(settings.properties ?? {}), ...secrets].map(([key, value]) => [
    `vapora:${key}`,
    value,
  ]);
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "A stack of VAPORA",
    type: "object",
    properties: {
      config: {
        type: "object",
        properties: Object.fromEntries(keys) as Record<string, JsonSchema>,
        required: (settings.required ?? []).map((key) => `vapora:${key}`),
        patternProperties: { "^(?!vapora:)": {} },
        additionalProperties: false,
      },
      encryptionsalt: { type: "string" },
      secretsprovider: { type: "string" },
      encryptedkey: { type: "string" },
    },
    required: ["config"],
    ...(settings.$defs === undefined ? {} : { $defs: settings.$defs }),
  };
}

/** The generated files by path. */
export function generatedDocs(): Readonly<Record<string, string>> {
  return {
    "docs/configuration.md": configurationPage(),
    "docs/stack.schema.json": `${JSON.stringify(withoutOwnFields(stackFileSchema()), undefined, 2)}\n`,
  };
}

/** One key of the config. */
export interface Key {
  /** As in the stack file, without the project: `agents.storage.size`. */
  readonly path: string;
  readonly schema: JsonSchema;
  readonly required: boolean;
}

/** Every key a stack may set, sections before what is in them. A key of several shapes gives the keys of each. */
export function settingKeys(): Key[] {
  return keysOf(settingsJsonSchema(), "");
}

/** docs/configuration.md. */
export function configurationPage(): string {
  const [sections, keys] = [settingKeys().filter(({ path }) => !path.includes(".")), settingKeys()];
  const body = sections.map((section) => {
    const inner = keys.filter(({ path }) => path.startsWith(`${section.path}.`));
    const rows = (inner.length > 0 ? inner : [section]).map(row);
    return `## ${section.path}\n\n${section.schema.description ?? ""}\n\n${TABLE_HEAD}\n${rows.join("\n")}\n`;
  });
  const secrets = Object.entries(SECRETS).map(([key, description]) => `| \`${key}\` | ${description} |`);
  return `# Configuration

What a stack may say, in its file \`Pulumi.<stack>.yaml\` under \`config:\`, each section as \`vapora:<section>\`. Generated from
\`config/\` by \`npm run docs -- --update\`. A key that is not listed is refused. Sections that are required are so in every stack;
a key inside an optional section is required once the section is there.

Set one value with \`pulumi config set --path '<key>' <value>\`, a secret with \`pulumi config set --secret <key>\`. Where pulumi takes
the name of a key for a secret's, as in \`tlsSecret\`, add \`--plaintext\`.

${body.join("\n")}
## Secrets

| key | what it is |
| --- | --- |
${secrets.join("\n")}
`;
}

const TABLE_HEAD = "| key | what it is | type | default | example |\n| --- | --- | --- | --- | --- |";

function row({ path, schema, required }: Key): string {
  const unit = typeof schema.unit === "string" ? ` (${schema.unit})` : "";
  const absent = schema.default === undefined ? schema.absent : `\`${JSON.stringify(schema.default)}\``;
  const preset = typeof absent === "string" ? absent : required ? "required" : "none";
  const example = schema.example === undefined ? "" : `\`${JSON.stringify(schema.example)}\``;
  return `| \`${path}\` | ${schema.description ?? ""} | ${typeText(schema)}${unit} | ${preset} | ${example} |`;
}

function typeText({ enum: values, type, anyOf, items }: JsonSchema): string {
  if (values !== undefined) return values.map((value) => `\`${String(value)}\``).join(" or ");
  if (type === "array" && typeof items === "object" && !Array.isArray(items)) return `list of ${typeText(items)}`;
  if (anyOf !== undefined) return "section";
  const types: readonly string[] = [type ?? "any"].flat();
  return types.map((name) => (name === "object" ? "mapping" : name)).join(" or ");
}

/** JSON Schema of the plain settings, for editors; keys as in the stack file, without the project. */
export function settingsJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(settingsSchema, {
    io: "input",
    unrepresentable: "any",
    target: "draft-7",
    // ours alone; the rest is what every editor reads
    override: ({ jsonSchema }) => {
      if (jsonSchema.example !== undefined && jsonSchema.type !== "object") jsonSchema.examples = [jsonSchema.example];
    },
  });
  return schema;
}

function keysOf(schema: JsonSchema, base: string): Key[] {
  const shapes = [schema, ...(schema.anyOf ?? [])] as JsonSchema[];
  const found = shapes.flatMap(({ properties = {}, required = [] }) =>
    Object.entries(properties).flatMap(([name, inner]) => {
      const path = base === "" ? name : `${base}.${name}`;
      const key = { path, schema: inner as JsonSchema, required: required.includes(name) };
      const inside = keysOf(inner as JsonSchema, path);
      return base === "" ? [key, ...inside] : inside.length > 0 ? inside : [key];
    }),
  );
  return [...new Map(found.map((key) => [key.path, key])).values()];
}

/** The schema without the fields that mean something to us alone. */
function withoutOwnFields<T>(value: T): T {
  if (Array.isArray(value)) return value.map(withoutOwnFields) as T;
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([name]) => !OWN.includes(name));
  return Object.fromEntries(kept.map(([name, inner]) => [name, withoutOwnFields(inner as unknown)])) as T;
}
