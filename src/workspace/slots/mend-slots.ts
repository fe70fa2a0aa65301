// What a killed git or a loss of power leaves of slots in the repository. `git worktree add` writes, one after the other:
//
//   .git/worktrees/<n>/locked      "initializing", as long as it is at it
//   .git/worktrees/<n>/gitdir      where the worktree is
//   <folder>/.git                  where its git folder is
//   .git/worktrees/<n>/HEAD        a commit of zeros at first
//   .git/worktrees/<n>/commondir   empty for a moment: as long as it is, no git can list the worktrees, add or check one
//
// M1. Whoever finds one unfinished, with no git at work that could be making it, may take it away: until it is finished
//     nobody gets its folder to work in.
// M2. None of these files is synced by git. `<folder>.making` stands beside a slot from before it is made until all that
//     it consists of is on disk; with it there, nothing of the slot is anybody's work.

import fs from 'node:fs';
import path from 'node:path';
import {linkedWorktrees, type Repository, registeredFolder} from '../../git/git.ts';
import {isSlot, slotsInPools} from '../../git/slot-folders.ts';
import {listFolder, readIfExists, syncFolder, syncInBackground, syncRemoval} from '../../platform/files.ts';
import {isGitAtWork} from '../../platform/processes/git-processes.ts';
import {removeFolder} from '../../platform/remove-folder.ts';
import {removeIfEmpty} from './set-aside.ts';

const MAKING = '.making';

/** Say that a slot is being made: what is found of it after a crash is nobody's work. */
export function beginMaking(folder: string): void {
  fs.writeFileSync(`${folder}${MAKING}`, '');
}

/** All that makes a folder a slot is on disk when this resolves. */
export async function endMaking({topLevel, gitDir, commonDir}: Repository): Promise<void> {
  if (!fs.existsSync(`${topLevel}${MAKING}`)) return;
  const files = ['gitdir', 'commondir', 'HEAD'].map(name => path.join(gitDir, name));
  const folders = [gitDir, path.dirname(gitDir), commonDir, topLevel];
  await Promise.all([...files, path.join(topLevel, '.git'), ...folders].map(syncInBackground));
  fs.rmSync(`${topLevel}${MAKING}`, {force: true});
  // A note that comes back with the next loss of power would have work thrown away.
  syncFolder(path.dirname(topLevel));
}

/**
 * Before anything else is done with the slots: take away what was never finished and lock files of dead gits, and mend
 * what can be.
 * @param pool That of the milestone whose lock is held.
 * @returns What was done, in words.
 * @throws {MilestoneError} `IO_FAILED`
 */
export async function mendSlots(repo: Repository, pool: string): Promise<string[]> {
  const mended = await mendRegistrations(repo, path.dirname(pool));
  const half = [pool, ...namesIn(pool)].flatMap(namesIn).filter(location => location.endsWith(MAKING));
  for (const location of half) {
    const folder = location.slice(0, -MAKING.length);
    await removeSlot(linkedWorktrees(repo).find(({topLevel}) => topLevel === folder)?.gitDir, folder);
    fs.rmSync(location);
    if (path.dirname(location) !== pool) removeIfEmpty(path.dirname(location));
  }
  const locks = slotsInPools(repo).flatMap(found => (found.pool === pool ? staleLocks(found.slot) : []));
  for (const lock of locks) fs.rmSync(lock, {force: true});
  return [...mended, ...[...half, ...locks].map(removed)];
}

/**
 * Let git work with the repository's worktrees again: of slots, of whichever milestone, what was never finished goes.
 * May be called at any time.
 * @param root From `slotRoot`.
 * @returns What was done, in words.
 * @throws {MilestoneError} `IO_FAILED`
 */
export async function mendRegistrations(repo: Repository, root: string): Promise<string[]> {
  const unfinished = unfinishedSlots(repo, root);
  for (const {gitDir, folder} of unfinished) await removeSlot(gitDir, folder);
  const damaged = damagedSlots(repo);
  for (const gitDir of damaged) fs.writeFileSync(path.join(gitDir, 'commondir'), `${TO_COMMON_DIR}\n`);
  return [...unfinished.map(({gitDir}) => removed(gitDir)), ...damaged.map(gitDir => `mended \`${gitDir}\``)];
}

function namesIn(folder: string): string[] {
  return listFolder(folder).map(name => path.join(folder, name));
}

function removed(location: string): string {
  return `removed \`${location}\``;
}

/** Slots with work in them that lack what leads back to the repository: a disk may lose what it once had. */
function damagedSlots(repo: Repository): string[] {
  return linkedWorktrees(repo)
    .map(({gitDir}) => gitDir)
    .filter(gitDir => isSlot({gitDir}) && !hasCommonDir(gitDir));
}

function hasCommonDir(gitDir: string): boolean {
  return readIfExists(path.join(gitDir, 'commondir'))?.trim() === TO_COMMON_DIR;
}

const TO_COMMON_DIR = '../..';

interface UnfinishedSlot {
  gitDir: string;
  /** Where it is, as far as that was written. */
  folder: string | undefined;
}

/** Slots that no git is making and none has finished, of whichever milestone. */
export function unfinishedSlots(repo: Repository, root: string): UnfinishedSlot[] {
  const registered = path.join(repo.commonDir, 'worktrees');
  const unfinished = listFolder(registered)
    .map(name => path.join(registered, name))
    .filter(gitDir => isUnfinished(gitDir) && isOurs(gitDir, root));
  if (unfinished.length === 0) return [];
  const folders = [repo.commonDir, repo.topLevel, ...linkedWorktrees(repo).map(({topLevel}) => topLevel)];
  return unfinished.flatMap(gitDir => {
    const madeAt = changedAt(gitDir);
    if (madeAt === undefined || isGitAtWork(folders, madeAt)) return [];
    // The git that was at it may have finished, and be gone for that reason.
    if (changedAt(gitDir) !== madeAt || !isUnfinished(gitDir)) return [];
    return [{gitDir, folder: registeredFolder(gitDir)}];
  });
}

/** Lock files in the private git folder of a slot in which no git is at work that could be their owner. */
export function staleLocks(slot: Repository): string[] {
  const locks = listFolder(slot.gitDir).filter(name => name.endsWith('.lock'));
  return locks.flatMap(name => {
    const lock = path.join(slot.gitDir, name);
    const madeAt = changedAt(lock);
    if (madeAt === undefined || isGitAtWork([slot.topLevel, slot.gitDir], madeAt)) return [];
    return changedAt(lock) === madeAt ? lock : [];
  });
}

/** Milliseconds since the epoch; undefined when it is not there. */
function changedAt(location: string): number | undefined {
  return fs.statSync(location, {throwIfNoEntry: false})?.mtimeMs;
}

function isUnfinished(gitDir: string): boolean {
  if (!fs.statSync(gitDir, {throwIfNoEntry: false})?.isDirectory()) return false;
  if (registeredFolder(gitDir) === undefined) return true;
  if (isSlot({gitDir})) return false;
  return !hasCommonDir(gitDir) || (readIfExists(path.join(gitDir, 'locked')) ?? '').startsWith(AT_IT);
}

/** What git writes into `locked` while it makes a worktree. */
const AT_IT = 'initializing';
/** Whether it is one of our slots, or was going to be: of a pointer that was written by half, as far as it goes. */
function isOurs(gitDir: string, root: string): boolean {
  if (isSlot({gitDir})) return true;
  const pointer = readIfExists(path.join(gitDir, 'gitdir')) ?? '';
  return pointer.startsWith(root + path.sep) || root.startsWith(pointer);
}

async function removeSlot(gitDir: string | undefined, folder: string | undefined): Promise<void> {
  // The folder first: once nothing points at it, nobody could tell whose it is.
  if (folder !== undefined && pointsAtNothingElse(folder, gitDir)) {
    await removeFolder(folder);
    syncRemoval(folder);
  }
  if (gitDir !== undefined) await removeFolder(gitDir);
}

/** Whether a folder is a worktree with that git folder, or was to become one: its pointer may be written by half. */
function pointsAtNothingElse(folder: string, gitDir = ''): boolean {
  if (fs.lstatSync(folder, {throwIfNoEntry: false})?.isDirectory() !== true) return false;
  const dotGit = path.join(folder, '.git');
  if (fs.lstatSync(dotGit, {throwIfNoEntry: false})?.isFile() === false) return false;
  return `gitdir: ${gitDir}\n`.startsWith(readIfExists(dotGit) ?? '');
}
