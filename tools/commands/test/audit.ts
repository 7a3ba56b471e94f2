/** What a local control plane's API server was asked for, and by whom: its audit log, without contents. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";

/** A request that the API server has answered or, if it is a watch, begun to answer. */
export interface AuditedRequest {
  /** Verb as RBAC has it, e.g. `list`. */
  readonly verb: string;
  /** API group; empty for the core one. */
  readonly group: string;
  /** Resource, with a subresource after a slash, e.g. `deployments/scale`. */
  readonly resource: string;
  /** HTTP status of the answer. */
  readonly code: number;
}

interface AuditEvent {
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly objectRef?: { readonly apiGroup?: string; readonly resource?: string; readonly subresource?: string };
  readonly responseStatus?: { readonly code?: number };
}

/** Arguments with which an API server notes a user's requests in a control plane's folder. */
export function auditArguments(folder: string, username: string): string[] {
  const policy = {
    apiVersion: "audit.k8s.io/v1",
    kind: "Policy",
    // a watch is noted when it starts, anything else when it ends
    omitStages: ["RequestReceived"],
    rules: [{ level: "Metadata", users: [username] }],
  };
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, "audit-policy.yaml");
  writeFileSync(path, stringify(policy));
  return [`--audit-policy-file=${path}`, `--audit-log-path=${logPath(folder)}`];
}

/** What has been noted so far, in the order it was answered. Questions about the API itself are left out. */
export function auditedRequests(folder: string): AuditedRequest[] {
  const lines = readFileSync(logPath(folder), "utf8").trimEnd().split("\n");
  return lines.flatMap((line) => {
    const { verb, objectRef, responseStatus } = JSON.parse(line) as AuditEvent;
    if (objectRef?.resource === undefined) return [];
    const { apiGroup: group = "", resource, subresource } = objectRef;
    const name = subresource === undefined ? resource : `${resource}/${subresource}`;
    return { verb, group, resource: name, code: responseStatus?.code ?? 0 };
  });
}

function logPath(folder: string): string {
  return join(folder, "audit.log");
}
