// The pool of worktrees in which attempts work:
//
//     nothing there ──────────────> made: `git worktree add`, head detached
//     a slot of this repository ──> work that is not kept elsewhere is rescued ─> reset, cleaned
//                                   what cannot be rescued or reset ────────────> set aside, made anew
//     any other folder ───────────> set aside, made anew
//
// S1. The caller holds the milestone's lock and no process of an earlier attempt is left, so a slot's lock files are dead.
// S2. Nothing that could be somebody's work is deleted: it is at a rescue ref, or in `<slot>.stray-<time>`.

import fs from 'node:fs';
import path from 'node:path';
import {MilestoneError} from '../errors.ts';
import {git, linkedWorktrees, type Repository} from '../git/git.ts';
import {changedSubmodules, takeGitFolderAlong} from '../git/nested.ts';
import {readRef} from '../git/refs.ts';
import {workFolder} from '../git/repository.ts';
import {HOME_NOTE, slotAt, slotPool, slotsElsewhere} from '../git/slot-place.ts';
import {type Clock, systemClock} from '../platform/clock.ts';
import {fileError, listFolder, makeFolder, readIfExists, replaceFile} from '../platform/files.ts';
import {removeFolder} from '../platform/remove-folder.ts';
import {SerialQueue} from '../platform/serial-queue.ts';
import {beginMaking, endMaking} from './mend-slots.ts';
import {saveRescue} from './rescue.ts';
import {resetSlot} from './reset-slot.ts';

export interface SlotWish {
  /** From `slotFolder`. */
  folder: string;
  /** Commit that the slot is to be at. */
  commit: string;
  /** Absolute path of the `.milestones` that owns the slot. */
  home: string;
  /** Remove ignored files as well. */
  fresh?: boolean;
  /** Where to keep what the slot's last attempt left; absent when that is integrated or kept already. */
  keepAs?: {id: string; task: string; attempt: number};
  clock: Clock;
}

export interface PreparedSlot {
  slot: Repository;
  /** The worktree is new, or something in it was put aside or emptied: what `workspace.setup` provides may be missing. */
  needsSetup: boolean;
  /** Commit that holds what the last attempt left. */
  rescued?: string;
  warnings: string[];
}

/**
 * Make a slot that is at `commit` and clean; what it held before is kept.
 * @throws {MilestoneError} `GIT_FAILED`, `DISK_FULL`, `READ_ONLY`, `IO_FAILED`.
 */
export async function prepareSlot(repo: Repository, wish: SlotWish): Promise<PreparedSlot> {
  const warnings: string[] = [];
  const found = slotAt(repo, wish.folder);
  const rescue = found && (await rescueWork(found, wish, warnings));
  const reset = found && rescue !== 'failed' ? await resetSlot(found, wish) : 'impossible';
  const slot = found && reset !== 'impossible' ? found : await makeSlot(repo, wish, warnings);
  await assertSlot(slot, wish.commit);
  endMaking(slot);
  writeNote(slot, HOME_NOTE, wish.home);
  writeNote(slot, BASE_NOTE, wish.commit);
  fs.rmSync(path.join(slot.gitDir, UNSAVED_NOTE), {force: true});
  makeFolder(workFolder(slot));
  const rescued = typeof rescue === 'object' ? {rescued: rescue.commit} : {};
  const needsSetup = wish.fresh === true || reset !== 'whole' || warnings.length > 0;
  return {slot, needsSetup, ...rescued, warnings};
}

const BASE_NOTE = 'milestone-base';

/** The commit that a slot was last prepared at; what is in it now was made on that. */
export async function slotBase(slot: Repository): Promise<string | undefined> {
  return readIfExists(path.join(slot.gitDir, BASE_NOTE))?.trim() || (await readRef(slot, 'HEAD'));
}

const OWNER_NOTE = 'milestone-attempt';

/** Say whose work lies in a slot from now on. */
export function setSlotOwner(slot: Repository, owner: string): void {
  writeNote(slot, OWNER_NOTE, owner);
}

/** Whose work lies in a slot; until somebody else's does it is still that of the last one. */
export function slotOwner(slot: Repository): string | undefined {
  return readIfExists(path.join(slot.gitDir, OWNER_NOTE))?.trim();
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
  return readIfExists(path.join(slot.gitDir, UNSAVED_NOTE))?.trim();
}

async function rescueWork(slot: Repository, wish: SlotWish, warnings: string[]) {
  if (wish.keepAs === undefined) return undefined;
  try {
    const base = await slotBase(slot);
    const rescue = base === undefined ? undefined : await saveRescue(slot, {...wish.keepAs, base});
    const nested = [...(rescue?.nested ?? []).map(({path: file}) => file), ...(await changedSubmodules(slot))];
    for (const file of new Set(nested)) warnings.push(setAside(path.join(slot.topLevel, file), wish));
    return rescue;
  } catch (error) {
    if (!(error instanceof MilestoneError) || error.code !== 'GIT_FAILED') throw error;
    warnings.push(`the work left in \`${slot.topLevel}\` could not be kept as a commit: ${error.message}`);
    return 'failed';
  }
}

const adding = new SerialQueue();
const ADD_TRIES = 5;

/**
 * One at a time, and again when another process was at it: git reads the places of all worktrees first, and fails at
 * one that is being made.
 */
function addWorktree(repo: Repository, args: readonly string[]): Promise<unknown> {
  return adding.run(async () => {
    for (let tries = 1; ; tries++) {
      try {
        return await git(repo, args);
      } catch (error) {
        if (tries === ADD_TRIES || !/failed to read .*commondir/.test(String(error))) throw error;
      }
    }
  });
}

async function makeSlot(repo: Repository, wish: SlotWish, warnings: string[]): Promise<Repository> {
  const {folder, commit} = wish;
  makePool(path.dirname(folder));
  if (fs.lstatSync(folder, {throwIfNoEntry: false})) warnings.push(...clearPlace(repo, wish));
  beginMaking(folder);
  // Twice forced: the place may still be registered, for a worktree that is gone.
  await addWorktree(repo, ['worktree', 'add', '--force', '--force', '--detach', '--quiet', folder, commit]);
  const slot = slotAt(repo, folder);
  if (slot === undefined) throw new MilestoneError('GIT_FAILED', `git made no worktree at \`${folder}\``);
  return slot;
}

function makePool(folder: string): void {
  try {
    makeFolder(folder);
  } catch (error) {
    const {code, message} = fileError(error, `make the folder \`${folder}\`, where tasks would work`);
    throw new MilestoneError(code, message, {
      hint: '`workspace.root` (in config.yaml or the plan, under `settings`) names another place for it',
      cause: error,
    });
  }
}

function clearPlace(repo: Repository, wish: SlotWish): string[] {
  // Once git forgets the worktree, its name is free for the next: the stray must not point there.
  if (slotAt(repo, wish.folder)) fs.rmSync(path.join(wish.folder, '.git'));
  const isEmpty = listFolder(wish.folder).every(name => name === '.git') && fs.lstatSync(wish.folder).isDirectory();
  if (!isEmpty) return [setAside(wish.folder, wish)];
  fs.rmSync(wish.folder, {recursive: true});
  return [];
}

function setAside(place: string, wish: SlotWish): string {
  return `\`${place}\` was in the way of a slot; it is kept as \`${moveAside(place, wish)}\``;
}

/** @returns Where it is now: beside the slot. */
function moveAside(place: string, {folder, clock}: Pick<SlotWish, 'folder' | 'clock'>): string {
  const time = new Date(clock.now()).toISOString().replace(/[-:]|\.\d+/g, '');
  let stray = `${folder}.stray-${time}`;
  for (let number = 2; fs.existsSync(stray); number++) stray = `${folder}.stray-${time}-${number}`;
  takeGitFolderAlong(place);
  fs.renameSync(place, stray);
  return stray;
}

async function assertSlot(slot: Repository, commit: string): Promise<void> {
  const head = await readRef(slot, 'HEAD');
  if (head === commit && slotAt(slot, slot.topLevel)) return;
  throw new MilestoneError('GIT_FAILED', `the slot \`${slot.topLevel}\` is at \`${head}\`, expected \`${commit}\``);
}

function writeNote(slot: Repository, name: string, text: string): void {
  const file = path.join(slot.gitDir, name);
  if (readIfExists(file) !== `${text}\n`) replaceFile(file, `${text}\n`, {durable: false});
}

/**
 * Remove all slots of a milestone; strays stay, and what holds work that is nowhere else becomes one.
 * @param home With it, slots that were made in another place are found too.
 * @returns Warnings about what could not be removed.
 * @throws {MilestoneError} `IO_FAILED`.
 */
export async function removeSlots(
  repo: Repository,
  root: string | undefined,
  id: string,
  home?: string,
): Promise<string[]> {
  const pool = slotPool(repo, root, id);
  const elsewhere = home === undefined ? [] : slotsElsewhere(repo, {home, pool});
  const pools = new Set([pool, ...elsewhere.map(({topLevel}) => path.dirname(topLevel))]);
  const warnings: string[] = [];
  for (const folder of pools) warnings.push(...(await removePool(repo, folder)));
  removeIfEmpty(path.join(repo.commonDir, 'worktrees'));
  return warnings;
}

async function removePool(repo: Repository, pool: string): Promise<string[]> {
  const strays = new Map<string, string>();
  for (const slot of linkedWorktrees(repo)) {
    if (path.dirname(slot.topLevel) !== pool) continue;
    const isThere = slotAt(repo, slot.topLevel) !== undefined;
    if (isThere && unsavedOwner(slot) !== undefined) {
      fs.rmSync(path.join(slot.topLevel, '.git'));
      const stray = moveAside(slot.topLevel, {folder: slot.topLevel, clock: systemClock});
      strays.set(stray, `what \`${slot.topLevel}\` held could not be kept as a commit; it is kept as \`${stray}\``);
    }
    // Renamed first: of a slot that was removed by half nobody could tell any more that it was one.
    if (slotAt(repo, slot.topLevel)) fs.renameSync(slot.topLevel, `${slot.topLevel}${REMOVED}`);
    // With its folder gone git would call the worktree prunable; with submodules it would refuse to remove it.
    if (!fs.existsSync(slot.topLevel)) await removeFolder(slot.gitDir);
  }
  for (const name of listFolder(pool)) if (name.endsWith(REMOVED)) await removeFolder(path.join(pool, name));
  removeIfEmpty(pool);
  removeIfEmpty(path.dirname(pool));
  return listFolder(pool).map(name => {
    const place = path.join(pool, name);
    return strays.get(place) ?? `\`${place}\` is not a slot; it is left where it is`;
  });
}

/** End of the name of a slot that is being removed. */
const REMOVED = '.removed';

function removeIfEmpty(folder: string): void {
  if (fs.existsSync(folder) && listFolder(folder).length === 0) fs.rmdirSync(folder);
}
