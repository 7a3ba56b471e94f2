/** What an API server refuses, by kind. */
import type { Refusal, RefusalKind } from "../../report";
import type { Status } from "../../cluster/api-server";

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
