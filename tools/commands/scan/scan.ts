/** kube-score over rendered manifests, and the register of what it finds and we keep. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { UserError } from "../../shared/user-error";
import { run } from "../../shared/processes";
import type { Tools } from "../../cluster/go-tools";

/** Something kube-score does not like. */
export interface ScanFinding {
  readonly check: string;
  /** `<kind> <name>` */
  readonly object: string;
  readonly said: string;
}

/** Grades of kube-score: 1 critical, 5 warning, 7 a remark, 10 fine. */
const WARNING = 5;
const SEPARATOR = "\n---\n";

/**
 * Checks that take no exception: what a pod may do, its traffic, and references.
 * Each stands for one of the controls a stack is never without.
 */
export const WITHOUT_EXCEPTION: readonly string[] = [
  "container-security-context-user-group-id",
  "container-security-context-privileged",
  "container-security-context-readonlyrootfilesystem",
  "container-seccomp-profile",
  "pod-networkpolicy",
  "networkpolicy-targets-pod",
  "service-targets-pod",
  "statefulset-has-servicename",
  "ingress-targets-service",
  "horizontalpodautoscaler-has-target",
];

const register = z.array(
  z.strictObject({
    check: z.string().refine((check) => !WITHOUT_EXCEPTION.includes(check), "this check takes no exception"),
    /** `<kind> <name>` of each object it is kept for; a `*` at the end stands for any end. */
    objects: z.array(z.string().regex(/^[A-Z]\w+ [a-z0-9.-]+\*?$/)).min(1),
    /** Stacks it is kept in; in any other it is a finding. */
    stacks: z.array(z.string()).min(1),
    reason: z.string().min(20),
  }),
);

/** Findings that are kept, each with its reason. */
export type Exceptions = z.infer<typeof register>;

/** Reads policy/exceptions.yaml. @throws UserError if an entry is not of its form, or for a check that takes none. */
export function readExceptions(root: string): Exceptions {
  const result = register.safeParse(parse(readFileSync(join(root, "policy", "exceptions.yaml"), "utf8")));
  if (result.success) return result.data;
  throw new UserError(`policy/exceptions.yaml: ${z.prettifyError(result.error)}`);
}

interface Score {
  readonly type_meta: { readonly kind: string };
  readonly object_meta: { readonly name: string };
  readonly checks: readonly {
    readonly check: { readonly id: string };
    readonly grade: number;
    readonly skipped: boolean;
    readonly comments: readonly { readonly summary: string }[] | null;
  }[];
}

/** What kube-score finds in some manifests. @throws UserError if it does not work. */
export async function scan(tools: Tools, manifests: readonly string[], signal?: AbortSignal): Promise<ScanFinding[]> {
  const scores = await json<Score[]>(
    tools.path("kube-score"),
    // an annotation is no way around the register
    [
      ...["score", "--all-default-optional", "--disable-ignore-checks-annotations", "--kubernetes-version", "v1.37"],
      ...["--output-format", "json", "-"],
    ],
    manifests.join(SEPARATOR),
    signal,
  );
  return scores.flatMap(({ type_meta: { kind }, object_meta: { name }, checks }) =>
    checks
      .filter(({ grade, skipped }) => !skipped && grade <= WARNING)
      .map(({ check: { id }, comments }) => ({
        check: id,
        object: `${kind} ${name}`,
        said: [...new Set((comments ?? []).map(({ summary }) => summary))].join("; "),
      })),
  );
}

/** Runs a program whose exit code tells whether it found anything, and its output what. */
async function json<T>(program: string, args: readonly string[], input: string, signal?: AbortSignal): Promise<T> {
  const { stdout, stderr } = await run(program, args, { input, signal });
  try {
    return JSON.parse(stdout) as T;
  } catch {
    throw new UserError(`${program} did not work:\n${stderr || stdout}`);
  }
}

/** Findings by stack. */
export type Scanned = ReadonlyMap<string, readonly ScanFinding[]>;

/** One line for every finding that is not in the register. */
export function unexpected(scanned: Scanned, exceptions: Exceptions): string[] {
  return [...scanned].flatMap(([stack, findings]) =>
    findings
      .filter((finding) => !exceptions.some((exception) => excuses(exception, stack, finding)))
      .map(({ check, object, said }) => `${stack}: ${check}: ${object}: ${said}`),
  );
}

/** One line for every stack and object of the register in which nothing was found. */
export function unused(scanned: Scanned, exceptions: Exceptions): string[] {
  return exceptions.flatMap((exception) =>
    exception.stacks.flatMap((stack) =>
      exception.objects
        .filter((object) => {
          const findings = scanned.get(stack) ?? [];
          return !findings.some((found) => isNamed(object, found.object) && excuses(exception, stack, found));
        })
        .map((object) => `${stack}: ${exception.check}: ${object}: nothing was found`),
    ),
  );
}

function excuses(exception: Exceptions[number], stack: string, { check, object }: ScanFinding): boolean {
  return (
    exception.check === check &&
    exception.stacks.includes(stack) &&
    exception.objects.some((name) => isNamed(name, object))
  );
}

/** A name that ends in `*` stands for all that begin so: those of Jobs have a digest at their end. */
function isNamed(name: string, object: string): boolean {
  return name.endsWith("*") ? object.startsWith(name.slice(0, -1)) : object === name;
}
