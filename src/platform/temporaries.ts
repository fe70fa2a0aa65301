import fs from 'node:fs';
import path from 'node:path';
import {listFolder} from './files.ts';
import {processState} from './identity.ts';

const TEMPORARY = /^\..+\.(\d+)-\d+\.tmp$/;
/** Long enough that no writer, here or in another container, can still be at it. */
const FORGOTTEN_AFTER_MS = 60_000;

/** Remove what killed writers left in a folder (`temporaryName`). */
export function removeForgottenTemporaries(folder: string, now: number): void {
  for (const name of listFolder(folder)) {
    const pid = TEMPORARY.exec(name)?.[1];
    if (pid === undefined || processState(Number(pid))) continue;
    const file = path.join(folder, name);
    const stat = fs.statSync(file, {throwIfNoEntry: false});
    if (stat && now - stat.mtimeMs > FORGOTTEN_AFTER_MS) fs.rmSync(file, {force: true});
  }
}
