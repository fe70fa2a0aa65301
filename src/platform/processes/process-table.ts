// What runs on this machine, as far as this user may look: /proc where there is one, `ps` elsewhere.

import {execFile} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import {isGone, NO_ENVIRONMENT, type ProcStat, parseProcStat} from './identity.ts';
import {TOKEN_VARIABLE} from './tokens.ts';

export interface ProcessEntry {
  pid: number;
  parent: number;
  group: number;
  /** Equal to `group` where the system does not tell sessions. */
  session: number;
  /** As the system writes it; only equality means something. */
  started: string;
  /** Name of the program, as the system cuts it; may hold any character. */
  name: string;
  /** Its run token; absent also for processes whose environment this user may not read. */
  token?: string;
  /** Present while it has no environment to read: it is just being started, replacing its program, or ending. */
  isUnclear?: true;
}

/** True where processes can be looked at one by one, which costs microseconds. */
export const hasProc: boolean = fs.existsSync('/proc/self/environ');

/** Every process that still runs, the newest first (their lives are the shortest); zombies do not. */
export async function listProcesses(): Promise<ProcessEntry[]> {
  return hasProc
    ? listPids()
        .reverse()
        .flatMap(pid => readProcess(pid) ?? [])
    : parsePs(await runPs());
}

/** One process; undefined when it has ended, also when only its zombie is left. Needs `hasProc`. */
export function readProcess(pid: number): ProcessEntry | undefined {
  const stat = readStat(pid);
  if (!isAlive(stat)) return undefined;
  const {state: _, threads: _1, environment: _2, ...entry} = stat;
  if (entry.group === 0) return entry; // the system's own threads have no group
  const token = readToken(stat);
  if (token === UNCLEAR) return {...entry, isUnclear: true};
  return token === undefined ? entry : {...entry, token};
}

/** When a process started, in the system's own writing, also for one that has ended unreaped; null where only `ps` could tell. */
export function readProcessStarted(pid: number): string | null {
  return (hasProc && readStat(pid)?.started) || null;
}

/** Process ids in /proc; threads are not among them. */
export function listPids(): number[] {
  return fs
    .readdirSync('/proc')
    .map(Number)
    .filter(pid => pid > 0);
}

/** The id given out last, to a process or a thread: ids are given out in order, beginning again after the largest. */
export function readLastPid(): number {
  loadavg ??= fs.openSync('/proc/loadavg', 'r');
  const length = fs.readSync(loadavg, scratch, 0, 128, 0);
  const text = scratch.toString('latin1', 0, length).trimEnd();
  return Number(text.slice(text.lastIndexOf(' ') + 1));
}

/** How many processes and threads the machine has made since it started; 0 where it does not say. Needs `hasProc`. */
export function readForks(): number {
  return Number(/^processes (\d+)$/m.exec(fs.readFileSync('/proc/stat', 'latin1'))?.[1] ?? 0);
}

/** Ids are below this number. */
export function readPidLimit(): number {
  pidLimit ??= Number(fs.readFileSync('/proc/sys/kernel/pid_max', 'latin1'));
  return pidLimit;
}

// Kept open and reused: read once or more per attempt.
let loadavg: number | undefined;
let pidLimit: number | undefined;
let scratch = Buffer.allocUnsafeSlow(64 * 1024);

type Stat = ProcStat & {pid: number};

const UNCLEAR = Symbol('unclear');

/** One process, also one that has ended unreaped. Needs `hasProc`. */
export function readStat(pid: number): Stat | undefined {
  const stat = readStatFile(`/proc/${pid}/stat`);
  return stat && {pid, ...stat};
}

function readStatFile(file: string): ProcStat | undefined {
  return parseProcStat(readProcFile(file)?.toString('latin1'));
}

/**
 * Only a process that has an environment, and one without anything in it, is known to carry no token: in the middle of
 * exec, which on a busy machine can last as long as it likes, there is none, and who is taken for a stranger then would
 * never be found.
 */
function readToken({pid, state}: Stat): string | typeof UNCLEAR | undefined {
  const folder = isGone(state) ? otherThreadOf(pid) : `/proc/${pid}`;
  if (folder === undefined) return UNCLEAR;
  const environment = readProcFile(`${folder}/environ`);
  if (environment === undefined) return fs.existsSync(folder) ? undefined : UNCLEAR;
  if (environment.length > 0) return findVariable(environment, TOKEN_VARIABLE);
  const [from, to] = readStatFile(`${folder}/stat`)?.environment ?? [];
  return from !== undefined && from !== NO_ENVIRONMENT && from === to ? undefined : UNCLEAR;
}

/** The first thread of a program may end before the others; what belongs to all is found through them then. */
function otherThreadOf(pid: number): string | undefined {
  const folder = `/proc/${pid}/task`;
  try {
    return fs
      .readdirSync(folder)
      .filter(name => name !== String(pid))
      .map(name => path.join(folder, name))[0];
  } catch (error) {
    return noneIfHidden(error);
  }
}

function isAlive(entry: Stat | undefined): entry is Stat {
  return entry !== undefined && (!isGone(entry.state) || entry.threads > 1);
}

/** What a process has in its environment by this name; undefined also where that cannot be read. Needs `hasProc`. */
export function readVariable(pid: number, name: string): string | undefined {
  const environment = readProcFile(`/proc/${pid}/environ`);
  return environment && findVariable(environment, name);
}

function findVariable(environment: Buffer, name: string): string | undefined {
  const wanted = `${name}=`;
  for (let at = environment.indexOf(wanted); at !== -1; at = environment.indexOf(wanted, at + 1)) {
    if (at > 0 && environment[at - 1] !== 0) continue;
    const end = environment.indexOf(0, at);
    return environment.toString('latin1', at + wanted.length, end === -1 ? environment.length : end);
  }
  return undefined;
}

/** The content, valid until the next call; undefined when the process is gone or somebody else's. */
function readProcFile(file: string): Buffer | undefined {
  let fd: number;
  try {
    fd = fs.openSync(file, 'r');
  } catch (error) {
    return noneIfHidden(error);
  }
  try {
    let length = 0;
    for (;;) {
      const count = fs.readSync(fd, scratch, length, scratch.length - length, null);
      if (count === 0) return scratch.subarray(0, length);
      length += count;
      if (length === scratch.length) scratch = Buffer.concat([scratch], 2 * length);
    }
  } catch (error) {
    return noneIfHidden(error);
  } finally {
    fs.closeSync(fd);
  }
}

/** Gone or not ours to read. Anything else (no file descriptor left) must not pass for "not there". */
function noneIfHidden(error: unknown): undefined {
  const {code} = error as NodeJS.ErrnoException;
  if (code !== 'ENOENT' && code !== 'ESRCH' && code !== 'EACCES' && code !== 'EPERM') throw error;
}

function runPs(): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(
      'ps',
      ['-axEww', '-o', 'pid=,ppid=,pgid=,stat=,lstart=,command='],
      {encoding: 'latin1', maxBuffer: 1 << 28, env: {...process.env, LC_ALL: 'C', TZ: 'UTC'}},
      (error, output) => (error ? reject(error) : resolve(output)),
    );
  });
}

/** Read what `ps -E` prints: the environment follows the command, parted by blanks only. */
export function parsePs(output: string): ProcessEntry[] {
  const line = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\S+\s+\S+\s+\d+\s+[\d:]+\s+\d+)\s+(\S*)(.*)$/;
  return output.split('\n').flatMap(text => {
    const [, pid, parent, group, state, started, name, rest] = line.exec(text) ?? [];
    if (!pid || state!.startsWith('Z')) return [];
    const token = new RegExp(` ${TOKEN_VARIABLE}=(\\S+)`).exec(rest!)?.[1];
    const entry = {pid: Number(pid), parent: Number(parent), group: Number(group), session: Number(group)};
    return [
      {
        ...entry,
        started: started!.replace(/\s+/g, ' '),
        name: name!.slice(name!.lastIndexOf('/') + 1),
        ...(token && {token}),
      },
    ];
  });
}
