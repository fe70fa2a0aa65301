// Branches and commits by name: read, compare, move.

import fs from 'node:fs';
import path from 'node:path';
import {syncObjects, syncRef} from './durable.ts';
import {git, gitError, type Repository, tryGit, withPatience} from './git.ts';

/** The branch that a milestone's commits go to. */
export function milestoneBranch(id: string): string {
  return `milestone/${id}`;
}

/** The commit that a branch is at, or `undefined` when there is no such branch. */
export async function readHead(repo: Repository, branch: string): Promise<string | undefined> {
  return readRef(repo, `refs/heads/${branch}`);
}

/** The commit that a full ref name (or `HEAD`) stands for, or `undefined` when there is none. */
export async function readRef(repo: Repository, ref: string): Promise<string | undefined> {
  const folder = ref.startsWith('refs/') ? repo.commonDir : repo.gitDir;
  const loose = readLoose(path.join(folder, ref));
  return loose ?? resolveCommit(repo, ref);
}

/** The commit that a revision typed by a person names, or `undefined`. */
export async function resolveCommit(repo: Repository, revision: string): Promise<string | undefined> {
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`];
  const {code, stdout} = await tryGit(repo, args);
  return code === 0 ? stdout.trim() : undefined;
}

// Nothing but a plain object name: a symbolic ref, packed refs or another ref format are git's to read.
function readLoose(file: string): string | undefined {
  try {
    return /^([0-9a-f]{40}|[0-9a-f]{64})\n$/.exec(fs.readFileSync(file, 'latin1'))?.[1];
  } catch {
    return undefined;
  }
}

/** Whether `commit` is `of` or one of its ancestors; no when the repository lacks the commit. */
export async function isAncestor(repo: Repository, commit: string, of: string): Promise<boolean> {
  const args = ['merge-base', '--is-ancestor', commit, of];
  const result = await tryGit(repo, args);
  if (result.code === 0 || result.code === 1) return result.code === 0;
  if (/Not a valid (?:commit|object) name/.test(result.stderr)) return false;
  throw gitError(args, result);
}

/** An attempt may have made a ref of ours a name for another: that one is not ours to move. */
export const UPDATE_REF = ['update-ref', '--no-deref'] as const;

/** Begins what the log of a branch says of a milestone that has landed in it. */
export const LANDED = 'milestone: land ';

export type RefMove = {kind: 'advanced'} | {kind: 'moved'; actual: string | undefined};

/**
 * Move a branch from one commit to another; on disk, with everything it points at, when this resolves.
 * @returns `moved` when the branch is at neither commit: nothing has changed then.
 * @throws {MilestoneError} `GIT_FAILED`, `DISK_FULL`, `READ_ONLY`.
 */
export async function advanceBranch(
  repo: Repository,
  move: {branch: string; from: string; to: string; reason: string},
): Promise<RefMove> {
  const {branch, from, to, reason} = move;
  const ref = `refs/heads/${branch}`;
  const args = [...UPDATE_REF, '-m', reason, '--stdin'];
  // Git starts up while the objects are synced, and is told only then what to do.
  const input = syncObjects(repo).then(() => `update ${ref} ${to} ${from}\n`);
  const result = await tryGit(repo, args, {input});
  if (result.code !== 0) {
    const actual = await readHead(repo, branch);
    // An attempt may have moved it, and what it did have been taken back by now.
    const wasElsewhere = /is at [0-9a-f]+ but expected/.test(result.stderr);
    if (actual === from && !wasElsewhere) throw gitError(args, result);
    if (actual !== to) return {kind: 'moved', actual};
  }
  await syncRef(repo, ref);
  return {kind: 'advanced'};
}

/** Point a ref of our own at a commit, whatever it was at before; on disk when this resolves. */
export async function writeRef(repo: Repository, ref: string, commit: string, reason: string): Promise<void> {
  await syncObjects(repo);
  await git(withPatience(repo, undefined), [...UPDATE_REF, '-m', reason, ref, commit]);
  await syncRef(repo, ref);
}

/** Whether refs and their logs are in tables, which git alone reads. */
export function hasRefTables({commonDir}: Repository): boolean {
  return fs.existsSync(path.join(commonDir, 'reftable'));
}
