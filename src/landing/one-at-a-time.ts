import path from 'node:path';
import type {Repository} from '../git/git.ts';
import {acquireLock, acquireLockWaiting} from '../lock/lock.ts';
import type {HeldMilestone} from '../milestone/hold.ts';
import {ownIdentity} from '../platform/processes/identity.ts';

/**
 * Longer than any checkout takes to follow. Whoever has the lock for longer, and of whom nobody here can say whether he lives,
 * as after the end of a container, does not.
 */
const PATIENCE_MS = 120_000;

/**
 * Do what no other landing in the repository does meanwhile: between the move of a branch and that of its checkouts these
 * look as if somebody had changed them, and after a second move nobody would know what they were at.
 * @throws {MilestoneError} as `acquireLock`; what `work` throws.
 */
export async function oneAtATime<T>(
  {commonDir}: Repository,
  {clock, sessionId}: Pick<HeldMilestone, 'clock' | 'sessionId'>,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const folder = path.join(commonDir, 'milestone', 'landing');
  const owner = {purpose: 'command', identity: ownIdentity(), clock, sessionId} as const;
  const lock = await acquireLockWaiting(folder, owner, signal, PATIENCE_MS).catch(() => {
    signal.throwIfAborted();
    return acquireLock(folder, {...owner, takeOver: true});
  });
  try {
    return await work();
  } finally {
    lock.release();
  }
}
