// Shared mode: attempts work in the user's own checkout, one at a time. The caller holds the lock on the checkout.

import fs from 'node:fs';
import path from 'node:path';
import {MilestoneError} from '../../errors.ts';
import {emptyTree} from '../../git/base.ts';
import {alignIndex, betweenCommits, dirtyFiles, followCheckout, headBranch, restoreFiles} from '../../git/checkout.ts';
import {git, type Repository} from '../../git/git.ts';
import {readHead, readRef} from '../../git/refs.ts';
import type {ChangedFile} from '../../git/trees/compare-trees.ts';
import {TEMPORARY_INDEX} from '../../git/trees/temporary-index.ts';
import {writeTree} from '../../git/trees/tree.ts';
import {listFolder, syncFile, syncFolder} from '../../platform/files.ts';
import {processState} from '../../platform/processes/identity.ts';
import {putAside} from '../checkout-in-the-way.ts';
import {type Rescue, type RescueName, saveRescue} from '../rescue.ts';

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
  if (followed.kind === 'dirty') throw treeDirty(repo, followed.files);
  await git(repo, ['symbolic-ref', '-m', `milestone: moving to ${branch}`, 'HEAD', `refs/heads/${branch}`]);
  await alignIndex(repo);
}

/**
 * Make sure that nobody but attempts has changed anything in the checkout. Changes nothing.
 * @param branch That attempts work on; what a switch to it that was cut off has written is no change.
 * @throws {MilestoneError} `TREE_DIRTY`
 */
export async function assertClean(repo: Repository, branch: string): Promise<void> {
  const dirty = await dirtyFiles(repo);
  if (dirty.length === 0) return;
  const files = (await headBranch(repo)) === branch ? dirty : await hinderingSwitch(repo, branch);
  if (files.length > 0) throw treeDirty(repo, files);
}

/** Files that are neither as in the head nor as in the branch. */
async function hinderingSwitch(repo: Repository, branch: string): Promise<string[]> {
  const [from, to] = [await readRef(repo, 'HEAD'), await readHead(repo, branch)];
  return from === undefined || to === undefined ? dirtyFiles(repo) : (await betweenCommits(repo, from, to)).inTheWay;
}

/** An error that names files which are neither committed nor ignored. */
function treeDirty(repo: Repository, files: readonly string[]): MilestoneError {
  const shown = files.slice(0, 5).map(file => `\`${file}\``);
  const rest = files.length > shown.length ? ` and ${files.length - shown.length} more` : '';
  return new MilestoneError(
    'TREE_DIRTY',
    `the checkout has changes that are not committed: ${shown.join(', ')}${rest}`,
    {hint: `commit them, or put them aside: \`${putAside(repo)}\``},
  );
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

/**
 * Keep what an attempt left in the checkout, then put the checkout back to its head. Ignored files and the home stay.
 * @returns `undefined` when nothing was left.
 */
export async function rescueLeftovers(repo: Repository, name: RescueName): Promise<Rescue | undefined> {
  const base = await readRef(repo, 'HEAD');
  if (base === undefined) return undefined;
  const rescue = await saveRescue(repo, {...name, base});
  if (rescue !== undefined) await putBack(repo);
  return rescue;
}

/** Put the checkout back to its head. Ignored files, the home and repositories inside it stay. */
export async function putBack(repo: Repository): Promise<void> {
  const head = await readRef(repo, 'HEAD');
  if (head === undefined) return;
  const {changedFiles, nested} = await writeTree(repo, head, {skipHome: true});
  const kept = new Set(nested.map(({path: file}) => file));
  const changes = changedFiles.filter(file => !kept.has(file.path));
  if (changes.length === 0) return;
  await restoreFiles(repo, head, changes);
  await alignIndex(repo);
}

/** Remove the temporary indexes, and what lies beside them, that processes which are dead have left in the git folder. */
export function clearTemporaryIndexes({gitDir}: Repository): void {
  for (const name of listFolder(gitDir)) {
    const [, pid] = name.startsWith(TEMPORARY_INDEX) ? (OWNED.exec(name.slice(TEMPORARY_INDEX.length)) ?? []) : [];
    if (pid !== undefined && !processState(Number(pid)))
      fs.rmSync(path.join(gitDir, name), {recursive: true, force: true});
  }
}

/** How the name of a temporary index goes on: its process, then its number. */
const OWNED = /^(\d+)-\d+(?:\.[\w-]+)?$/;
