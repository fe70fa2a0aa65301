// Finds the processes of one rig: each inherits the rig's marker in its environment, wherever it went since.

import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import {setTimeout as pause} from 'node:timers/promises';

/** Name of the environment variable that every process of a rig inherits. */
export const MARKER = 'RIG_MARKER';

export interface MarkedProcess {
  pid: number;
  /** Its command line, for messages. */
  command: string;
}

/** Live processes (not zombies) of this user that carry `marker`; this process never does. */
export function findMarked(marker: string): MarkedProcess[] {
  return fs.existsSync('/proc/self/environ') ? findInProc(marker) : findWithPs(marker);
}

/** End every process that carries `marker`, also those that are born meanwhile. Resolves when none is left. */
export async function endMarked(marker: string): Promise<void> {
  for (let left = findMarked(marker); left.length > 0; left = findMarked(marker)) {
    for (const {pid} of left) killIfAlive(pid);
    await pause(2); // not our children: nothing announces their end
  }
}

/** Send SIGKILL to a process that may have ended already. */
export function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function findInProc(marker: string): MarkedProcess[] {
  const found: MarkedProcess[] = [];
  for (const name of fs.readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    try {
      if (!fs.readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(`${MARKER}=${marker}`)) continue;
      const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
      if (/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2))) continue;
      found.push({pid, command: fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()});
    } catch {
      // ended meanwhile, or somebody else's
    }
  }
  return found;
}

function findWithPs(marker: string): MarkedProcess[] {
  const lines = execFileSync('ps', ['-axEwwo', 'pid=,stat=,command='], {encoding: 'utf8', maxBuffer: 1 << 28}).split(
    '\n',
  );
  return lines.flatMap(line => {
    const match = /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(line);
    if (!match || match[2]!.startsWith('Z') || !line.includes(`${MARKER}=${marker}`)) return [];
    return [{pid: Number(match[1]), command: match[3]!}];
  });
}
