import path from 'node:path';
import {findCommonDir} from '../git/common-dir.ts';
import type {MilestoneId} from '../plan/plan.ts';
import {ownIdentity} from '../platform/processes/identity.ts';
import {type LockHolder, readLockOwner} from './lock.ts';
import {locksFolderOf} from './locks-folder.ts';

/**
 * Who executes a milestone, found without git; `undefined` when nobody does.
 * @throws {MilestoneError} `IO_FAILED`
 */
export function readExecutor(home: string, id: MilestoneId): LockHolder | undefined {
  const commonDir = findCommonDir(path.dirname(home));
  const locks = locksFolderOf(home, commonDir === undefined ? undefined : {commonDir});
  const holder = readLockOwner(path.join(locks, id), ownIdentity());
  // What a short command does is over before anybody has read of it.
  return holder?.owner?.purpose === 'command' ? undefined : holder;
}
