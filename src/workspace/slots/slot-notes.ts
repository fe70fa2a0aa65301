// What the program notes of a slot, in the worktree's private git folder: it goes when the worktree goes.

import fs from 'node:fs';
import path from 'node:path';
import type {Repository} from '../../git/git.ts';
import {readRef} from '../../git/refs.ts';
import {readIfExists, replaceFile} from '../../platform/files.ts';

/** Keep `git worktree prune` away, also where the folder cannot be seen. */
export function lockSlot(slot: Repository): void {
  writeNote(slot, 'locked', 'a slot of milestone');
}

const BASE_NOTE = 'milestone-base';

/** Say what a slot was prepared at. */
export function setSlotBase(slot: Repository, commit: string): void {
  writeNote(slot, BASE_NOTE, commit);
}

/** The commit that a slot was last prepared at, as far as that is noted. */
export function preparedAt(slot: Repository): string | undefined {
  return readNote(slot, BASE_NOTE) || undefined;
}

/** The commit that what is in a slot now was made on. */
export async function slotBase(slot: Repository): Promise<string | undefined> {
  return preparedAt(slot) ?? (await readRef(slot, 'HEAD'));
}

const OWNER_NOTE = 'milestone-attempt';

/** Say whose work lies in a slot from now on. */
export function setSlotOwner(slot: Repository, owner: string): void {
  writeNote(slot, OWNER_NOTE, owner);
}

/** A slot was made ready, and is nobody's until it is given to somebody. */
export function clearSlotOwner(slot: Repository): void {
  fs.rmSync(path.join(slot.gitDir, OWNER_NOTE), {force: true});
}

/** Whose work lies in a slot; until it is made ready for somebody else it is still that of the last one. */
export function slotOwner(slot: Repository): string | undefined {
  return readNote(slot, OWNER_NOTE);
}

const UNSAVED_NOTE = 'milestone-unsaved';

/** Say that work of this owner lies in a slot and nowhere else, whoever uses the slot next. */
export function markUnsaved(slot: Repository, owner: string): void {
  writeNote(slot, UNSAVED_NOTE, owner);
}

export function clearUnsaved(slot: Repository): void {
  fs.rmSync(path.join(slot.gitDir, UNSAVED_NOTE), {force: true});
}

/** Whose work lies in a slot and nowhere else. */
export function unsavedOwner(slot: Repository): string | undefined {
  return readNote(slot, UNSAVED_NOTE);
}

/** Write a note, unless it says so already. */
export function writeNote(slot: Repository, name: string, text: string): void {
  const file = path.join(slot.gitDir, name);
  if (readIfExists(file) !== `${text}\n`) replaceFile(file, `${text}\n`, {durable: false});
}

function readNote(slot: Repository, name: string): string | undefined {
  return readIfExists(path.join(slot.gitDir, name))?.trim();
}
