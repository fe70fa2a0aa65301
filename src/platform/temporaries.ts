// Temporary files that killed writers left, told from those that are being written.

import fs from 'node:fs';
import path from 'node:path';
import {listFolder} from './files.ts';
import {ownIdentity, processState, startMark, whereMark} from './processes/identity.ts';

/**
 * Pid, where that pid means something, when the process began; names of earlier versions have the pid alone. Objects of
 * git that are being written have names of their own.
 */
const TEMPORARY = /^(?:\..+\.|tmp_obj_)(\d+)-(?:([0-9a-f]{8})-([0-9a-f]{8})-)?[0-9a-f]+\.tmp$/;
/** Long enough that no writer in another container, or of whom nobody can say when he began, can still be at it. */
const FORGOTTEN_AFTER_MS = 60_000;

/** Remove what killed writers left in a folder (`temporaryName`). */
export function removeForgottenTemporaries(folder: string, now: number): void {
  const here = whereMark(ownIdentity());
  for (const name of listFolder(folder)) {
    const [, pid, where, started] = TEMPORARY.exec(name) ?? [];
    if (pid === undefined) continue;
    const file = path.join(folder, name);
    const isDead =
      where === here ? isGone(Number(pid), started as string) : !isAnother(Number(pid)) && isOld(file, now);
    // Of this process: nothing takes it that long.
    if (isDead || (Number(pid) === process.pid && isOld(file, now))) fs.rmSync(file, {force: true});
  }
}

function isGone(pid: number, started: string): boolean {
  const state = processState(pid);
  return state === undefined || state.zombie || startMark(state.startTime) !== started;
}

/** Whether another process that lives has this pid. What has ours, and is old, was left by one that had it before. */
function isAnother(pid: number): boolean {
  return pid !== process.pid && processState(pid) !== undefined;
}

function isOld(file: string, now: number): boolean {
  const stat = fs.statSync(file, {throwIfNoEntry: false});
  return stat !== undefined && now - stat.mtimeMs > FORGOTTEN_AFTER_MS;
}
