/** What the doctor finds. */
import { settingLine } from "../../../config/problems";
import type { StackFile } from "../../recording/project";
import type { KubernetesObject, Recording } from "../../recording/recording";
import { UserError } from "../../shared/user-error";
import { REQUEST_TIMEOUT, tryKubectl } from "../../cluster/kubectl";
import type { Cluster } from "../../cluster/kubectl";
import type { State } from "../../pulumi/state";

/** error: a deployment would fail or do harm. warning: it may, or it could not be looked at. skipped: nothing to look at. */
export type Status = "ok" | "warning" | "error" | "skipped";

/** One thing that was looked at. */
export interface Finding {
  /** What was looked at, e.g. `storage`. */
  readonly check: string;
  readonly status: Status;
  readonly detail: string;
  /** What to do about it. */
  readonly fix?: string;
}

/** What a check says; its name is added by the table of checks. */
export type Found = Omit<Finding, "check">;

/** A stack and its cluster, as far as both could be read. */
export interface Patient {
  readonly root: string;
  readonly file: StackFile;
  readonly recording: Recording;
  /** What the stack wants on the cluster. */
  readonly objects: readonly KubernetesObject[];
  readonly cluster: Cluster;
  /** The stack's state; undefined if it cannot be read, and one without resources where the stack is not made yet. */
  readonly state: State | undefined;
  readonly signal: AbortSignal;
}

export const ok = (detail: string): Found => ({ status: "ok", detail });
export const skipped = (detail: string): Found => ({ status: "skipped", detail });
export const warning = (detail: string, fix?: string): Found => found("warning", detail, fix);
export const error = (detail: string, fix?: string): Found => found("error", detail, fix);

function found(status: Status, detail: string, fix: string | undefined): Found {
  return { status, detail, ...(fix === undefined ? {} : { fix }) };
}

/** The right to see something is missing. */
export class Forbidden extends UserError {}

/**
 * Items of a list on the cluster.
 * @throws Forbidden if the deployer may not list them; UserError with kubectl's words.
 */
export async function list<T>({ cluster, signal }: Patient, ...args: readonly string[]): Promise<T[]> {
  const question = ["get", ...args, "-o", "json", REQUEST_TIMEOUT];
  const { code, stdout, stderr } = await tryKubectl(cluster, question, { signal });
  if (code === 0) return (JSON.parse(stdout) as { items: T[] }).items;
  const words = stderr.trim();
  if (words.includes("Forbidden")) throw new Forbidden(`the deployer may not list ${args[0] ?? ""}`);
  throw new UserError(`kubectl get ${args[0] ?? ""} failed: ${words}`);
}

/** The line that sets a value of the stack. */
export function setting({ file }: Pick<Patient, "file">, path: string, value: string): string {
  return `Type: ${settingLine(path, value)} --stack ${file.stack}`;
}
