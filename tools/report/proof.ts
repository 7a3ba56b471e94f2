/** What an API server says of a change, as data, and as parts of a report. */
import { code, errorText, heading, list, paragraph, strong } from "./blocks";
import type { Block, Inline, Line, Part } from "./blocks";

/**
 * Why an API server refuses something: a field that cannot change (`immutable`), a value it does not take (`invalid`),
 * a `quota`, a rule of the Pod Security Standard or of another admission plugin (`pod-security`, `admission`), or a
 * kind it does not know (`unknown-kind`).
 */
export type RefusalKind = "immutable" | "invalid" | "quota" | "pod-security" | "admission" | "unknown-kind";

/** One refusal, in the API server's own words. */
export interface Refusal {
  /** `<kind> <logical name>`, e.g. `Deployment backend`. */
  readonly object: string;
  /** What was refused: the object, or a pod of its template. */
  readonly of: "object" | "pod";
  readonly kind: RefusalKind;
  /** Fields it names. Empty where it names none. */
  readonly fields: readonly string[];
  readonly message: string;
}

/** What came of a stack. */
export interface Proof {
  readonly stack: string;
  /** Objects of the head that were dry-run. */
  readonly objects: number;
  /** Templates of which a pod was dry-run. */
  readonly templates: number;
  /** What the API server does not take. Empty means: it takes the head. */
  readonly refusals: readonly Refusal[];
  /** What it does not take in place, and takes as the new object by which Pulumi replaces the old one. */
  readonly replacements: readonly Refusal[];
  /** Its warnings, as `<kind> <logical name>: <text>`. */
  readonly warnings: readonly string[];
  /** What the proof does not cover, and why. */
  readonly notes: readonly string[];
}

/** A stack that was proven, or why it could not be. */
export type Proven = Proof | { readonly stack: string; readonly error: string };

const WORDS: Readonly<Record<RefusalKind, string>> = {
  immutable: "cannot change in place",
  invalid: "is invalid",
  quota: "is over the quota",
  "pod-security": "is against the Pod Security Standard",
  admission: "is not admitted",
  "unknown-kind": "is of a kind the cluster does not have",
};

/** True if the API server takes every stack. */
export function isTaken(proven: readonly Proven[]): boolean {
  return proven.every((one) => "refusals" in one && one.refusals.length === 0);
}

/** What was done, and a verdict per stack. */
export function proofSummary(base: string, proven: readonly Proven[]): Part {
  return [
    heading(2, "What the API server says"),
    paragraph(code(base), " was applied to a control plane, and this change was dry-run over it."),
    list(proven.map((one) => [strong(code(one.stack)), ": ", ...verdict(one)])),
  ];
}

function verdict(one: Proven): Line {
  if ("error" in one) return ["not proven"];
  const all = `${String(one.objects)} objects and a pod of ${String(one.templates)} templates`;
  return one.refusals.length === 0
    ? [`takes ${all}`]
    : [strong(`REFUSES ${String(one.refusals.length)}`), ` of ${all}`];
}

/** What is refused, what is replaced and what is not proven. Empty where there is nothing to say. */
export function proofDetails(one: Proven): Part[] {
  const title = heading(3, "What the API server says of ", code(one.stack));
  if ("error" in one) return [[title, errorText(one.error)]];
  const { refusals, replacements, warnings, notes } = one;
  const parts: Part[] = [
    ...refusals.map(refusalPart),
    ...listed(
      "Cannot change in place; Pulumi replaces it, and the new one is taken:",
      replacements.map(({ object, message }) => [code(object), `: ${message}`]),
    ),
    ...listed(
      "Warnings:",
      warnings.map((text) => [text]),
    ),
    ...listed(
      "Notes:",
      notes.map((text) => [text]),
    ),
  ];
  return parts.length === 0 ? [] : [[title], ...parts];
}

function refusalPart({ object, of, kind, fields, message }: Refusal): Part {
  const named = fields.flatMap((field): Inline[] => [", ", code(field)]).slice(1);
  const where = fields.length === 0 ? [] : [" (", ...named, ")"];
  const what = of === "pod" ? ["a pod of ", code(object)] : [code(object)];
  return [paragraph(strong(...what), ` ${WORDS[kind]}`, ...where, ":"), errorText(message)];
}

function listed(title: string, lines: readonly Line[]): Part[] {
  const block: Block = list(lines);
  return lines.length === 0 ? [] : [[paragraph(title), block]];
}
