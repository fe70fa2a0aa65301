import fs from 'node:fs';
import {hasProc, listProcesses, type ProcessEntry, readProcess} from './process-table.ts';

export interface Relatives {
  /** The process itself, its parent, and so on; those that still run. */
  line: ProcessEntry[];
  /** The first processes of the groups and sessions that those are in, as far as they still run. */
  leaders: ProcessEntry[];
}

/** Whom a process comes from: what it was started by, and, where that has ended, whose session it is in. */
export async function relativesOf(pid: number): Promise<Relatives> {
  const find = hasProc ? readProcess : await finderInList();
  const line: ProcessEntry[] = [];
  const seen = new Set<number>();
  for (let at = find(pid); at && !seen.has(at.pid); at = find(at.parent)) {
    seen.add(at.pid);
    line.push(at);
  }
  const ids = new Set(line.flatMap(({group, session}) => [group, session]));
  return {line, leaders: [...ids].flatMap(id => find(id) ?? [])};
}

/** Folder that a process works in; undefined when it is gone, or where only the system could say. */
export function workingFolderOf(pid: number): string | undefined {
  try {
    return pid === process.pid ? process.cwd() : fs.readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

async function finderInList(): Promise<(pid: number) => ProcessEntry | undefined> {
  const byPid = new Map((await listProcesses()).map(entry => [entry.pid, entry]));
  return pid => byPid.get(pid);
}
