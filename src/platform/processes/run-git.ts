// The one place that starts git.

import {type ChildProcessByStdio, spawn} from 'node:child_process';
import fs from 'node:fs';
import type {Readable, Writable} from 'node:stream';
import {MilestoneError} from '../../errors.ts';
import type {Clock} from '../clock.ts';
import {type LeftProcess, stopToken} from './end-processes.ts';
import {isImmediate, type StopSignal} from './stop-signal.ts';
import {onAbort} from './supervise.ts';
import {newToken} from './tokens.ts';

export interface GitResult {
  /** Exit code; -1 when a signal ended it. */
  code: number;
  /** Decoded as UTF-8: a file name in another encoding comes back with replacement characters. */
  stdout: string;
  stderr: string;
}

export interface GitCall {
  cwd: string;
  /** The whole environment, not an addition to ours. */
  env: NodeJS.ProcessEnv;
  /** What it reads on standard input; nothing when absent. Git starts while a promise is still open; rejected, it reads nothing. */
  input?: string | Promise<string> | undefined;
  /** It may take for ever when absent. */
  patience?: Patience | undefined;
}

/** What ends a git before its time, with all that it started: a filter or hook of the user's may wait for ever. */
export interface Patience {
  clock: Clock;
  /** Milliseconds for each git. */
  timeoutMs?: number | undefined;
  /** Stops it; its `reason` may say `immediate`. */
  signal?: StopSignal | undefined;
  /** Skips the grace of a stop. */
  hurry?: AbortSignal | undefined;
}

/** A git that took longer than the patience with it. */
export class GitTimeout extends MilestoneError {}

/** Variables of the caller that git may see. Every other `GIT_*` could point it at another repository, index or command. */
const KEPT =
  /^GIT_(?:(?:AUTHOR|COMMITTER)_(?:NAME|EMAIL)|CONFIG_(?:GLOBAL|SYSTEM|NOSYSTEM|COUNT|KEY_\d+|VALUE_\d+)|EXEC_PATH|SSH|SSH_COMMAND|SSH_VARIANT|SSL_\w+|PROXY_\w+|ASKPASS|LFS_\w+)$/;

/** The environment in which git does as its arguments say: no redirection, no prompt, English messages. */
export function gitEnvironment(from: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(from).filter(([name]) => !name.startsWith('GIT_') || KEPT.test(name));
  return {...Object.fromEntries(kept), GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0', LC_ALL: 'C'};
}

/**
 * Run git to its end, in a process group of its own: the Ctrl-C that ends an execution must not end a ref update half way.
 * Who has `patience` gets an answer in any case; when it is over, nothing of that git runs any more.
 * @throws The reason of `patience.signal` when it aborts.
 * @throws {GitTimeout} `GIT_FAILED`
 * @throws {MilestoneError} `GIT_FAILED` when it cannot be started; whatever it says itself is in the result.
 */
export async function runGit(args: readonly string[], call: GitCall): Promise<GitResult> {
  const {cwd, patience} = call;
  if (patience === undefined) return startGit(args, call).result;
  patience.signal?.throwIfAborted();
  const {child, result} = startGit(args, call);
  const cut = await firstOf(result, patience);
  if (cut === undefined) return result;
  const hasEnded = child.exitCode !== null || child.signalCode !== null;
  const left = await endGroup(child, cut, patience);
  // It was waited for only because something that it started has its pipes.
  if (hasEnded) return result;
  throw cut.kind === 'stopped' ? cut.reason : tookTooLong(args, cwd, cut.timeoutMs, left);
}

type GitProcess = ChildProcessByStdio<Writable | null, Readable, Readable>;

interface StartedGit {
  child: GitProcess;
  result: Promise<GitResult>;
}

function startGit(args: readonly string[], {cwd, env, input}: GitCall): StartedGit {
  // A pipe less is a tenth of the time that it takes to start.
  const stdin = input === undefined ? 'ignore' : 'pipe';
  const child = spawn('git', args, {cwd, env, detached: true, stdio: [stdin, 'pipe', 'pipe']}) as GitProcess;
  const result = new Promise<GitResult>((resolve, reject) => {
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', chunk => stdout.push(chunk));
    child.stderr.on('data', chunk => stderr.push(chunk));
    child.on('error', error => reject(startError(error, cwd)));
    child.on('close', (code, signal) =>
      resolve({code: code ?? -1, stdout: text(stdout), stderr: signal ? `ended by ${signal}` : text(stderr)}),
    );
    if (child.stdin && input !== undefined) feed(child.stdin, input, reject);
  });
  return {child, result};
}

function feed(stdin: Writable, input: string | Promise<string>, reject: (error: unknown) => void): void {
  // A command that ends without reading its input is no failure of ours; its exit code tells.
  stdin.on('error', () => {});
  Promise.resolve(input).then(
    text => stdin.end(text),
    error => {
      stdin.end();
      reject(error);
    },
  );
}

type Cut = {kind: 'timeout'; timeoutMs: number} | {kind: 'stopped'; reason: unknown};

/** @returns `undefined` when git has answered before it was cut. */
async function firstOf(result: Promise<unknown>, patience: Patience): Promise<Cut | undefined> {
  const {clock, timeoutMs = Number.POSITIVE_INFINITY, signal} = patience;
  const disarms: Array<() => void> = [];
  const cut = await new Promise<Cut | undefined>(resolve => {
    const answered = () => resolve(undefined);
    result.then(answered, answered);
    disarms.push(clock.alarm(timeoutMs, () => resolve({kind: 'timeout', timeoutMs})));
    if (signal) disarms.push(onAbort(signal, reason => resolve({kind: 'stopped', reason})));
  });
  for (const disarm of disarms) disarm();
  return cut;
}

/**
 * End a git and what it started, and let go of its pipes: who has left its group and session may hold them for ever.
 * @returns What nothing could end.
 */
async function endGroup(child: GitProcess, cut: Cut, patience: Patience): Promise<LeftProcess[]> {
  const {clock, hurry} = patience;
  const immediate = cut.kind === 'stopped' && isImmediate(cut.reason);
  // A token that nobody carries: it is the group that is looked for.
  const group = child.pid === undefined ? {} : {group: child.pid};
  const {left} = await stopToken(newToken(), clock, {...group, immediate, hurry});
  for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe?.destroy();
  child.unref();
  return left;
}

function tookTooLong(args: readonly string[], cwd: string, timeoutMs: number, left: readonly LeftProcess[]) {
  const time = timeoutMs % 60_000 === 0 ? `${timeoutMs / 60_000} min` : `${timeoutMs / 1_000} s`;
  const names = left.map(({pid, name}) => `${name} (pid ${pid})`).join(', ');
  const stuck = names && `, and not even SIGKILL ends ${names}`;
  return new GitTimeout('GIT_FAILED', `\`git ${commandOf(args)}\` did not end within ${time}${stuck}`, {
    hint: `run it by hand in \`${cwd}\`: a filter or hook that it starts may hang`,
  });
}

/** The command among the arguments of git. */
export function commandOf(args: readonly string[]): string {
  return args.find((arg, at) => arg !== '-c' && args[at - 1] !== '-c') ?? '';
}

function text(chunks: Buffer[]): string {
  return Buffer.concat(chunks).toString('utf8');
}

function startError(cause: Error, cwd: string): MilestoneError {
  if (!fs.existsSync(cwd)) return new MilestoneError('GIT_FAILED', `the folder \`${cwd}\` is gone`, {cause});
  if ((cause as NodeJS.ErrnoException).code === 'ENOENT')
    return new MilestoneError('GIT_FAILED', '`git` was not found', {hint: 'install git 2.38 or later', cause});
  return new MilestoneError('GIT_FAILED', `cannot start \`git\`: ${cause.message}`, {cause});
}
