import {randomBytes} from 'node:crypto';
import os from 'node:os';
import path from 'node:path';
import {MilestoneError} from '../errors.ts';
import {acquireLock, type Lock, readLockOwner} from '../lock/lock.ts';
import {tokensLeftBy} from '../lock/lock-holder.ts';
import type {Clock} from '../platform/clock.ts';
import {readIfExists, replaceFile} from '../platform/files.ts';
import {endLeftovers} from '../platform/processes/end-processes.ts';
import {ownIdentity} from '../platform/processes/identity.ts';

export interface OwnFolder {
  /** Of the worker, unlike that of any other on this machine. */
  name: string;
  /** Goes with the folder: who takes that over has what lies there. */
  id: string;
  folder: string;
  release(): void;
}

/** Workers of one user on one machine. */
const MOST = 100;

/**
 * Take the first folder that no living worker of this machine has, and end what a dead one has left running.
 * @throws {MilestoneError} `LOCKED`, those of the file system
 */
export async function takeOwnFolder(stateFolder: string, clock: Clock): Promise<OwnFolder> {
  for (let number = 1; ; number++) {
    const folderName = `${os.hostname()}-${number}`;
    const folder = path.join(stateFolder, folderName);
    const lock = tryLock(path.join(folder, 'lock'), {clock, isLast: number === MOST});
    if (!lock) continue;
    if (lock.left.size > 0) await endLeftovers(lock.left, clock);
    const id = idOf(folder);
    // Machines, and users of one, may have one name.
    return {name: `${folderName}-${id.slice(0, 4)}`, id, folder, release: () => lock.lock.release()};
  }
}

function idOf(folder: string): string {
  const file = path.join(folder, 'id');
  const known = readIfExists(file)?.trim();
  if (known !== undefined && /^[0-9a-f]+$/.test(known)) return known;
  const id = randomBytes(6).toString('hex');
  replaceFile(file, `${id}\n`, {durable: true});
  return id;
}

function tryLock(folder: string, {clock, isLast}: {clock: Clock; isLast: boolean}) {
  const identity = ownIdentity();
  const left = tokensLeftBy(readLockOwner(folder, identity), folder);
  try {
    return {lock: acquireLock(folder, {purpose: 'execute', identity, clock}) satisfies Lock, left};
  } catch (error) {
    if (error instanceof MilestoneError && error.code === 'LOCKED' && !isLast) return undefined;
    throw error;
  }
}
