import fs from 'node:fs';
import path from 'node:path';
import {listFolder} from './files.ts';
import {processState} from './processes/identity.ts';

const TEMPORARY = /^\..+\.(\d+)-[0-9a-f]+\.tmp$/;
/** Long enough that no writer, here or in another container, can still be at it. */
const FORGOTTEN_AFTER_MS = 60_000;

/** Remove what killed writers left in a folder (`temporaryName`). */
export function removeForgottenTemporaries(folder: string, now: number): void {
  for (const name of listFolder(folder)) {
    const pid = TEMPORARY.exec(name)?.[1];
    if (pid === undefined || isAnother(Number(pid))) continue;
    const file = path.join(folder, name);
    const stat = fs.statSync(file, {throwIfNoEntry: false});
    if (stat && now - stat.mtimeMs > FORGOTTEN_AFTER_MS) fs.rmSync(file, {force: true});
  }
}

/** Whether another process that lives has this pid. What has ours, and is old, was left by one that had it before. */
function isAnother(pid: number): boolean {
  return pid !== process.pid && processState(pid) !== undefined;
}
