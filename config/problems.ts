/** Turns what the schema found into lines for the person who wrote the stack file. */
import type { z } from "zod";
import type { RequiredSecret } from "./secrets";

type Issue = z.core.$ZodIssue;

/** One line per issue: the path as written, the value, what is allowed. */
export function describeIssues(issues: readonly Issue[], config: Readonly<Record<string, unknown>>): string[] {
  return issues.flatMap((issue) => describe(issue, [], config));
}

function describe(issue: Issue, base: readonly PropertyKey[], config: unknown): string[] {
  const path = [...base, ...issue.path];
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    // Of the shapes a value may have, the one it comes closest to is the one that was meant.
    const [closest = []] = [...issue.errors].sort((a, b) => a.length - b.length);
    if (closest.some((inner) => inner.path.length > 0 || inner.code === "unrecognized_keys")) {
      return closest.flatMap((inner) => describe(inner, path, config));
    }
  }
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map(
      (key) => `${pathText([...path, key])}: there is no such key; take it out or correct its name`,
    );
  }
  const value = valueAt(config, path);
  if (value === undefined) return [`${pathText(path)}: is missing; ${issue.message}`];
  return [`${pathText(path)}: ${issue.message} (it is ${JSON.stringify(value)})`];
}

/** The line for a secret that is not there. */
export function describeMissingSecret({ key, reason }: RequiredSecret): string {
  return `vapora:${key}: is missing (${reason}); type: pulumi config set --secret ${key}`;
}

/** The one message a stack's author sees. */
export function problemText(problems: readonly string[]): string {
  const count = problems.length === 1 ? "1 problem" : `${String(problems.length)} problems`;
  return `${count} in the stack's config:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`;
}

function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, part) =>
      typeof part === "number" ? `${text}[${String(part)}]` : `${text}${text === "" ? "vapora:" : "."}${String(part)}`,
    "",
  );
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, part) =>
      typeof inner === "object" && inner !== null ? (inner as Record<PropertyKey, unknown>)[part] : undefined,
    value,
  );
}
