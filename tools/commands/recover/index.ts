/** Brings a stack's state in line with its cluster after a run of pulumi was killed, lost the cluster or crashed. */
import { plannedSteps } from "../../report/compare";
import { readStack } from "../../recording/project";
import { record } from "../../recording/record";
import { UserError } from "../../shared/user-error";
import { expectCluster } from "../../pulumi/pinned-cluster";
import type { Cluster } from "../../cluster/kubectl";
import { liveObjects, titleOf } from "../../cluster/live";
import { expectOwnObjects, tellingObjects } from "../../pulumi/owner";
import { fileBackend, holder, isObjectStore, locksIn } from "../../pulumi/lock";
import { previewStack } from "../../pulumi/preview";
import { mustRun, saidBy } from "../../pulumi/stack";
import type { PulumiStack } from "../../pulumi/stack";
import { parseState, readState } from "../../pulumi/state";
import type { Step } from "../../shared/progress";
import { count } from "../../shared/text";
import { isDamaged, keep, restoreCommand, restoreDamaged } from "./backup";
import { adopt, refresh, stopUpsert } from "../../pulumi/take-up";
import { refuseUnlessFree, unlock } from "../../pulumi/unlock";
import { unknownObjects } from "../../pulumi/unknown";
import type { UnknownObject } from "../../pulumi/unknown";

/** Operations that count; a replacement has steps of its own beside it. */
const CHANGES = ["create", "update", "replace", "delete"];

/** A stack to recover. */
export interface RecoverOptions {
  /** The project's folder. */
  readonly root: string;
  /** Folder pulumi runs in. */
  readonly folder: string;
  readonly pulumi: PulumiStack;
  /** The cluster the stack goes to. */
  readonly cluster: Cluster;
  /** Folder for backups of the state. */
  readonly backups: string;
  /** Config that replaces or adds to the stack file's, by full key. @default {} */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Takes a lock of another machine away too; on Pulumi Cloud, cancels the update it says is in progress. @default false */
  readonly breakLock?: boolean;
  readonly signal: AbortSignal;
}

/** How the stack is once the steps are done. */
export interface Recovered {
  /** How many changes a preview shows, by what it would do, e.g. `create`. */
  readonly changes: Readonly<Record<string, number>>;
  /** Objects that stand where the stack's own would be made, by `<kind> <name>`. They were left alone. */
  readonly foreign: readonly string[];
  /** Objects of the stack that could not be adopted, since they need one of those. */
  readonly blocked: readonly string[];
}

/** A recovery: its steps, in order. Each may be interrupted or killed; the next recovery then does what is left of it. */
export class Recovery {
  /** What was found and done, for the person who asked. */
  public readonly notes: string[] = [];
  private isPinned = false;
  private changes: Readonly<Record<string, number>> = {};
  private unknown: readonly UnknownObject[] = [];

  public constructor(private readonly options: RecoverOptions) {}

  public get result(): Recovered {
    const titles = (own: boolean): string[] =>
      this.unknown.filter(({ isOwn }) => isOwn === own).map(({ object }) => titleOf(object));
    return { changes: this.changes, foreign: titles(false), blocked: titles(true) };
  }

  public steps(): Step[] {
    return [
      { title: "Reach the cluster", run: () => this.reach() },
      { title: "Look at the lock", run: () => this.unlock() },
      { title: "Back up the state", run: () => this.backUp() },
      { title: "Compare the state with the cluster", run: () => this.refresh() },
      { title: "Take up what the state does not know", run: () => this.adopt() },
      { title: "Preview", run: () => this.preview() },
    ];
  }

  /** Compared with another cluster, a state would lose everything. */
  private async reach(): Promise<void> {
    const { root, pulumi, config = {}, cluster, signal } = this.options;
    const file = readStack(root, pulumi.stack);
    const { pinned } = await expectCluster({ ...file, config: { ...file.config, ...config } }, cluster, signal);
    this.isPinned = pinned !== undefined;
  }

  private async unlock(): Promise<void> {
    const { root, folder, pulumi, breakLock = false } = this.options;
    this.notes.push(...(await unlock(pulumi, { root, folder, breakLock })));
  }

  private async backUp(): Promise<void> {
    const { folder, pulumi, backups, cluster, signal } = this.options;
    const backend = fileBackend(await pulumi.backend(), folder);
    if (backend !== undefined && isDamaged(backend, pulumi)) {
      const copy = await restoreDamaged(pulumi, backend, backups);
      this.notes.push(`The state was damaged. It is ${copy} again; the damaged one is kept in ${backups}.`);
    }
    const { stdout } = await mustRun(pulumi, ["stack", "export"], { quiet: true });
    const kept = keep(backups, stdout);
    this.notes.push(`The state as it was: ${kept}. To go back to it: ${restoreCommand(pulumi.stack, kept)}`);
    const state = parseState(stdout);
    const { pending } = state;
    if (!this.isPinned) {
      const telling = tellingObjects(state).map(({ object }) => object);
      expectOwnObjects(pulumi.stack, state, await liveObjects(cluster, telling, signal));
    }
    if (pending.length > 0) this.notes.push(`${count(pending.length, "operation")} cut off.`);
  }

  /** The program runs along: it knows its cluster by more than the state does. */
  private async refresh(): Promise<void> {
    const { pulumi } = this.options;
    const first = await refresh(pulumi, "--run-program");
    if (first.code === 0) return;
    await this.cancel(saidBy(first));
    const second = await refresh(pulumi, "--run-program");
    if (second.code !== 0) throw new UserError(`pulumi refresh failed:\n${saidBy(second)}`);
  }

  /** Where locks cannot be seen, pulumi tells of them when it refuses to run; `cancel` takes them all away. */
  private async cancel(said: string): Promise<void> {
    const { pulumi, breakLock = false } = this.options;
    const url = await pulumi.backend();
    const locks = locksIn(said);
    if (isObjectStore(url) && locks.length > 0) {
      await refuseUnlessFree(locks, pulumi.stack, breakLock);
    } else if (/another update is currently in progress/i.test(said)) {
      if (!breakLock) {
        throw new UserError(
          `Pulumi Cloud says that an update of stack ${pulumi.stack} is in progress, and not whether anybody is still at ` +
            "work on it: its page of the stack names who began it. If nobody is, run this with --break-lock.",
        );
      }
    } else {
      throw new UserError(`pulumi refresh failed:\n${said}`);
    }
    await mustRun(pulumi, ["cancel", "--yes"]);
    const holders = locks.length > 0 ? `a lock that ${locks.map(holder).join(" and ")} left` : "the update in progress";
    this.notes.push(`Cancelled ${holders}.`);
  }

  private async adopt(): Promise<void> {
    const { root, pulumi, config = {}, cluster, signal } = this.options;
    // a recovery may have been killed before it did
    await stopUpsert(pulumi);
    const state = await readState(pulumi);
    if (state === undefined) return;
    const recording = await record(pulumi.stack, { root, config, signal });
    this.unknown = await unknownObjects({ recording, state, cluster, signal });
    const adopted = await adopt(pulumi, recording, state, this.unknown);
    this.unknown = this.unknown.filter((object) => !adopted.includes(object));
    if (adopted.length === 0) return;
    this.notes.push(`Taken into the state: ${adopted.map(({ object }) => titleOf(object)).join(", ")}.`);
  }

  private async preview(): Promise<void> {
    const { output, failure } = await previewStack(this.options.pulumi);
    if (failure !== undefined) {
      const errors = (output.diagnostics ?? [])
        .filter(({ severity }) => severity === "error")
        .map(({ message }) => message.trim());
      const said = errors.length > 0 ? `pulumi preview failed:\n${errors.join("\n")}` : failure;
      throw new UserError(`The state is right, and ${said}`);
    }
    const changes: Record<string, number> = {};
    for (const { op } of plannedSteps(output)) if (CHANGES.includes(op)) changes[op] = (changes[op] ?? 0) + 1;
    this.changes = changes;
  }
}
