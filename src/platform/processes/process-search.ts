// Who belongs to an attempt: whoever carries its token, is in the group or session of its first process, or descends
// from one that is. Out of reach is only who left group and session, lost its parent, and hides or dropped its environment.
//
// P1. The program itself and its own group are never signalled.
// P2. The number of a group counts only as long as each look has found the group; later it may be another's.
// P3. That nobody is left is believed only when everybody has given an answer, twice: a process in the middle of exec or
//     of its end has no environment, which says nothing; and one that forks and ends while its number has been passed,
//     but that of its child not reached, is seen in neither. A child that was there before the second look is seen in it.
// P4. A parent is signalled before its children: a shell whose command is ended first goes on to the next one.

import {setTimeout as pause} from 'node:timers/promises';
import {hasProc, listPids, listProcesses, type ProcessEntry, readLastPid, readProcess} from './process-table.ts';
import {liveGroups} from './start-group.ts';
import {matchToken} from './tokens.ts';

/** Above this many, listing what runs is cheaper than asking for each number. */
const FEW_PIDS = 16;
/** Looks at who was born meanwhile, each taking microseconds. */
const NEWBORN_ROUNDS = 1_000;
/** Between two sweeps for a process that nothing can be said of: it is in the middle of exec, or of its end. */
const UNCLEAR_POLL_MS = 1;
/** Who is not through with it by then never will be: what it waits for is gone (a network drive). */
const UNCLEAR_PATIENCE_MS = 10_000;

/** Where a search looks; the system's own table unless a test says otherwise. */
export interface ProcessTable {
  listProcesses(): Promise<ProcessEntry[]>;
  readProcess(pid: number): ProcessEntry | undefined;
  listPids(): number[];
  readLastPid(): number;
}

const SYSTEM: ProcessTable = {listProcesses, readProcess, listPids, readLastPid};

export interface TokenCarrier {
  pid: number;
  name: string;
  /** The one of those asked for. */
  token: string;
}

/** Live processes that carry one of `tokens`, or a part of it; this process is never among them. */
export async function findByToken(tokens: ReadonlySet<string>): Promise<TokenCarrier[]> {
  return (await new ProcessSearch(tokens).find()).flatMap(({pid, name, token: carried}) => {
    const token = carried && matchToken(carried, tokens);
    return token ? [{pid, name, token}] : [];
  });
}

/** What one sweep has seen; `unclear` are those that may belong as well. */
interface Sweep {
  found: ProcessEntry[];
  unclear: ProcessEntry[];
}

/** What belongs to an attempt, looked up anew each time: it changes while one looks. */
export class ProcessSearch {
  constructor(
    private readonly tokens: ReadonlySet<string>,
    private group?: number,
    private readonly table: ProcessTable = SYSTEM,
  ) {}

  /** Everything that belongs, descendants included; nothing only when two whole looks in a row agree on that (P3). */
  async find(): Promise<ProcessEntry[]> {
    const last = hasProc ? this.table.readLastPid() : 0;
    const patience = new Patience();
    for (let empty = 0; empty < 2; ) {
      const {found, unclear} = await this.inspectAll();
      if (found.length > 0) return found;
      empty = (await patience.isSpentOn(unclear)) ? empty + 1 : 0;
    }
    // Who forks and leaves all the time has gone before a look at everybody comes to him.
    return hasProc ? this.findNewborn(last) : [];
  }

  /**
   * Who belongs of those whose number was given out after `pid`; looks on while numbers are being given out, and at each
   * number twice (P3).
   * @param last The number that was given out last.
   */
  async findNewborn(pid: number, last: number = this.table.readLastPid()): Promise<ProcessEntry[]> {
    const patience = new Patience();
    let [from, seen] = [pid, pid];
    let unclear: ProcessEntry[] = [];
    for (let round = 0; round < NEWBORN_ROUNDS && (from !== last || unclear.length > 0); round++) {
      const pids = this.pidsBetween(from, last);
      const seenNow = this.inspect([...unclear.map(entry => entry.pid), ...pids], last < pid ? 0 : pid);
      if (seenNow.found.length > 0) return seenNow.found;
      unclear = (await patience.isSpentOn(seenNow.unclear)) ? [] : seenNow.unclear;
      [from, seen] = [seen, last];
      last = this.table.readLastPid();
    }
    return [];
  }

  /** @param firstPid Sessions that were begun earlier are somebody else's. */
  private inspect(pids: readonly number[], firstPid: number): Sweep {
    const entries = [...new Set(pids)].flatMap(pid => this.table.readProcess(pid) ?? []);
    return {
      found: entries.filter(entry => this.matches(entry)),
      unclear: entries.filter(entry => entry.isUnclear && entry.session > firstPid),
    };
  }

  private async inspectAll(): Promise<Sweep> {
    const all = await this.table.listProcesses();
    const isOwn = all.some(entry => entry.pid === process.pid && this.isInGroup(entry)); // P1
    const isGone = !isGroup(this.group) && !all.some(entry => entry.session === this.group); // P2
    if (isOwn || isGone) this.group = undefined;
    const found = new Set(all.filter(entry => this.matches(entry)));
    addDescendants(found, all);
    return {
      found: [...found].filter(entry => entry.pid !== process.pid), // P1
      unclear: all.filter(entry => entry.isUnclear),
    };
  }

  /** Numbers of processes that may run, given out after `after` up to `last`; those that we wait for anyway left out. */
  private pidsBetween(after: number, last: number): number[] {
    const haveBegunAgain = last < after;
    const isBetween = (pid: number) => (haveBegunAgain ? pid > after || pid <= last : pid > after && pid <= last);
    const isFew = !haveBegunAgain && last - after <= FEW_PIDS;
    const pids = isFew ? Array.from({length: last - after}, (_, index) => after + 1 + index) : this.table.listPids();
    return pids.filter(pid => isBetween(pid) && !liveGroups.has(pid));
  }

  private matches(entry: ProcessEntry): boolean {
    return (entry.token !== undefined && matchToken(entry.token, this.tokens) !== undefined) || this.isInGroup(entry);
  }

  /** Send one signal to each (P4); the group gets it in one go, which no fork can slip through. */
  signal(targets: readonly ProcessEntry[], signal: NodeJS.Signals): void {
    if (this.group !== undefined && targets.some(entry => this.isInGroup(entry))) send(-this.group, signal);
    for (const entry of parentsFirst(targets)) if (this.hasLeftGroup(entry)) send(entry.pid, signal);
  }

  /** Looked up anew: who leaves between the look and the signal (a daemon does, first of all) gets none with the group. */
  private hasLeftGroup({pid, group, started}: ProcessEntry): boolean {
    if (group !== this.group || !hasProc) return group !== this.group;
    const now = this.table.readProcess(pid);
    return now?.started === started && now.group !== this.group;
  }

  private isInGroup(entry: ProcessEntry): boolean {
    return this.group !== undefined && (entry.group === this.group || entry.session === this.group);
  }
}

/** Who nothing could be said of in all the time there was, by number and start: nobody waits for one twice. */
const hopeless = new Set<string>();

/** The time that a search gives to processes of which nothing can be said. */
class Patience {
  readonly #until = performance.now() + UNCLEAR_PATIENCE_MS;

  /** Wait a moment for those that are unclear. @returns Whether nobody is left who is worth it. */
  async isSpentOn(unclear: readonly ProcessEntry[]): Promise<boolean> {
    const open = unclear.map(({pid, started}) => `${pid} ${started}`).filter(key => !hopeless.has(key));
    if (open.length > 0 && performance.now() >= this.#until) for (const key of open) hopeless.add(key);
    else if (open.length > 0) await pause(UNCLEAR_POLL_MS);
    return open.every(key => hopeless.has(key));
  }
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

function parentsFirst(entries: readonly ProcessEntry[]): ProcessEntry[] {
  const byPid = new Map(entries.map(entry => [entry.pid, entry]));
  const ordered = new Set<ProcessEntry>();
  const add = (entry: ProcessEntry) => {
    const parent = byPid.get(entry.parent);
    byPid.delete(entry.pid);
    if (parent) add(parent);
    ordered.add(entry);
  };
  for (const entry of entries) add(entry);
  return [...ordered];
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
