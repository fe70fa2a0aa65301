// `workspace.include`: what git ignores in the user's checkout is copied into a slot.
//
// C1. Nothing that is written in a slot reaches the checkout: a link that leads to a place in the checkout leads to the
//     same place in the slot.
// C2. A link that lies in the slot is never followed, it is in the way.
// C3. What git would commit is neither brought into a slot nor taken away there.

import fs from 'node:fs';
import path from 'node:path';
import {type Repository, tryGit} from '../../git/git.ts';
import {workFolder} from '../../git/repository.ts';
import {makeFolder} from '../../platform/files.ts';
import type {StopSignal} from '../../platform/processes/stop-signal.ts';
import {removeFolder} from '../../platform/remove-folder.ts';
import {atEndOfTurn} from '../../platform/turn.ts';

export interface CopyScope {
  /** The user's checkout. */
  repo: Repository;
  slot: Repository;
  /** Stops it halfway. */
  signal: StopSignal;
}

/**
 * Copy a file or a folder over what a slot has in its place; of a folder, files that only the slot has stay.
 * @param file Relative to the folder in which tasks run.
 * @returns Whether git ignores it; otherwise nothing is copied.
 * @throws The error of the system.
 */
export async function copyIntoSlot(file: string, scope: CopyScope): Promise<boolean> {
  const {repo, slot} = scope;
  const from = path.resolve(path.join(workFolder(repo), file));
  const to = path.resolve(path.join(workFolder(slot), file));
  const stats = statsOf(from);
  if (!stats) return true;
  if (!isInside(slot.topLevel, to)) return false;
  if (isInside(from, slot.topLevel)) throw new Error(`the slot \`${slot.topLevel}\` is in it`);
  const obstacle = findObstacle(slot.topLevel, stats.isDirectory() ? to : path.dirname(to));
  if (obstacle !== undefined && !(await isIgnored(slot, obstacle))) return false;
  if (obstacle !== undefined) fs.unlinkSync(obstacle);
  // Without the slash a pattern for folders alone (`vendor/`) does not match a folder that is not there yet.
  if (!(await isIgnored(slot, stats.isDirectory() ? `${to}/` : to))) return false;
  makeFolder(path.dirname(to));
  await copyEntry(from, to, scope);
  return true;
}

async function isIgnored(slot: Repository, location: string): Promise<boolean> {
  return (await tryGit(slot, ['check-ignore', '--quiet', '--', location])).code === 0;
}

/** The first on the way from `top` to a folder that is something else than a folder. */
function findObstacle(top: string, folder: string): string | undefined {
  if (!isInside(top, folder)) return undefined;
  const above = findObstacle(top, path.dirname(folder));
  if (above !== undefined) return above;
  return statsOf(folder)?.isDirectory() === false ? folder : undefined;
}

async function copyEntry(from: string, to: string, scope: CopyScope): Promise<void> {
  if (scope.signal.aborted) return;
  const stats = fs.lstatSync(from);
  if (stats.isDirectory()) return copyFolder(from, to, stats.mode & 0o7777, scope);
  const isLink = stats.isSymbolicLink();
  // A socket or a pipe is nothing without the program that made it.
  if (!isLink && !stats.isFile()) return;
  await clearWay(to);
  if (isLink) return fs.symlinkSync(linkInSlot(from, to, scope), to);
  fs.copyFileSync(from, to, fs.constants.COPYFILE_EXCL | fs.constants.COPYFILE_FICLONE);
  fs.utimesSync(to, stats.atime, stats.mtime);
}

async function copyFolder(from: string, to: string, mode: number, scope: CopyScope): Promise<void> {
  if (statsOf(to)?.isDirectory() !== true) {
    await clearWay(to);
    fs.mkdirSync(to);
  }
  // Caches of package managers make theirs read-only.
  fs.chmodSync(to, mode | 0o700);
  for (const name of fs.readdirSync(from)) await copyEntry(path.join(from, name), path.join(to, name), scope);
  fs.chmodSync(to, mode);
  await new Promise<void>(atEndOfTurn);
}

async function clearWay(location: string): Promise<void> {
  if (statsOf(location)?.isDirectory()) await removeFolder(location);
  else fs.rmSync(location, {force: true});
}

/** What a link of the checkout says in the slot. */
function linkInSlot(from: string, to: string, {repo, slot}: CopyScope): string {
  const text = fs.readlinkSync(from);
  const target = path.resolve(path.dirname(from), text);
  if (!path.isAbsolute(text) && isWithin(repo.topLevel, target)) return text;
  const real = realPath(target);
  if (!isWithin(repo.topLevel, real)) return target;
  const inSlot = path.join(slot.topLevel, path.relative(repo.topLevel, real));
  return path.relative(path.dirname(to), inSlot) || '.';
}

/** The real path of something that may not exist. */
function realPath(location: string): string {
  if (fs.existsSync(location)) return fs.realpathSync(location);
  const parent = path.dirname(location);
  return parent === location ? location : path.join(realPath(parent), path.basename(location));
}

function isInside(folder: string, location: string): boolean {
  return location.startsWith(folder.endsWith(path.sep) ? folder : folder + path.sep);
}

function isWithin(folder: string, location: string): boolean {
  return location === folder || isInside(folder, location);
}

/** @returns `undefined` when nothing is there, also where a file is in place of a folder above. */
function statsOf(location: string): fs.Stats | undefined {
  try {
    return fs.lstatSync(location, {throwIfNoEntry: false});
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined;
    throw error;
  }
}
