// Who executes a milestone: one answer, for everybody who asks.

import path from 'node:path';
import {findCommonDir} from '../git/common-dir.ts';
import type {Repository} from '../git/git.ts';
import type {MilestoneId} from '../plan/plan.ts';
import type {Clock} from '../platform/clock.ts';
import {ownIdentity} from '../platform/processes/identity.ts';
import {readLockOwner} from './lock.ts';
import {type Holder, isAtWork, NOBODY} from './lock-holder.ts';

/** Folder of all locks: in git's common folder, so that two checkouts never execute one id; outside git in the home. */
export function locksFolderOf(home: string, repo: Pick<Repository, 'commonDir'> | undefined): string {
  return repo ? path.join(repo.commonDir, 'milestone', 'locks') : path.join(home, 'locks');
}

/** The same, found without git. */
export function findLocksFolder(home: string): string {
  const commonDir = findCommonDir(path.dirname(home));
  return locksFolderOf(home, commonDir === undefined ? undefined : {commonDir});
}

/**
 * Who executes a milestone, found without git.
 * @throws {MilestoneError} `IO_FAILED`
 */
export function readExecutor(home: string, id: MilestoneId): Holder {
  const holder = readLockOwner(path.join(findLocksFolder(home), id), ownIdentity());
  // What a short command does is over before anybody has read of it.
  return holder.owner?.purpose === 'command' ? NOBODY : holder;
}

/** Whether somebody executes a milestone, as far as anybody can tell. */
export function isExecuted(home: string, id: MilestoneId): boolean {
  return isAtWork(readExecutor(home, id).who);
}

/**
 * Resolve once an executor is gone, at two looks: what it wrote last can be read by then.
 * @param isThere Looks whether it is.
 * @param everyMs Between two looks.
 * @returns False when `signal` aborted first.
 */
export async function untilGone(
  isThere: () => boolean,
  {clock, everyMs, signal}: {clock: Clock; everyMs: number; signal: AbortSignal},
): Promise<boolean> {
  for (let misses = 0; !signal.aborted; ) {
    misses = isThere() ? 0 : misses + 1;
    if (misses === 2) return true;
    await clock.sleep(everyMs, signal).catch(() => undefined);
  }
  return false;
}
