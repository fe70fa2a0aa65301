// Starts programs. On the path of every task, and one spawn costs in proportion to what a task may cost at all:
// no pipes, no wrapper, output straight into a file.

import {spawn} from 'node:child_process';
import fs from 'node:fs';
import type {Writable} from 'node:stream';
import {hasProc, readForks, readProcessStarted} from './process-table.ts';

export interface GroupCommand {
  file: string;
  args: readonly string[];
  cwd: string;
  /** The whole environment; nothing is inherited. */
  env: Record<string, string>;
  /** Takes stdout and stderr. The caller closes it, right after the start if he likes. */
  outputFd: number;
  /** Takes stderr in place of `outputFd`; likewise the caller's. */
  errorFd?: number;
  /** `pipe`: the caller writes it. By default it is /dev/null. */
  stdin?: 'pipe';
}

/** Exactly one of the two is not null. */
export interface Exit {
  code: number | null;
  signal: string | null;
}

/** What tells the processes of a group from all others. */
export interface GroupIdentity {
  /** Of the first process, and of its process group and session. */
  pid: number;
  /** Start time as the system writes it, null where it does not say cheaply. */
  processStarted: string | null;
  /** What `readForks` said before it was started. */
  forks: number;
}

export interface StartedGroup extends GroupIdentity {
  kind: 'started';
  /** Of the first process. Never rejects; others of the group may outlive it. */
  exited: Promise<Exit>;
  /** Present when it was asked for. */
  stdin?: Writable;
}

export interface SpawnFailure {
  kind: 'failed';
  /** As the system calls it: `ENOENT`, `E2BIG`, `EAGAIN` … */
  code: string;
  /** Completes "could not be started: …". */
  message: string;
}

/**
 * Start a program in a session and process group of its own, without a terminal, stdin from /dev/null unless asked.
 * What keeps it from starting is a result, not an exception.
 */
export async function startGroup(command: GroupCommand): Promise<StartedGroup | SpawnFailure> {
  const forks = hasProc ? readForks() : 0;
  const {cwd, env, outputFd, errorFd = outputFd, stdin = 'ignore'} = command;
  try {
    const child = spawn(command.file, command.args, {
      cwd,
      env: {...env, PWD: cwd}, // some take it for where they are, whatever the system says
      detached: true,
      stdio: [stdin, outputFd, errorFd],
    });
    const {pid} = child;
    if (pid === undefined)
      return await new Promise(resolve => child.once('error', e => resolve(describeSpawnFailure(e, command))));
    liveGroups.add(pid);
    const exited = new Promise<Exit>(resolve => {
      child.once('exit', (code, signal) => {
        liveGroups.delete(pid);
        resolve({code, signal});
      });
    });
    return {
      kind: 'started',
      pid,
      processStarted: readProcessStarted(pid),
      forks,
      exited,
      ...(child.stdin && {stdin: child.stdin}),
    };
  } catch (error) {
    return describeSpawnFailure(error, command);
  }
}

/** Pids that were started here and have not ended: what looks for leftovers need not look at them. */
export const liveGroups: Set<number> = new Set();

/** How a process ended, in words that follow its name. */
export function describeExit({code, signal}: Exit): string {
  return code === null ? `was ended by ${signal}` : `failed with ${exitCodeText(code)}`;
}

/** An exit code, with what shells mean by it where they have a meaning of their own. */
export function exitCodeText(code: number): string {
  const meaning = SHELL_CODES.get(code);
  return `exit code ${code}${meaning === undefined ? '' : ` (${meaning})`}`;
}

const SHELL_CODES: ReadonlyMap<number, string> = new Map([
  [126, 'the command cannot be executed'],
  [127, 'command not found'],
]);

/** A failed spawn, whoever tried it, in words. */
export function describeSpawnFailure(error: unknown, {file, cwd}: Pick<GroupCommand, 'file' | 'cwd'>): SpawnFailure {
  const {code = 'UNKNOWN', message} = error as NodeJS.ErrnoException;
  return {kind: 'failed', code, message: explain(code, file, cwd) ?? message};
}

function explain(code: string, file: string, cwd: string): string | undefined {
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      // The system does not say which of the two is missing.
      return fs.existsSync(cwd) ? `\`${file}\` was not found` : `the folder \`${cwd}\` does not exist`;
    case 'EACCES':
      return `\`${file}\` may not be executed, or the folder \`${cwd}\` not be entered`;
    case 'E2BIG':
      return 'command and environment are longer than the system allows';
    case 'EAGAIN':
      return 'the system allows this user no further process';
    case 'EMFILE':
    case 'ENFILE':
      return 'too many files are open';
    case 'ENOMEM':
      return 'the memory is full';
    default:
      return undefined;
  }
}
