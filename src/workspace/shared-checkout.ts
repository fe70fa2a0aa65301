// Shared mode: attempts work in the user's own checkout, one at a time. The caller holds the lock on the checkout.

import fs from 'node:fs';
import path from 'node:path';
import {MilestoneError} from '../errors.ts';
import {emptyTree} from '../git/base.ts';
import {dirtyFiles, followCheckout, headBranch, restoreFiles} from '../git/checkout.ts';
import {git, type Repository} from '../git/git.ts';
import {isAncestor, readHead, readRef, UPDATE_REF} from '../git/refs.ts';
import {homePath} from '../git/repository.ts';
import {type ChangedFile, compareTrees} from '../git/trees/compare-trees.ts';
import {isIndexBroken, TEMPORARY_INDEX} from '../git/trees/temporary-index.ts';
import {writeTree} from '../git/trees/tree.ts';
import {listFolder, readIfExists, replaceFile, syncFolder} from '../platform/files.ts';
import {processState} from '../platform/processes/identity.ts';
import {type Rescue, type RescueName, saveRescue} from './rescue.ts';

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

/**
 * Make sure that nobody but attempts has changed anything in the checkout. Changes nothing.
 * @param branch That attempts work on; what a switch to it that was cut off has written is no change.
 * @throws {MilestoneError} `TREE_DIRTY`
 */
export async function assertClean(repo: Repository, branch: string): Promise<void> {
  const dirty = await dirtyFiles(repo);
  if (dirty.length === 0) return;
  const files = (await headBranch(repo)) === branch ? dirty : await filesInTheWay(repo, branch);
  if (files.length > 0) throw treeDirty(files);
}

/** Files that are neither as in the head nor as in the branch. */
async function filesInTheWay(repo: Repository, branch: string): Promise<string[]> {
  const [from, to] = [await readRef(repo, 'HEAD'), await readHead(repo, branch)];
  if (from === undefined || to === undefined) return dirtyFiles(repo);
  const {tree, changedFiles, nested} = await writeTree(repo, from, {skipHome: true});
  const lacking = new Set((await compareTrees(repo, to, tree)).map(difference => difference.path));
  const changed = changedFiles.map(file => file.path).filter(file => lacking.has(file));
  return [...new Set([...changed, ...nested.map(({path: file}) => file)])];
}

/** An error that names files which are neither committed nor ignored. */
function treeDirty(files: readonly string[]): MilestoneError {
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

export interface Occupant {
  attempt: string;
  /** Commit that it found the branch at. */
  base: string;
  /** Commit of its work that the branch was to move to; it may have. */
  to?: string;
}

/** The attempt whose work lies in the checkout, if any does. */
export function readOccupant(repo: Repository): Occupant | undefined {
  const [attempt, base, to] = (readIfExists(occupantFile(repo)) ?? '').trim().split('\n');
  return attempt && base ? {attempt, base, ...(to && {to})} : undefined;
}

/** On disk when it returns: what lies in the checkout, and what comes onto the branch, is the attempt's from now on. */
export function setOccupant(repo: Repository, {attempt, base, to}: Occupant): void {
  replaceFile(occupantFile(repo), [attempt, base, ...(to === undefined ? [] : [to]), ''].join('\n'));
}

/**
 * Make what an attempt has committed in the checkout changes that are not committed: the branch goes back to where the
 * attempt found it, and the checkout to the branch. Files stay. May be repeated after a crash at any point.
 * @returns The commit that was taken off the branch.
 */
export async function takeCommitsBack(
  repo: Repository,
  branch: string,
  occupant: Occupant,
): Promise<string | undefined> {
  const head = await readHead(repo, branch);
  const isIntegrated = head !== undefined && occupant.to !== undefined && (await isAncestor(repo, occupant.to, head));
  const to = isIntegrated ? (occupant.to as string) : occupant.base;
  const isOn = (await headBranch(repo)) === branch;
  if (isOn && head === to) return undefined;
  const reason = 'milestone: commits that no check has seen';
  const ref = `refs/heads/${branch}`;
  if (head !== to) await git(repo, [...UPDATE_REF, '-m', reason, ref, to, head ?? '0'.repeat(to.length)]);
  if (!isOn) await git(repo, ['symbolic-ref', '-m', reason, 'HEAD', ref]);
  await alignIndex(repo);
  return head === to ? undefined : head;
}

export function clearOccupant(repo: Repository): void {
  fs.rmSync(occupantFile(repo), {force: true});
}

function occupantFile({gitDir}: Repository): string {
  return path.join(gitDir, 'milestone', 'attempt');
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
