import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const MEMORY = '/dev/shm';
const ENOUGH_BYTES = 4 * 1024 ** 3;

/**
 * Where tests keep what they make: in memory where there is plenty, else where the system says. A run of the program
 * syncs dozens of times, and nothing of a test has to survive the machine.
 */
export function temporaryFolder(): string {
  return isRoomy(MEMORY) && canExecuteIn(MEMORY) ? MEMORY : os.tmpdir();
}

function isRoomy(folder: string): boolean {
  if (process.platform !== 'linux' || !fs.existsSync(folder)) return false;
  const {bavail, bsize} = fs.statfsSync(folder);
  return bavail * bsize >= ENOUGH_BYTES && os.freemem() >= ENOUGH_BYTES;
}

/** Containers mount it so that no program in it starts. */
function canExecuteIn(folder: string): boolean {
  const file = path.join(folder, `milestone-can-execute.${process.pid}`);
  try {
    fs.writeFileSync(file, '#!/bin/sh\n', {mode: 0o755});
    execFileSync(file);
    return true;
  } catch {
    return false;
  } finally {
    fs.rmSync(file, {force: true});
  }
}
