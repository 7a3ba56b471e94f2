/** Scanners over rendered manifests, and the register of what they find and we keep. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { UserError } from "../../shared/user-error";
import { run } from "../../shared/processes";
import { SCANNERS } from "./scan-finding";
import type { ScanFinding, Scanner } from "./scan-finding";
import { schemasFolder } from "./schemas";
import type { Tools } from "../../cluster/go-tools";
import { trivy } from "./trivy";

export { SCANNERS } from "./scan-finding";
export type { ScanFinding, Scanner } from "./scan-finding";

/** Those that are built in a minute; trivy takes ten on two cores. */
export const QUICK_SCANNERS: readonly Scanner[] = ["kube-score", "kubeconform"];

/** Kinds of other projects: what their own API server checks is not known to ours. */
const WITHOUT_SCHEMA = ["ExternalSecret", "HTTPRoute"];
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
  "schema",
  // trivy: escalation, capabilities, host namespaces, root, read-only root, privileged, uid and gid, host paths and ports,
  // seccomp, token, secrets in ConfigMaps
  ...["KSV-0001", "KSV-0003", "KSV-0004", "KSV-0005", "KSV-0006", "KSV-0008", "KSV-0009", "KSV-0010", "KSV-0012"],
  ...["KSV-0014", "KSV-0017", "KSV-0020", "KSV-0021", "KSV-0022", "KSV-0023", "KSV-0024", "KSV-0030", "KSV-0036"],
  ...["KSV-0103", "KSV-0104", "KSV-0105", "KSV-0106", "KSV-0109", "KSV-0116", "KSV-0118", "KSV-0119", "KSV-01010"],
];

const register = z.array(
  z.strictObject({
    scanner: z.enum(SCANNERS),
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

/**
 * Reads the entries of policy/exceptions.yaml for these scanners.
 * @throws UserError if any entry is not of its form, or for a check that takes none.
 */
export function readExceptions(root: string, scanners: readonly Scanner[]): Exceptions {
  const result = register.safeParse(parse(readFileSync(join(root, "policy", "exceptions.yaml"), "utf8")));
  if (result.success) return result.data.filter(({ scanner }) => scanners.includes(scanner));
  throw new UserError(`policy/exceptions.yaml: ${z.prettifyError(result.error)}`);
}

type Scan = (tools: Tools, manifests: readonly string[], signal?: AbortSignal) => Promise<ScanFinding[]>;

const SCANS: Readonly<Record<Scanner, Scan>> = { "kube-score": kubeScore, kubeconform, trivy };

/** What scanners find in some manifests. @throws UserError if one does not work or skips an object. */
export async function scan(
  tools: Tools,
  manifests: readonly string[],
  scanners: readonly Scanner[],
  signal?: AbortSignal,
): Promise<ScanFinding[]> {
  const found = await Promise.all(scanners.map((scanner) => SCANS[scanner](tools, manifests, signal)));
  return found.flat();
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

async function kubeScore(tools: Tools, manifests: readonly string[], signal?: AbortSignal): Promise<ScanFinding[]> {
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
        scanner: "kube-score" as const,
        check: id,
        object: `${kind} ${name}`,
        said: [...new Set((comments ?? []).map(({ summary }) => summary))].join("; "),
      })),
  );
}

interface Validation {
  readonly resources: readonly {
    readonly kind: string;
    readonly name: string;
    readonly status: string;
    readonly msg: string;
  }[];
}

async function kubeconform(tools: Tools, manifests: readonly string[], signal?: AbortSignal): Promise<ScanFinding[]> {
  const schemas = join(schemasFolder(tools), "{{.ResourceKind}}{{.KindSuffix}}.json");
  const args = [
    "-strict",
    "-verbose",
    "-output",
    "json",
    "-skip",
    WITHOUT_SCHEMA.join(","),
    "-schema-location",
    schemas,
  ];
  const { resources } = await json<Validation>(tools.path("kubeconform"), args, manifests.join(SEPARATOR), signal);
  if (resources.length !== manifests.length) {
    throw new UserError(`kubeconform looked at ${String(resources.length)} of ${String(manifests.length)} objects.`);
  }
  return resources
    .filter(({ status }) => !["statusValid", "statusSkipped"].includes(status))
    .map(({ kind, name, msg }) => ({ scanner: "kubeconform", check: "schema", object: `${kind} ${name}`, said: msg }));
}

/** Runs a scanner; its exit code tells whether it found anything, its output what. */
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
      .map(({ scanner, check, object, said }) => `${stack}: ${scanner} ${check}: ${object}: ${said}`),
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
        .map((object) => `${stack}: ${exception.scanner} ${exception.check}: ${object}: nothing was found`),
    ),
  );
}

function excuses(exception: Exceptions[number], stack: string, { scanner, check, object }: ScanFinding): boolean {
  return (
    exception.scanner === scanner &&
    exception.check === check &&
    exception.stacks.includes(stack) &&
    exception.objects.some((name) => isNamed(name, object))
  );
}

/** A name that ends in `*` stands for all that begin so: those of Jobs have a digest at their end. */
function isNamed(name: string, object: string): boolean {
  return name.endsWith("*") ? object.startsWith(name.slice(0, -1)) : object === name;
}
