// Who belongs to an attempt: whoever carries its token, is in the group or session of its first process, or descends
// from one that is. Out of reach is only who left group and session, lost its parent, and hides or dropped its environment.
//
// P1. The program itself and its own group are never signalled.
// P2. The number of a group counts only as long as each look has found the group; later it may be another's.

import {hasProc, listPids, listProcesses, type ProcessEntry, readLastPid, readProcess} from './process-table.ts';
import {liveGroups, starters} from './start-group.ts';
import {matchToken} from './tokens.ts';

/** Above this many, listing what runs is cheaper than asking for each number. */
const FEW_PIDS = 128;
/** Looks at who was born meanwhile, each taking microseconds. */
const NEWBORN_LOOKS = 1_000;

export interface TokenCarrier {
  pid: number;
  name: string;
  /** The one of those asked for. */
  token: string;
}

/** Live processes that carry one of `tokens`, or a part of it; this process is never among them. */
export async function findByToken(tokens: ReadonlySet<string>): Promise<TokenCarrier[]> {
  return (await listProcesses()).flatMap(({pid, name, token: carried}) => {
    const token = carried && matchToken(carried, tokens);
    return token && pid !== process.pid ? [{pid, name, token}] : [];
  });
}

/** What belongs to an attempt, looked up anew each time: it changes while one looks. */
export class ProcessSearch {
  constructor(
    private readonly tokens: ReadonlySet<string>,
    private group?: number,
  ) {}

  /** Everything that belongs, descendants included. */
  async find(): Promise<ProcessEntry[]> {
    const last = hasProc ? readLastPid() : 0;
    const found = await this.findInTable();
    // Who forks and leaves all the time has gone before a look at everybody comes to him.
    return found.length === 0 && hasProc ? this.findNewborn(last) : found;
  }

  /**
   * Who belongs of those whose number was given out after `pid`; looks on while numbers are being given out.
   * @param last The number that was given out last.
   */
  findNewborn(pid: number, last: number = readLastPid()): ProcessEntry[] {
    let seen = pid;
    for (let look = 0; look < NEWBORN_LOOKS; look++) {
      if (last === seen) return [];
      const found: ProcessEntry[] = [];
      for (const newborn of pidsBetween(last < seen ? 0 : seen, last)) {
        const entry = readProcess(newborn, starters);
        if (entry && this.matches(entry)) found.push(entry);
      }
      if (found.length > 0) return found;
      seen = last;
      last = readLastPid();
    }
    return [];
  }

  private async findInTable(): Promise<ProcessEntry[]> {
    const all = await listProcesses();
    const isOwn = all.some(entry => entry.pid === process.pid && this.isInGroup(entry)); // P1
    const isGone = !isGroup(this.group) && !all.some(entry => entry.session === this.group); // P2
    if (isOwn || isGone) this.group = undefined;
    const found = new Set(all.filter(entry => this.matches(entry)));
    addDescendants(found, all);
    return [...found].filter(entry => entry.pid !== process.pid); // P1
  }

  private matches(entry: ProcessEntry): boolean {
    return (entry.token !== undefined && matchToken(entry.token, this.tokens) !== undefined) || this.isInGroup(entry);
  }

  /** Send one signal to each; the group gets it in one go, which no fork can slip through. */
  signal(targets: readonly ProcessEntry[], signal: NodeJS.Signals): void {
    if (this.group !== undefined) send(-this.group, signal);
    for (const {pid, group} of targets) if (group !== this.group) send(pid, signal);
  }

  private isInGroup(entry: ProcessEntry): boolean {
    return this.group !== undefined && (entry.group === this.group || entry.session === this.group);
  }
}

/** Numbers of processes that may run, in (after, last], the newest first; those that we wait for anyway left out. */
function pidsBetween(after: number, last: number): number[] {
  if (last - after > FEW_PIDS)
    return listPids()
      .reverse()
      .filter(pid => pid > after && pid <= last && !liveGroups.has(pid));
  const pids: number[] = [];
  for (let pid = last; pid > after; pid--) if (!liveGroups.has(pid)) pids.push(pid);
  return pids;
}

function isGroup(group: number | undefined): boolean {
  return group !== undefined && send(-group, 0);
}

function addDescendants(found: Set<ProcessEntry>, all: readonly ProcessEntry[]): void {
  const pids = new Set([...found].map(entry => entry.pid));
  for (let before = 0; pids.size > 0 && before !== pids.size; ) {
    before = pids.size;
    for (const entry of all) {
      if (pids.has(entry.pid) || !pids.has(entry.parent) || entry.pid === process.pid) continue;
      found.add(entry);
      pids.add(entry.pid);
    }
  }
}

/** @returns Whether there was anybody. */
function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    // Ended meanwhile, or become another user's (the next look tells): nothing that a signal could do.
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
    return code === 'EPERM';
  }
}
