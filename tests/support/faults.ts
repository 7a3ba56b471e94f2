/** What a disturbed run of pulumi leaves, and whether a stack is what it should be after recover. */
import type { Cluster } from "../../tools/cluster/kubectl";
import { ownerOf } from "../../tools/pulumi/owner";
import type { LiveObject as ClusterObject } from "../../tools/cluster/live";
import { parseState } from "../../tools/pulumi/state";
import { marks, ownObjects, unlikeRendered } from "../engine/live";
import type { Config, LiveObject } from "./engine";
import { keepResults, readResults } from "./fault-results";
import type { FaultResult } from "./fault-results";
import type { Write } from "./fault-proxy";
import { DESTROY, UP } from "./faulty-stack";
import type { FaultyStack } from "./faulty-stack";
import { processesOf } from "./kill";
import { eventually } from "./programs";

/** As much of a result as is known before the end of its series. */
export type Disturbed = Pick<FaultResult, "write" | "locks" | "pending" | "unknown" | "fails">;

/**
 * Looks at a stack after a run of pulumi was disturbed, shows whether a plain run with `args` fails, and recovers it.
 * @throws Error if recover does not bring it in order.
 */
export async function disturbed(
  cluster: Cluster,
  stack: FaultyStack,
  { method, path }: Pick<Write, "method" | "path">,
  args: readonly string[],
): Promise<Disturbed> {
  const { code: unread, stdout } = await stack.engine.try(["stack", "export"], { quiet: true });
  // a kill in the midst of writing leaves a state that cannot be read: then no object is known
  const state = unread === 0 ? parseState(stdout) : { resources: [], pending: [], mark: undefined };
  const objects = (await ownObjects(cluster, stack)) as unknown as ClusterObject[];
  const unknown = objects.filter((object) => unread !== 0 || ownerOf(object, state) === "own").length;
  const locks = stack.locks().length;
  const { code } = await stack.try(args);
  const { foreign, blocked } = await stack.recover();
  const after = await stack.read();
  await eventually(() => Promise.resolve(processesOf(stack).length === 0 ? true : undefined));
  const left = [...stack.locks(), ...after.pending, ...foreign, ...blocked];
  if (left.length > 0) throw new Error(`after recover there is still ${JSON.stringify(left)}`);
  return { write: `${method} ${path}`, locks, pending: state.pending.length, unknown, fails: code !== 0 };
}

/** One run that is disturbed. */
export interface Disturbance {
  /** The series of its own, and the row of the page. */
  readonly series: string;
  readonly row: string;
  /** Disturbs a `pulumi up`, and gives how many faults it was and where. */
  readonly disturb: () => Promise<{ readonly write: Pick<Write, "method" | "path">; readonly faults: number }>;
}

/**
 * Creates a stack in a disturbed way, recovers it, keeps what came of it and takes the stack off again. What an earlier
 * run has tried is left out. Gives what is not as it should be, a line each.
 */
export async function tryCreation(stack: FaultyStack, disturbance: Disturbance): Promise<string[]> {
  if (isTried(disturbance.series)) return [];
  const wrong = await tryRun(stack, disturbance);
  if (wrong.length === 0) await stack.run(DESTROY);
  return wrong;
}

/** The same for an update of a stack that is deployed first, and stays. */
export async function tryUpdate(stack: FaultyStack, change: Config, disturbance: Disturbance): Promise<string[]> {
  if (isTried(disturbance.series)) return [];
  await stack.up();
  await stack.whenReady();
  stack.change(change);
  return tryRun(stack, disturbance);
}

/** True for what an earlier run has tried. */
export function isTried(series: string): boolean {
  return readResults().some((result) => result.series === series);
}

async function tryRun(stack: FaultyStack, { series, row, disturb }: Disturbance): Promise<string[]> {
  const wanted = await Wanted.of(stack.direct, stack);
  const { write, faults } = await disturb();
  stack.proxy.expect();
  const found = { ...(await disturbed(stack.direct, stack, write, UP)), faults };
  await stack.up();
  const wrong = await wanted.missed(false);
  keepResults([{ ...found, series, row, converged: wrong.length === 0 }]);
  return wrong;
}

/** What must be the same after all faults: generated passwords. */
export class Wanted {
  private constructor(
    private readonly cluster: Cluster,
    private readonly stack: FaultyStack,
    private readonly secrets: Readonly<Record<string, string>>,
  ) {}

  public static async of(cluster: Cluster, stack: FaultyStack): Promise<Wanted> {
    return new Wanted(cluster, stack, await secretsOf(stack));
  }

  /** What is not as it should be, a line each. */
  public async missed(destroyed: boolean): Promise<string[]> {
    const { cluster, stack } = this;
    if (destroyed) {
      const gone = async (): Promise<true | undefined> =>
        (await ownObjects(cluster, stack)).length === 0 ? true : undefined;
      await eventually(gone, 60_000).catch(() => undefined);
      const left = Object.keys(marks(await ownObjects(cluster, stack), "uid"));
      return [...left.map((title) => `${title} is still there`), ...(await stack.state())];
    }
    await stack.whenReady();
    const { resources } = await stack.read();
    const secrets = await secretsOf(stack);
    return [
      ...(await unlikeRendered(cluster, stack)),
      ...(await stack.plan()).map((line) => `another up would ${line}`),
      ...resources
        .filter(({ inputs }) => inputs?.upsertExistingObjects !== undefined)
        .map(({ urn }) => `${urn} still takes over what exists`),
      ...Object.keys(this.secrets)
        .filter((name) => secrets[name] !== this.secrets[name])
        .map((name) => `Secret ${name} has other values`),
    ];
  }
}

async function secretsOf(stack: FaultyStack): Promise<Record<string, string>> {
  interface Secret extends LiveObject {
    readonly data?: Readonly<Record<string, string>>;
  }
  const found = await stack.live<Secret>("secrets");
  return Object.fromEntries(found.map(({ metadata, data }) => [metadata.name, JSON.stringify(data)]));
}
