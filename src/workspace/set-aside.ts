import fs from 'node:fs';
import {takeGitFolderAlong} from '../git/nested.ts';
import {slotLink} from '../git/slot-place.ts';
import type {Clock} from '../platform/clock.ts';

/** For names: seconds are enough, and no file system minds it. */
export function timeName(clock: Pick<Clock, 'now'>): string {
  return new Date(clock.now()).toISOString().replace(/[-:]|\.\d+/g, '');
}

/**
 * Put what lies in a slot, or in its way, beside it.
 * @param folder The slot's own.
 * @returns Where it is now.
 */
export function moveAside(place: string, folder: string, clock: Pick<Clock, 'now'>): string {
  const first = `${slotLink(folder)}.stray-${timeName(clock)}`;
  let stray = first;
  for (let number = 2; fs.lstatSync(stray, {throwIfNoEntry: false}); number++) stray = `${first}-${number}`;
  takeGitFolderAlong(place);
  fs.renameSync(place, stray);
  return stray;
}

/** @returns What to tell of it. */
export function setAside(place: string, folder: string, clock: Pick<Clock, 'now'>): string {
  return `\`${place}\` was in the way of a slot; it is kept as \`${moveAside(place, folder, clock)}\``;
}

export function removeIfEmpty(folder: string): void {
  try {
    fs.rmdirSync(folder);
  } catch {
    // It is not empty, or not there.
  }
}
