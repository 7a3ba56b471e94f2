/** What an API server refuses, by kind. */
import type { Status } from "../api-server";

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

/** What the message of a field that cannot change says, in Kubernetes' many ways. */
const IMMUTABLE =
  /immutable|updates to .* are forbidden|may not (be changed|change)|cannot be changed|forbidden.*after creation/i;

/** The refusal that a status tells. */
export function refusalOf(object: string, of: Refusal["of"], { code, reason, message, causes }: Status): Refusal {
  const fields = [...new Set(causes.flatMap(({ field }) => field ?? []))].filter((field) => field !== "");
  return { object, of, kind: kindOf(code, reason, message), fields, message: message.trim() };
}

function kindOf(code: number, reason: string, message: string): RefusalKind {
  if (reason === "UnknownKind") return "unknown-kind";
  if (/exceeded quota|failed quota/.test(message)) return "quota";
  if (message.includes("violates PodSecurity")) return "pod-security";
  if (IMMUTABLE.test(message)) return "immutable";
  return code === 400 || code === 422 || code === 500 ? "invalid" : "admission";
}
