// The one place that starts git.

import {spawn} from 'node:child_process';
import fs from 'node:fs';
import {MilestoneError} from '../errors.ts';

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
}

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
 * @throws {MilestoneError} `GIT_FAILED` when it cannot be started; whatever it says itself is in the result.
 */
export function runGit(args: readonly string[], call: GitCall): Promise<GitResult> {
  return new Promise((resolve, reject) => {
    const {cwd, env, input} = call;
    const child = spawn('git', args, {cwd, env, detached: true, stdio: ['pipe', 'pipe', 'pipe']});
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', chunk => stdout.push(chunk));
    child.stderr.on('data', chunk => stderr.push(chunk));
    child.on('error', error => reject(startError(error, cwd)));
    child.on('close', (code, signal) =>
      resolve({code: code ?? -1, stdout: text(stdout), stderr: signal ? `ended by ${signal}` : text(stderr)}),
    );
    // A command that ends without reading its input is no failure of ours; its exit code tells.
    child.stdin.on('error', () => {});
    Promise.resolve(input ?? '').then(
      text => child.stdin.end(text),
      error => {
        child.stdin.end();
        reject(error);
      },
    );
  });
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
