// The user's own checkouts: which of them has the milestone's branch, and how it follows when the branch moves.

import fs from 'node:fs';
import path from 'node:path';
import {syncFolder} from '../platform/files.ts';
import {git, gitError, linkedWorktrees, type Repository, tryGit} from './git.ts';
import {homePath, isInHome} from './repository.ts';
import {isSlot} from './slot-folders.ts';
import {type ChangedFile, compareTrees} from './trees/compare-trees.ts';
import {isIndexBroken} from './trees/temporary-index.ts';
import {excludePath, isAdded, writeTree} from './trees/tree.ts';

/** The worktrees of people that have a branch checked out. */
export async function checkedOutAt(repo: Repository, branch: string): Promise<Repository[]> {
  const found: Repository[] = [];
  const linked = linkedWorktrees(repo).filter(worktree => !isSlot(worktree));
  for (const gitDir of [repo.commonDir, ...linked.map(worktree => worktree.gitDir)]) {
    const topLevel = (await headBranch(repo, gitDir)) === branch ? await topLevelOf(repo, gitDir) : undefined;
    if (topLevel !== undefined) found.push({...repo, gitDir, topLevel});
  }
  return found;
}

/** The branch that a worktree has checked out, or `undefined` when its head is detached. */
export async function headBranch(repo: Repository, gitDir = repo.gitDir): Promise<string | undefined> {
  const head = readHeadFile(gitDir);
  // A repository whose refs are in tables keeps a placeholder in the file.
  const ref =
    head === 'ref: refs/heads/.invalid'
      ? (await tryGit({...repo, gitDir}, ['symbolic-ref', '--quiet', 'HEAD'])).stdout.trim()
      : head.replace(/^ref: /, '');
  return ref.startsWith('refs/heads/') ? ref.slice('refs/heads/'.length) : undefined;
}

function readHeadFile(gitDir: string): string {
  try {
    return fs.readFileSync(path.join(gitDir, 'HEAD'), 'utf8').trim();
  } catch {
    return '';
  }
}

async function topLevelOf(repo: Repository, gitDir: string): Promise<string | undefined> {
  if (gitDir === repo.gitDir) return repo.topLevel;
  const linked = linkedWorktrees(repo).find(worktree => worktree.gitDir === gitDir)?.topLevel;
  if (linked !== undefined) return fs.existsSync(linked) ? fs.realpathSync(linked) : undefined;
  const env = {GIT_DIR: undefined, GIT_WORK_TREE: undefined};
  const main = path.basename(gitDir) === '.git' ? path.dirname(gitDir) : gitDir;
  const {code, stdout} = await tryGit({...repo, gitDir, topLevel: main}, ['rev-parse', '--show-toplevel'], {env});
  return code === 0 ? stdout.replace(/\n$/, '') : undefined;
}

/** Files of a worktree that differ from its head: changed, staged or untracked; nothing of the home, nothing ignored. */
export async function dirtyFiles(repo: Repository): Promise<string[]> {
  const entries = (await git(repo, ['status', '--porcelain', '-z', ...uncommitted(repo)])).split('\0').filter(Boolean);
  return entries.map(entry => entry.slice(3));
}

/** What `status` is asked, whoever asks. Of a folder without a tracked file only its name: there may be 100,000 in it. */
export function uncommitted(repo: Repository): string[] {
  const args = ['--no-renames', '--untracked-files=normal', '--ignore-submodules=none'];
  return [...args, '--', '.', excludePath(homePath(repo))];
}

export type Followed = {kind: 'followed'} | {kind: 'dirty'; files: string[]};

/**
 * Bring the files and the index of a worktree from one commit to another; the home keeps its bytes.
 * May be repeated after a crash at any point: a file that is already as in `to` is in nobody's way. Moves no ref.
 * @param from Commit or tree that the worktree was at.
 * @returns `dirty` when files differ from both commits: nothing has changed then.
 */
export async function followCheckout(repo: Repository, from: string, to: string): Promise<Followed> {
  const {differences, inTheWay} = await betweenCommits(repo, from, to);
  if (inTheWay.length > 0) return {kind: 'dirty', files: inTheWay};
  await restoreFiles(
    repo,
    to,
    differences.filter(({path: file}) => !isInHome(repo, file)),
  );
  return {kind: 'followed'};
}

/**
 * How the files of a worktree that was at `from` differ from `to`.
 * @returns `inTheWay`: those that differ from both, and repositories inside it.
 */
export async function betweenCommits(
  repo: Repository,
  from: string,
  to: string,
): Promise<{differences: ChangedFile[]; inTheWay: string[]}> {
  const {tree, changedFiles, nested} = await writeTree(repo, from, {skipHome: true});
  const differences = await compareTrees(repo, to, tree);
  const lacking = new Set(differences.map(({path: file}) => file));
  const changed = changedFiles.map(({path: file}) => file).filter(file => lacking.has(file));
  return {differences, inTheWay: [...new Set([...changed, ...nested.map(({path: file}) => file)])]};
}

/**
 * Put files and their index entries back to what a commit has. On disk when this resolves.
 * @param changes How they differ from the commit. Of all other files, but those of the home, the index takes what is on disk.
 */
export async function restoreFiles(repo: Repository, commit: string, changes: readonly ChangedFile[]): Promise<void> {
  // `restore` knows a file through the index or the commit alone: an untracked one has to be in the index first.
  const add = ['add', '--all', '--sparse', '--', '.', excludePath(homePath(repo))];
  const added = await tryGit(repo, add, {syncIndex: true});
  if (!isAdded(added)) throw gitError(add, added);
  // What goes makes room for what comes: a file where a folder was, or the other way round.
  const [going, coming] = [true, false].map(goes => changes.filter(({status}) => (status === 'added') === goes));
  for (const files of [going, coming]) {
    if (!files || files.length === 0) continue;
    await restore(
      repo,
      commit,
      files.map(file => file.path),
    );
  }
  syncFolder(repo.gitDir);
}

/** Take files as a commit has them, in the worktree and in the index; the names are literal. */
export async function restore(repo: Repository, commit: string, files: readonly string[]): Promise<void> {
  const list = ['--pathspec-from-file=-', '--pathspec-file-nul'];
  await git(repo, ['restore', '--quiet', `--source=${commit}`, '--staged', '--worktree', ...list], {
    input: files.map(file => `${file}\0`).join(''),
    env: {GIT_LITERAL_PATHSPECS: '1'},
    syncIndex: true,
  });
}

/** Let the index say what the head says, after the branch moved under it; files stay. On disk when this resolves. */
export async function alignIndex(repo: Repository): Promise<void> {
  await git(repo, ['reset', '--quiet'], {accept: [1], syncIndex: true});
  syncFolder(repo.gitDir);
}

/** Make an index that power loss has damaged anew from the head. */
export async function repairIndex(repo: Repository): Promise<void> {
  const index = path.join(repo.gitDir, 'index');
  const error = await git(repo, ['ls-files', '--', homePath(repo)]).then(
    () => undefined,
    failure => failure,
  );
  const isEmpty = fs.statSync(index, {throwIfNoEntry: false})?.size === 0;
  if (!isEmpty && error === undefined) return;
  if (!isEmpty && !isIndexBroken(String(error))) throw error;
  fs.rmSync(index, {force: true});
  await alignIndex(repo);
}
