// At most one process works on a milestone. The lock is a folder of numbered files, the generations; the highest rules.
//
//          link(n+1)                     append                    link(n+1)
//   free ─────────────> held by a process ──────> released ───────────────────> held by another
//                             │                                                      ▲
//                             └── its process is dead, or `--take-over` ─────────────┘
//
// K1. A generation is made whole by link(2), of which exactly one of several succeeds. It is never changed but by its
//     owner, and the highest is never deleted, so whoever made a number that was free again finds a higher one.
// K2. Lower generations are deleted from the lowest up. So if generation n+1 is absent and n is still there
//     afterwards, nobody had taken over when the look began.
// K3. Whether an owner is dead is decided by who it is (lock-owner.ts), never by how old the lock is.

import fs from 'node:fs';
import {MilestoneError} from '../errors.ts';
import type {Clock} from '../platform/clock.ts';
import {fileError, folderNumber, makeFolder} from '../platform/files.ts';
import type {Identity} from '../platform/processes/identity.ts';
import {tokenOfExecutor} from '../platform/processes/tokens.ts';
import {
  appendRelease,
  exists,
  generationFile,
  highestGeneration,
  linkWhole,
  readGeneration,
  removeLeftovers,
} from './generations.ts';
import {
  type Holder,
  holderOf,
  isInTheWay,
  type LockOwner,
  type LockPurpose,
  lockedError,
  NOBODY,
} from './lock-holder.ts';

export type {Holder, LockOwner, LockPurpose} from './lock-holder.ts';

export interface LockOptions {
  purpose: LockPurpose;
  identity: Identity;
  clock: Clock;
  sessionId?: string;
  /** The lock is on a checkout, for this milestone. */
  checkoutFor?: string;
  /** Carried by what is started under the lock, besides the token of this process. */
  tokens?: readonly string[];
  /** Take the lock also from an owner of whom nobody here can say whether it lives; never from one that does. */
  takeOver?: boolean;
}

const WAIT_POLL_MS = 50;

export class Lock {
  constructor(
    private readonly folder: string,
    readonly generation: number,
    readonly owner: LockOwner,
  ) {}

  /**
   * Make sure that the lock is still ours: before every sync of the log and every ref update. Two calls of stat.
   * @throws {MilestoneError} `LOCK_LOST`
   */
  check(): void {
    if (this.isHeld()) return;
    throw new MilestoneError('LOCK_LOST', `another process took over the lock \`${this.folder}\``, {
      hint: 'see `milestone status` for who works on this milestone now',
    });
  }

  /**
   * Let others have it; nothing happens when they already do.
   * @throws {MilestoneError} `DISK_FULL`, `READ_ONLY`, `IO_FAILED`; the lock is then free once this process has ended.
   */
  release(): void {
    if (!this.isHeld()) return;
    try {
      appendRelease(this.file(0));
    } catch (error) {
      if (this.isHeld()) throw fileError(error, `release the lock \`${this.folder}\``);
    }
  }

  /** K2: the order of the two looks matters. */
  private isHeld(): boolean {
    return !exists(this.file(1)) && exists(this.file(0));
  }

  private file(ahead: number): string {
    return generationFile(this.folder, this.generation + ahead);
  }
}

/**
 * Take the lock in `folder`, which is made if it does not exist.
 * @throws {MilestoneError} `LOCKED`, naming the owner; `DISK_FULL`, `READ_ONLY`, `IO_FAILED`.
 */
export function acquireLock(folder: string, options: LockOptions): Lock {
  const taken = tryAcquire(folder, options);
  if (taken instanceof Lock) return taken;
  throw lockedError(folder, taken);
}

/**
 * Take the lock, and wait for one that a short command holds; one that an execution holds is not waited for.
 * @param timeoutMs How long to wait.
 * @throws {MilestoneError} as `acquireLock`; the signal's reason when it aborts.
 */
export async function acquireLockWaiting(
  folder: string,
  options: LockOptions,
  signal: AbortSignal,
  timeoutMs = 30_000,
): Promise<Lock> {
  const {clock} = options;
  const startedAt = clock.elapsed();
  for (;;) {
    const taken = tryAcquire(folder, options);
    if (taken instanceof Lock) return taken;
    const mayEnd = taken.owner?.purpose === 'command' && clock.elapsed() - startedAt < timeoutMs;
    if (!mayEnd) throw lockedError(folder, taken);
    await clock.sleep(WAIT_POLL_MS, signal);
  }
}

/**
 * Who holds the lock.
 * @param here The process that asks.
 * @throws {MilestoneError} `IO_FAILED`
 */
export function readLockOwner(folder: string, here: Identity): Holder {
  for (;;) {
    const generation = highestGeneration(folder);
    if (generation === 0) return NOBODY;
    const content = readGeneration(folder, generation);
    if (content !== undefined) return holderOf(content, here);
  }
}

/** The lock, or who has it. */
function tryAcquire(folder: string, options: LockOptions): Lock | Holder {
  const {identity, takeOver = false} = options;
  for (;;) {
    const highest = highestGeneration(folder);
    const content = highest === 0 ? undefined : readGeneration(folder, highest);
    if (highest > 0 && content === undefined) continue; // a higher one was made, and this one deleted, as we looked
    const holder = content === undefined ? NOBODY : holderOf(content, identity);
    if (isInTheWay(holder, takeOver)) return holder;
    const lock = makeGeneration(folder, highest + 1, ownerFrom(options));
    if (lock) return lock;
  }
}

function ownerFrom({identity, purpose, sessionId, checkoutFor, tokens = [], clock}: LockOptions): LockOwner {
  const since = new Date(clock.now()).toISOString();
  return {
    ...identity,
    purpose,
    ...(sessionId !== undefined && {session_id: sessionId}),
    ...(checkoutFor !== undefined && {checkout_for: checkoutFor}),
    since,
    ...(purpose === 'execute' && {tokens: [tokenOfExecutor(), ...tokens]}),
  };
}

/** K1: exactly one process gets generation n, and it rules if there is no higher one; `undefined` for all others. */
function makeGeneration(folder: string, generation: number, owner: LockOwner): Lock | undefined {
  const file = generationFile(folder, generation);
  try {
    makeFolder(folder);
    const said = {...owner, folder: folderNumber(folder)};
    if (!linkWhole(file, `${JSON.stringify(said)}\n`)) return undefined;
    const lock = new Lock(folder, generation, said);
    // The generation that we found stale may itself have been deleted since, and its number come free again.
    if (highestGeneration(folder) !== generation || !exists(file)) {
      fs.rmSync(file, {force: true});
      return undefined;
    }
    removeLeftovers(folder, generation);
    return lock;
  } catch (error) {
    throw error instanceof MilestoneError ? error : fileError(error, `take the lock \`${folder}\``);
  }
}
