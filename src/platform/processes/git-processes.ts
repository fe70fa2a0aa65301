// Which git processes live on this machine: what a lock file of git does not say.

import {spawnSync} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import {MilestoneError} from '../../errors.ts';
import type {Clock} from '../clock.ts';
import {isGone, type ProcStat} from './identity.ts';
import {hasProc, listPids, readStat, readVariable} from './process-table.ts';
import {workingFolderOf} from './relatives.ts';

/** In the environment of every git that works for a milestone, so that the next executor finds what a dead one left. */
export const GIT_MARKER = 'MILESTONE_GIT';

/**
 * Whether a git that had started by `by` (milliseconds since the epoch) may be at work in one of these folders. Where
 * processes do not show their working directory (without /proc) any git on the machine counts.
 */
export function isGitAtWork(folders: readonly string[], by: number): boolean {
  if (!hasProc) return listWithPs('pid=,comm=').some(line => /(?:^|\/)git[\w-]*$/.test(line));
  const isIn = (pid: number) => folders.some(folder => isInside(workingFolderOf(pid), folder));
  return listPids().some(pid => {
    const stat = readStat(pid);
    if (!stat || isGone(stat.state) || !/^git\b/.test(stat.name)) return false;
    return isIn(pid) && startOf(stat) <= by + START_SLACK_MS;
  });
}

/** Milliseconds for git to take its lock files away. */
const GRACE_MS = 5_000;
/** After SIGKILL only a process that hangs inside the system is left; it must not hang the program too. */
const KILL_PATIENCE_MS = 30_000;

/**
 * End every process that carries `marker`: asked first (git then takes its lock files away), after 5 s by force.
 * @throws {MilestoneError} `GIT_FAILED` when one is left 30 s later.
 */
export async function endMarkedGit(marker: string, clock: Clock): Promise<void> {
  const never = new AbortController().signal;
  const start = clock.elapsed();
  for (let left = marked(marker); left.length > 0; left = marked(marker)) {
    const waitedMs = clock.elapsed() - start;
    if (waitedMs >= GRACE_MS + KILL_PATIENCE_MS) throw cannotEnd(left);
    for (const pid of left) endProcess(pid, waitedMs < GRACE_MS ? 'SIGTERM' : 'SIGKILL');
    await clock.sleep(20, never);
  }
}

function cannotEnd(pids: readonly number[]): MilestoneError {
  const named = pids.map(pid => `pid ${pid}`).join(', ');
  return new MilestoneError('GIT_FAILED', `not even SIGKILL ends what an earlier run had started of git (${named})`, {
    hint: `\`ps -o pid,stat,wchan,args -p ${pids.join(',')}\` shows what it waits for (a network drive?); when it is gone, try again`,
  });
}

function marked(marker: string): number[] {
  const pids = hasProc
    ? listPids().filter(pid => readVariable(pid, GIT_MARKER) === marker)
    : listWithPs('pid=,command=', '-E')
        .filter(line => line.split(' ').includes(`${GIT_MARKER}=${marker}`))
        .map(line => Number.parseInt(line, 10));
  return pids.filter(pid => pid !== process.pid);
}

function endProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself.
  }
}

/** The kernel rounds the time of boot, and counts from there in hundredths of a second. */
const START_SLACK_MS = 2_000;

function startOf({started}: ProcStat): number {
  const bootSeconds = Number(/^btime (\d+)/m.exec(fs.readFileSync('/proc/stat', 'latin1'))?.[1]);
  return bootSeconds * 1_000 + Number(started) * 10;
}

function isInside(location: string | undefined, folder: string): boolean {
  if (location === undefined) return false;
  return location === folder || location.startsWith(folder + path.sep);
}

function listWithPs(columns: string, ...flags: string[]): string[] {
  const {stdout} = spawnSync('ps', ['-axww', ...flags, '-o', columns], {encoding: 'utf8', maxBuffer: 1 << 28});
  return (stdout ?? '').split('\n').map(line => line.trim());
}
