/** The project's folder and the files in it that say what a stack is. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parse } from "yaml";
import { UserError } from "../shared/user-error";

/** Folders that the program is made of, beside index.ts. */
export const PROGRAM_FOLDERS = ["components", "kubernetes", "config", "knowledge-graph", "outputs"] as const;

/** One stack, as its files give it. */
export interface StackFile {
  readonly project: string;
  readonly stack: string;
  /** The stack's config with the project's defaults, by full key, e.g. `vapora:backend`. Secrets are still sealed. */
  readonly config: Readonly<Record<string, unknown>>;
}

type Mapping = Readonly<Record<string, unknown>>;

/** The nearest folder at or above this one that holds a Pulumi.yaml. */
export function projectRoot(from = process.cwd()): string {
  const folder = resolve(from);
  if (existsSync(join(folder, "Pulumi.yaml"))) return folder;
  const above = dirname(folder);
  if (above === folder)
    throw new UserError("There is no Pulumi.yaml here or in any folder above; run this in the project's folder.");
  return projectRoot(above);
}

/** Names of all stacks that have a file. */
export function stackNames(root: string): string[] {
  return readdirSync(root)
    .map((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1])
    .filter((name) => name !== undefined)
    .sort();
}

/** Path of a stack's file. */
export function stackFilePath(root: string, stack: string): string {
  return join(root, `Pulumi.${stack}.yaml`);
}

/**
 * Reads a stack's file and the project's.
 * @throws UserError if there is no such stack, or a file cannot be read as YAML.
 */
export function readStack(root: string, stack: string): StackFile {
  const path = stackFilePath(root, stack);
  if (!existsSync(path)) {
    throw new UserError(
      `There is no stack '${stack}' (no Pulumi.${stack}.yaml). Stacks here: ${stackNames(root).join(", ") || "none"}.`,
    );
  }
  const project = readMapping(join(root, "Pulumi.yaml"));
  const name = typeof project.name === "string" ? project.name : "";
  if (name === "") throw new UserError("Pulumi.yaml has no 'name'.");
  const config = {
    ...projectDefaults(asMapping(project.config, "Pulumi.yaml: config")),
    ...asMapping(readMapping(path).config, `Pulumi.${stack}.yaml: config`),
  };
  return {
    project: name,
    stack,
    config: Object.fromEntries(
      Object.entries(config).map(([key, value]) => [key.includes(":") ? key : `${name}:${key}`, value]),
    ),
  };
}

/** A project file gives a key a value, or an object with `value` or `default`. */
function projectDefaults(config: Mapping): Mapping {
  const defaults = Object.entries(config).map(([key, entry]): [string, unknown] => {
    const declared = typeof entry === "object" && entry !== null ? (entry as Mapping) : { value: entry };
    return [key, declared.value ?? declared.default];
  });
  return Object.fromEntries(defaults.filter(([, value]) => value !== undefined));
}

function readMapping(path: string): Mapping {
  const file = path.slice(dirname(path).length + 1);
  let content: unknown;
  try {
    content = parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new UserError(`${file} cannot be read: ${error instanceof Error ? error.message.trimEnd() : String(error)}`);
  }
  return asMapping(content, file);
}

function asMapping(value: unknown, where: string): Mapping {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" || Array.isArray(value))
    throw new UserError(`${where} must be a mapping of keys to values.`);
  return value as Mapping;
}
