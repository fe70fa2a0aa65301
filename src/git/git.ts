import fs from 'node:fs';
import path from 'node:path';
import {MilestoneError} from '../errors.ts';
import {systemClock} from '../platform/clock.ts';
import {freeBytes} from '../platform/disk-space.ts';
import {isGitAtWork} from '../platform/processes/git-processes.ts';
import {commandOf, type GitResult, type Patience, runGit} from '../platform/processes/run-git.ts';

/** A repository, seen from one of its worktrees: the user's checkout, or a slot. All paths are absolute and real. */
export interface Repository {
  /** Top folder of the worktree. */
  readonly topLevel: string;
  /** The worktree's private git folder. */
  readonly gitDir: string;
  /** The git folder that all worktrees share. */
  readonly commonDir: string;
  readonly objectFormat: 'sha1' | 'sha256';
  /** Folder of the home's parent below `topLevel`, with `/` between and none at the end; empty at the top. */
  readonly prefix: string;
  /** Whose name and address commits have; git is asked once, by the first who wants to know. */
  readonly signers: () => Promise<Signers>;
  /** The whole environment of git calls. */
  readonly environment: NodeJS.ProcessEnv;
  /** Ends git calls before their time; they may take for ever when absent. */
  readonly patience?: Patience | undefined;
}

/**
 * The same repository, whose git calls reject when they are stopped (with the signal's reason) or take too long
 * (`GitTimeout`); not for what must not be cut off. What is derived from it has the same patience.
 * @param patience `undefined` takes it away.
 */
export function withPatience(repo: Repository, patience: Patience | undefined): Repository {
  return {...repo, patience};
}

/** Each as `Ada <ada@example.com>`. */
export interface Signers {
  author: string;
  committer: string;
}

export interface GitOptions {
  /** Git starts while a promise is still open; rejected, it reads nothing. */
  input?: string | Promise<string>;
  /** Added to the environment. */
  env?: NodeJS.ProcessEnv;
  /** Exit codes besides 0 that are an answer. */
  accept?: readonly number[];
  /** Run the hooks that the user configured. */
  hooks?: boolean;
  /** Make the index durable too: the user's own, which is not made anew after a crash as a slot's is. */
  syncIndex?: boolean;
}

// Objects and refs reach the disk before git says so; nothing of the user's settings may start a
// program, sign, collect garbage, or make an otherwise good tree fail. On Linux git does not call the batch method of
// syncing as safe as single syncs.
const SETTINGS = [
  'core.fsync=committed,reference',
  `core.fsyncMethod=${process.platform === 'darwin' ? 'batch' : 'fsync'}`,
  'core.fsmonitor=false',
  'core.splitIndex=false',
  'core.safecrlf=false',
  'core.quotePath=false',
  'commit.gpgSign=false',
  'gc.auto=0',
  'maintenance.auto=false',
  'submodule.recurse=false',
  'i18n.commitEncoding=UTF-8',
  'i18n.logOutputEncoding=UTF-8',
  'advice.addEmbeddedRepo=false',
].flatMap(setting => ['-c', setting]);

const SYNCED_INDEX = ['-c', 'core.fsync=committed,reference,index'];

/** Bytes; with less than this left a file system has no block for one more file and for its folder's growth. */
const ROOM_FOR_A_FILE = 65_536;

const NO_HOOKS = ['-c', 'core.hooksPath=/dev/null'];

/**
 * Run git in a worktree. Its folder and git folder are given, never searched for: a slot that lost its `.git` must not
 * lead to the repository of a folder above.
 * @returns What it printed.
 * @throws The reason of the signal of `repo.patience` when it aborts.
 * @throws {MilestoneError} `GIT_FAILED`, `DISK_FULL`, `READ_ONLY`.
 */
export async function git(repo: Repository, args: readonly string[], options: GitOptions = {}): Promise<string> {
  const result = await tryGit(repo, args, options);
  if (result.code !== 0 && !options.accept?.includes(result.code)) throw gitError(args, result);
  return result.stdout;
}

/** Run git in a worktree and take any exit code for an answer. A lock file that no living git holds is cleared away. */
export async function tryGit(repo: Repository, args: readonly string[], options: GitOptions = {}): Promise<GitResult> {
  const call = {
    cwd: repo.topLevel,
    env: {...repo.environment, GIT_DIR: repo.gitDir, GIT_WORK_TREE: repo.topLevel, ...options.env},
    input: options.input,
    patience: repo.patience,
  };
  const all = [...SETTINGS, ...(options.syncIndex ? SYNCED_INDEX : []), ...(options.hooks ? [] : NO_HOOKS), ...args];
  let result = await runGit(all, call);
  for (let lock = lockInTheWay(repo, result); lock && (await isFreed(repo, lock)); lock = lockInTheWay(repo, result)) {
    result = await runGit(all, call);
  }
  return result;
}

/** An error that says what git said. */
export function gitError(args: readonly string[], result: GitResult): MilestoneError {
  const said = result.stderr.trim() || result.stdout.trim() || `exit code ${result.code}`;
  const lock = /Unable to create '(.*\.lock)': File exists/.exec(said)?.[1];
  if (lock)
    return new MilestoneError('GIT_FAILED', `another git holds \`${lock}\``, {
      hint: 'let that git end (or remove the file when there is none), then run `milestone resume`',
    });
  const filter = /(?:smudge|clean) filter (\S+) failed/.exec(said)?.[1];
  if (filter !== undefined)
    return new MilestoneError('GIT_FAILED', `\`git ${commandOf(args)}\` failed: ${said.slice(-2_000)}`, {
      hint: `the filter \`${filter}\` (.gitattributes) fails outside of the checkout it was set up in; set it up for other worktrees too, or set \`isolation: shared\``,
    });
  const command = `\`git ${commandOf(args)}\` failed`;
  if (hasNoRoom(said)) return new MilestoneError('DISK_FULL', `${command}, the disk is full: ${said.slice(-2_000)}`);
  const code = /Read-only file system/.test(said) ? 'READ_ONLY' : 'GIT_FAILED';
  return new MilestoneError(code, `${command}: ${said.slice(-2_000)}`);
}

/** Not all of git says why it could not write a file. */
function hasNoRoom(said: string): boolean {
  if (/No space left on device|Disk quota exceeded/.test(said)) return true;
  const file = /(?:couldn't|could not|unable to|failed to|cannot) (?:write|close|create)[^'\n]*'(\/[^'\n]+)'/.exec(
    said,
  )?.[1];
  return file !== undefined && freeBytes(path.dirname(file)) < ROOM_FOR_A_FILE;
}

/** Whether git missed an object that had just been made: nothing refers to it yet, and a prune takes such. */
export function isObjectGone(error: unknown): boolean {
  const gone =
    /bad object|(?:nonexistent|invalid|missing) object|unable to read|(?:could|failed to) (?:not )?read|not a tree object/;
  return error instanceof MilestoneError && error.code === 'GIT_FAILED' && gone.test(error.message);
}

/** Make objects and what refers to them, and do it again where a prune came in between. */
export async function withPrunes<Result>(make: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await make();
    } catch (error) {
      if (tries === PRUNE_TRIES || !isObjectGone(error)) throw error;
    }
  }
}

const PRUNE_TRIES = 10;

function lockInTheWay(repo: Repository, result: GitResult): string | undefined {
  if (result.code === 0) return undefined;
  const lock = /Unable to create '(.*\.lock)': File exists/.exec(result.stderr)?.[1];
  if (lock === undefined) return undefined;
  const file = path.resolve(repo.topLevel, lock);
  return file.startsWith(repo.commonDir + path.sep) ? file : undefined;
}

const LOCK_POLL_MS = 50;
const LOCK_GRACE_MS = 1_000;
const LOCK_PATIENCE_MS = 10_000;

/**
 * Wait for a lock file to go. Git holds one for milliseconds, a killed git for ever: what is the same file for a second,
 * and in whose repository no git is at work that is as old as it, is removed. A living git gets ten seconds.
 * @returns Whether to try again.
 */
async function isFreed(repo: Repository, lock: string): Promise<boolean> {
  const never = new AbortController().signal;
  const start = systemClock.elapsed();
  const first = fs.statSync(lock, {throwIfNoEntry: false});
  for (;;) {
    repo.patience?.signal?.throwIfAborted();
    const waitedMs = systemClock.elapsed() - start;
    if (first === undefined || fs.statSync(lock, {throwIfNoEntry: false})?.ino !== first.ino) return true;
    if (waitedMs > LOCK_GRACE_MS && !isGitAtWork(worktreeFolders(repo), first.mtimeMs)) {
      fs.rmSync(lock, {force: true});
      return true;
    }
    if (waitedMs > LOCK_PATIENCE_MS) return false;
    await systemClock.sleep(LOCK_POLL_MS, never);
  }
}

function worktreeFolders(repo: Repository): string[] {
  return [repo.commonDir, repo.topLevel, ...linkedWorktrees(repo).map(worktree => worktree.topLevel)];
}

/** The linked worktrees that the repository knows of, also those whose folder is gone. */
export function linkedWorktrees(repo: Repository): Repository[] {
  const folder = path.join(repo.commonDir, 'worktrees');
  const names = fs.existsSync(folder) ? fs.readdirSync(folder).sort() : [];
  return names.flatMap(name => {
    const gitDir = path.join(folder, name);
    const topLevel = registeredFolder(gitDir);
    return topLevel === undefined ? [] : [{...repo, gitDir, topLevel}];
  });
}

/** Where a worktree is, by its private git folder; `undefined` when that was written by half. */
export function registeredFolder(gitDir: string): string | undefined {
  const file = path.join(gitDir, 'gitdir');
  const pointer = fs.existsSync(file) ? fs.readFileSync(file, 'utf8').replace(/\n$/, '') : '';
  return pointer.endsWith('/.git') ? path.dirname(path.resolve(gitDir, pointer)) : undefined;
}
