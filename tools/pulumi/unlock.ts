/** Takes away what a run of pulumi that is over has left: its lock, plugins that go on without it, half-written files. */
import { UserError } from "../shared/user-error";
import { fileBackend, holder, lockProblem, readLocks, removeLock } from "./lock";
import type { Lock } from "./lock";
import type { PulumiStack } from "./stack";
import { removeDamagedAttributes } from "./attributes";
import { endOrphans } from "./orphans";

/** What to take away. */
export interface UnlockOptions {
  /** The project's folder. */
  readonly root: string;
  /** Folder pulumi runs in. */
  readonly folder: string;
  /** Takes away locks of other machines too. @default false */
  readonly breakLock?: boolean;
}

/**
 * Unlocks a stack in a file backend, whose locks can be seen, and gives what was done, a line each.
 * @throws UserError if the lock may be of somebody who is at work.
 */
export async function unlock(
  stack: PulumiStack,
  { root, folder, breakLock = false }: UnlockOptions,
): Promise<string[]> {
  const backend = fileBackend(await stack.backend(), folder);
  const locks = backend === undefined ? [] : readLocks(backend, stack.project, stack.stack);
  await refuseUnlessFree(locks, stack.stack, breakLock);
  // before the lock is gone: one of them may still be writing to the cluster
  const ended = await endOrphans([root, folder]);
  for (const lock of locks) removeLock(lock);
  const damaged = backend === undefined ? 0 : removeDamagedAttributes(backend, stack);
  return [
    ...locks.map((lock) => `Removed a lock that ${holder(lock)} left.`),
    ...ended.map((plugin) => `Ended ${plugin}, which a killed pulumi left running.`),
    ...(damaged === 0 ? [] : ["Removed attributes of the state's files, of which a killed pulumi had written a part."]),
  ];
}

/** @throws UserError if one of the locks may be of somebody who is at work. */
export async function refuseUnlessFree(locks: readonly Lock[], stack: string, breakLock: boolean): Promise<void> {
  for (const lock of locks) {
    const { judgement, message, remedy } = await lockProblem(lock, stack);
    if (judgement === "dead" || (judgement === "foreign" && breakLock)) continue;
    throw new UserError(`${message} ${remedy}`);
  }
}
