import fs from 'node:fs';
import path from 'node:path';
import type {Repository} from '../../git/git.ts';
import {takeGitFolderAlong} from '../../git/nested.ts';
import {slotAt, slotLink} from '../../git/slot-folders.ts';
import type {Clock} from '../../platform/clock.ts';

/** For names: seconds are enough, and no file system minds it. */
export function timeName(clock: Pick<Clock, 'now'>): string {
  return new Date(clock.now()).toISOString().replace(/[-:]|\.\d+/g, '');
}

/**
 * Put what lies in a slot, or in its way, beside it. A slot becomes a folder like any other: once git forgets the
 * worktree, its name is free for the next one, and nothing else must lead there.
 * @param folder The slot's own.
 * @returns Where it is now.
 */
export function moveAside(repo: Repository, location: string, folder: string, clock: Pick<Clock, 'now'>): string {
  const first = `${slotLink(folder)}.stray-${timeName(clock)}`;
  let stray = first;
  for (let number = 2; fs.lstatSync(stray, {throwIfNoEntry: false}); number++) stray = `${first}-${number}`;
  const isSlot = slotAt(repo, location) !== undefined;
  takeGitFolderAlong(location);
  fs.renameSync(location, stray);
  // Only now: a slot that cannot be moved stays one.
  if (isSlot) fs.rmSync(path.join(stray, '.git'));
  return stray;
}

/** @returns What to tell of it. */
export function setAside(repo: Repository, location: string, folder: string, clock: Pick<Clock, 'now'>): string {
  return `\`${location}\` was in the way of a slot; it is kept as \`${moveAside(repo, location, folder, clock)}\``;
}

export function removeIfEmpty(folder: string): void {
  try {
    fs.rmdirSync(folder);
  } catch {
    // It is not empty, or not there.
  }
}
