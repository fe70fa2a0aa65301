// Shared mode: attempts work in the user's own checkout, one at a time. The caller holds the lock on the checkout.

import fs from 'node:fs';
import path from 'node:path';
import {MilestoneError} from '../errors.ts';
import {syncFolder} from '../platform/files.ts';
import {emptyTree} from './base.ts';
import {followCheckout, headBranch, restoreFiles} from './checkout.ts';
import type {ChangedFile} from './compare-trees.ts';
import {git, type Repository} from './git.ts';
import {readHead, readRef} from './refs.ts';
import {homePath} from './repository.ts';
import {type Rescue, type RescueName, saveRescue} from './rescue.ts';
import {isIndexBroken} from './temporary-index.ts';
import {writeTree} from './tree.ts';

/**
 * Check a branch out; the home keeps its bytes. May be repeated after a crash at any point.
 * @throws {MilestoneError} `TREE_DIRTY`, `GIT_FAILED`.
 */
export async function switchTo(repo: Repository, branch: string): Promise<void> {
  if ((await headBranch(repo)) === branch) return;
  const to = await readHead(repo, branch);
  if (to === undefined) throw new MilestoneError('GIT_FAILED', `there is no branch \`${branch}\``);
  const from = (await readRef(repo, 'HEAD')) ?? (await emptyTree(repo));
  const followed = await followCheckout(repo, from, to);
  if (followed.kind === 'dirty') throw treeDirty(followed.files);
  await git(repo, ['symbolic-ref', '-m', `milestone: moving to ${branch}`, 'HEAD', `refs/heads/${branch}`]);
  await alignIndex(repo);
}

/** An error that names files which are neither committed nor ignored. */
export function treeDirty(files: readonly string[]): MilestoneError {
  const shown = files.slice(0, 5).map(file => `\`${file}\``);
  const rest = files.length > shown.length ? ` and ${files.length - shown.length} more` : '';
  return new MilestoneError(
    'TREE_DIRTY',
    `the checkout has changes that are not committed: ${shown.join(', ')}${rest}`,
    {
      hint: 'commit them, or put them aside with `git stash --include-untracked`',
    },
  );
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

/** Make files of a worktree durable, with the folders that name them: git syncs its own files alone. */
export function syncFiles(repo: Repository, files: readonly ChangedFile[]): void {
  const folders = new Set<string>();
  for (const {path: name, status} of files) {
    const file = path.join(repo.topLevel, name);
    if (status !== 'deleted' && fs.lstatSync(file, {throwIfNoEntry: false})?.isFile()) syncFile(file);
    folders.add(path.dirname(file));
  }
  for (const folder of folders) if (fs.existsSync(folder)) syncFolder(folder);
}

function syncFile(file: string): void {
  const fd = fs.openSync(file, 'r');
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/**
 * Keep what an attempt left in the checkout, then put the checkout back to its head. Ignored files and the home stay.
 * @returns `undefined` when nothing was left.
 */
export async function rescueLeftovers(repo: Repository, name: RescueName): Promise<Rescue | undefined> {
  const base = await readRef(repo, 'HEAD');
  if (base === undefined) return undefined;
  const rescue = await saveRescue(repo, {...name, base});
  if (rescue === undefined) return undefined;
  const {changedFiles} = await writeTree(repo, base, {skipHome: true});
  const nested = new Set(rescue.nested.map(({path: file}) => file));
  await restoreFiles(
    repo,
    base,
    changedFiles.filter(file => !nested.has(file.path)),
  );
  return rescue;
}
