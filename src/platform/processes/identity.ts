// Who a process is. A pid alone names another process after a reboot, in a container, or when the numbers come round.

import type childProcess from 'node:child_process';
import fs from 'node:fs';
import {createRequire} from 'node:module';
import os from 'node:os';
import {crc32} from '../crc32.ts';

/** A process, so that no other one at any time is taken for it. */
export interface Identity {
  pid: number;
  /** When it started, in the system's own words: only equality means something. Null where nobody can tell. */
  process_started: string | null;
  /** Changes with every boot. Null where nobody can tell. */
  boot_id: string | null;
  /** Pids mean something only within one. Null on systems that have none. */
  pid_namespace: string | null;
  host: string;
}

/** What the system says about a pid that is in use. */
export interface ProcessState {
  startTime: string | null;
  /** It has ended, only its parent has not asked yet. */
  zombie: boolean;
}

const isLinux = process.platform === 'linux';

let own: Identity | undefined;

/** Of this process; asked for once, it stays the same. */
export function ownIdentity(): Identity {
  own ??= {
    pid: process.pid,
    process_started: processState(process.pid)?.startTime ?? null,
    boot_id: isLinux ? readTrimmed('/proc/sys/kernel/random/boot_id') : run('sysctl', ['-n', 'kern.bootsessionuuid']),
    pid_namespace: isLinux ? pidNamespace() : null,
    host: os.hostname(),
  };
  return own;
}

/** Eight characters for the system in which a pid means something. */
export function whereMark({boot_id, pid_namespace}: Identity): string {
  return mark(`${boot_id} ${pid_namespace}`);
}

/** Eight characters for the moment at which a process began, in the system's own words. */
export function startMark(startTime: string | null): string {
  return mark(String(startTime));
}

function mark(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}

/** The process that has this pid now, in this pid namespace; `undefined` when there is none. */
export function processState(pid: number): ProcessState | undefined {
  const state = isLinux ? stateFromProc(pid) : stateFromPs(pid);
  if (state || !isPidInUse(pid)) return state;
  return {startTime: null, zombie: false}; // there, but hidden from us
}

/** Whether a process still runs; a pid of another host or pid namespace says nothing here. */
export function isAlive(owner: Identity, here: Identity): boolean | 'unknown' {
  if (owner.host !== here.host || owner.pid_namespace !== here.pid_namespace) return 'unknown';
  if (owner.boot_id !== here.boot_id) return false;
  const state = processState(owner.pid);
  if (!state || state.zombie) return false;
  const isAnother =
    owner.process_started !== null && state.startTime !== null && owner.process_started !== state.startTime;
  return !isAnother;
}

function stateFromProc(pid: number): ProcessState | undefined {
  const stat = parseProcStat(readTrimmed(`/proc/${pid}/stat`));
  return stat && {startTime: stat.started, zombie: isGone(stat.state)};
}

/** What `/proc/<pid>/stat` says of a process, see proc(5). */
export interface ProcStat {
  /** As the system cuts it; may hold any character. */
  name: string;
  state: string;
  parent: number;
  group: number;
  session: number;
  /** Those that run; one that has ended counts as long as others do not. */
  threads: number;
  /** In the system's own writing: hundredths of a second since the boot. */
  started: string;
  /** Where its environment lies in memory; zeros while there is none. */
  environment: readonly [from: string, to: string];
}

/** In a field of an address. */
export const NO_ENVIRONMENT = '0';

/** Read `/proc/<pid>/stat`; undefined when it says nothing. */
export function parseProcStat(stat: string | null | undefined): ProcStat | undefined {
  if (!stat) return undefined;
  // The name is in parentheses and may itself hold any character, also `)`; a letter for the state follows.
  const nameEnd = stat.lastIndexOf(')');
  const fields = stat.slice(nameEnd + 2).split(' ');
  const [state, started] = [fields[0], fields[19]];
  if (!state || !started) return undefined;
  return {
    name: stat.slice(stat.indexOf('(') + 1, nameEnd),
    state,
    parent: Number(fields[1]),
    group: Number(fields[2]),
    session: Number(fields[3]),
    threads: Number(fields[17]),
    started,
    environment: [fields[47] ?? NO_ENVIRONMENT, fields[48] ?? NO_ENVIRONMENT],
  };
}

/** Of a thread, or of a process by its first: it has ended, and nobody has asked how. */
export function isGone(state: string): boolean {
  return /[ZXx]/.test(state);
}

/** One line of `ps -o lstart=,stat=`: five words of a date, then the state. */
export function parsePs(line: string | null): ProcessState | undefined {
  const words = line?.trim().split(/\s+/) ?? [];
  if (words.length < 6) return undefined;
  return {startTime: words.slice(0, 5).join(' '), zombie: words[5]!.startsWith('Z')};
}

export function stateFromPs(pid: number): ProcessState | undefined {
  return parsePs(run('ps', ['-o', 'lstart=,stat=', '-p', String(pid)]));
}

function isPidInUse(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function pidNamespace(): string | null {
  try {
    return fs.readlinkSync('/proc/self/ns/pid');
  } catch {
    return null;
  }
}

function readTrimmed(file: string): string | null {
  try {
    return fs.readFileSync(file, 'utf8').trim();
  } catch {
    return null;
  }
}

/** What a system tool prints, or null when it fails; the same in every language and time zone. */
function run(command: string, args: string[]): string | null {
  // Linux needs no tool, so it does not pay for loading this.
  const {execFileSync}: typeof childProcess = createRequire(import.meta.url)('node:child_process');
  try {
    const env = {PATH: process.env.PATH ?? '/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C', TZ: 'UTC'};
    return execFileSync(command, args, {encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'ignore']}).trim();
  } catch {
    return null;
  }
}
