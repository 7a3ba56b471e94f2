/** Says, before a deployment, what would go wrong with it. */
import { missingSecretKeys } from "../../recording/open-config";
import { readStack } from "../../recording/project";
import { record } from "../../recording/record";
import { kubernetesObjects } from "../../recording/recording";
import { Interrupted, UserError } from "../../shared/user-error";
import type { Cluster } from "../../cluster/kubectl";
import type { PulumiStack } from "../../pulumi/stack";
import { stackCluster } from "../../pulumi/stack-cluster";
import { readState } from "../../pulumi/state";
import type { State } from "../../pulumi/state";
import { expected, reach, supported } from "./cluster";
import { dns } from "./dns";
import { error, Forbidden, ok, skipped, warning } from "./finding";
import type { Finding, Found, Patient } from "./finding";
import { jobs } from "./jobs";
import { nodes } from "./node-room";
import { kinds, names } from "./kinds-and-names";
import { unknownKinds } from "../../cluster/live";
import { pods } from "./unready-pods";
import { quotas } from "./quota-room";
import { references } from "./references";
import { rights } from "./deployer-role";
import { drifted, lock, pending } from "./state-obstacles";
import { storage } from "./storage-classes";

/** What to look at, and with what. */
export interface DoctorOptions {
  readonly root: string;
  readonly stack: string;
  /** Config that replaces or adds to the stack file's, by full key. @default {} */
  readonly config?: Readonly<Record<string, unknown>>;
  /** The stack in its backend. @default - there is no pulumi on PATH, and its state is not looked at */
  readonly pulumi?: PulumiStack | undefined;
  readonly signal: AbortSignal;
}

/** Looks at a stack and at its cluster; changes neither. @throws UserError if there is no such stack; Interrupted. */
export async function diagnose({ root, stack, config = {}, pulumi, signal }: DoctorOptions): Promise<Finding[]> {
  const read = readStack(root, stack);
  const file = { ...read, config: { ...read.config, ...config } };
  const [program, reached, state] = await Promise.all([
    attempt(() => record(stack, { root, config, signal })),
    attempt(async () => reachable(await stackCluster(root, file, signal), signal)),
    attempt(async () => (pulumi === undefined ? undefined : ((await readState(pulumi)) ?? NO_STATE))),
  ]);
  const named = (check: string, found: readonly Found[]): Finding[] => found.map((one) => ({ check, ...one }));
  const asked = (check: string, look: () => Promise<readonly Found[]>): Promise<Finding[]> =>
    attempt(look).then((found) => named(check, "detail" in found ? [unseen(found)] : found));

  const first = [
    ...named("config", ["resources" in program ? ok("Every value is right.") : program]),
    ...named("secrets", secretsFound(missingSecretKeys(file), stack)),
    ...named("cluster", ["cluster" in reached ? ok("It answers.") : reached]),
  ];
  const locked = pulumi && (await attempt(() => lock(root, pulumi)));
  const backend =
    locked === undefined
      ? named("state", [skipped("There is no pulumi on PATH: the stack's state and lock were not looked at.")])
      : [
          ...(state !== undefined && "detail" in state ? named("state", [state]) : []),
          ...named("lock", "detail" in locked ? [unseen(locked)] : locked.found),
        ];
  if (!("cluster" in reached)) return [...first, ...backend];
  const { cluster, version } = reached;
  const identified = [
    ...named("expected cluster", [await expected(file, cluster, signal)]),
    ...named("version", [supported(version)]),
  ];
  if (!("resources" in program)) return [...first, ...identified, ...backend];
  const patient: Patient = {
    ...{ root, file, cluster, signal, recording: program },
    objects: kubernetesObjects(program).map(({ object }) => object),
    state: state !== undefined && "resources" in state ? state : undefined,
  };
  const missing = await attempt(() => unknownKinds(patient));
  const unknown = missing instanceof Map ? missing : new Map<string, string[]>();
  const looked = await Promise.all([
    asked("rights", () => rights(patient)),
    Promise.resolve(named("kinds", missing instanceof Map ? kinds(missing) : [missing])),
    asked("storage", () => storage(patient)),
    asked("nodes", () => nodes(patient)),
    asked("quota", () => quotas(patient)),
    asked("references", () => references(patient)),
    asked("dns", () => dns(patient)),
    asked("names", () => names(patient, unknown)),
    asked("pods", () => pods(patient)),
    asked("jobs", () => jobs(patient)),
    ...(pulumi === undefined ? [] : [asked("drift", () => drifted(patient))]),
  ]);
  const busy = locked !== undefined && "busy" in locked && locked.busy;
  const open = pulumi === undefined ? [] : named("pending", pending(patient, busy));
  return [...first, ...identified, ...looked.flat(), ...backend, ...open];
}

const NO_STATE: State = { resources: [], pending: [], mark: undefined };

/** UserErrors become findings; other errors are bugs and propagate. */
async function attempt<T>(look: () => Promise<T>): Promise<T | Found> {
  try {
    return await look();
  } catch (failure) {
    if (!(failure instanceof UserError) || failure instanceof Interrupted) throw failure;
    if (failure instanceof Forbidden) return warning(`This was not looked at: ${failure.message}.`);
    return error(failure.message);
  }
}

/** What the deployer may not read is no fault of what is there; the check of its rights says what is missing. */
function unseen(found: Found): Found {
  return found.detail.includes("(Forbidden)") ? warning("The deployer may not read what it takes to look.") : found;
}

async function reachable(
  cluster: Cluster,
  signal: AbortSignal,
): Promise<{ cluster: Cluster; version: string } | Found> {
  const answer = await reach(cluster, signal);
  return "version" in answer ? { cluster, version: answer.version } : answer;
}

function secretsFound(missing: readonly string[], stack: string): Found[] {
  if (missing.length === 0) return [ok("Every secret that the stack needs is set.")];
  return missing.map((key) =>
    error(`${key} is missing.`, `Type: pulumi config set --secret ${key.replace(/^.*:/, "")} --stack ${stack}`),
  );
}
