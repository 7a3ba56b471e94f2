/** What the API server says, as Markdown: a page of its own, or a section of a report. */
import type { Proof } from "./prove";
import type { Refusal } from "./refusal";

/** A stack that was proven, or why it could not be. */
export type Proven = Proof | { readonly stack: string; readonly error: string };

const WORDS: Readonly<Record<Refusal["kind"], string>> = {
  immutable: "cannot change in place",
  invalid: "invalid",
  quota: "over the quota",
  "pod-security": "against the Pod Security Standard",
  admission: "not admitted",
  "unknown-kind": "of a kind the cluster does not have",
};

/** True if the API server takes every stack. */
export function isTaken(proven: readonly Proven[]): boolean {
  return proven.every((one) => "refusals" in one && one.refusals.length === 0);
}

/** A verdict line per stack, then what is refused, what is replaced and what is not proven. */
export function renderProofs(base: string, proven: readonly Proven[]): string {
  const parts = [
    "## What the API server says",
    `\`${base}\` was applied to a control plane, and this change was dry-run over it.`,
    proven.map((one) => `- **${one.stack}**: ${verdict(one)}`).join("\n"),
    ...proven.flatMap(details),
  ];
  return `${parts.join("\n\n")}\n`;
}

function verdict(one: Proven): string {
  if ("error" in one) return "not proven";
  const all = `${String(one.objects)} objects and a pod of ${String(one.templates)} templates`;
  return one.refusals.length === 0 ? `takes ${all}` : `**REFUSES ${String(one.refusals.length)}** of ${all}`;
}

function details(one: Proven): string[] {
  if ("error" in one) return [`### ${one.stack}`, fenced(one.error)];
  const { stack, refusals, replacements, warnings, notes } = one;
  const replaced = replacements.map(({ object, message }) => `${object}: ${message}`);
  const sections = [
    ...refusals.map(refusalText),
    ...list("Cannot change in place; Pulumi replaces it, and the new one is taken:", replaced),
    ...list("Warnings:", warnings),
    ...list("Notes:", notes),
  ];
  return sections.length === 0 ? [] : [`### ${stack}`, ...sections];
}

function refusalText({ object, of, kind, fields, message }: Refusal): string {
  const what = of === "pod" ? `a pod of ${object}` : object;
  const where = fields.length === 0 ? "" : ` (${fields.map((field) => `\`${field}\``).join(", ")})`;
  return `**${what}** is ${WORDS[kind]}${where}:\n\n${fenced(message)}`;
}

function list(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`${title}\n\n${lines.map((line) => `- ${line.replaceAll("\n", " ")}`).join("\n")}`];
}

/** Text as it is, whatever is in it. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}\n${text}\n${fence}`;
}
