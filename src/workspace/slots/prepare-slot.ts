// The pool of worktrees in which attempts work:
//
//     nothing there ──────────────> made: `git worktree add`, head detached, locked against a prune
//     a slot of this repository ──> all that is in it and at no ref is kept ─> reset, cleaned
//                                   what cannot be kept or reset ────────────> set aside, made anew
//     any other folder ───────────> set aside, made anew
//
// S1. The caller holds the milestone's lock and no process of an earlier attempt is left, so a slot's lock files are dead.
// S2. Nothing that could be somebody's work is deleted: it is at a rescue ref, or in `<slot>.stray-<time>`.

import fs from 'node:fs';
import path from 'node:path';
import {MilestoneError} from '../../errors.ts';
import {git, type Repository} from '../../git/git.ts';
import {keepHeadLog} from '../../git/head-log.ts';
import {readRef} from '../../git/refs.ts';
import {workFolder} from '../../git/repository.ts';
import {HOME_NOTE, slotAt, slotLink} from '../../git/slot-folders.ts';
import {fileError, listFolder, makeFolder} from '../../platform/files.ts';
import {SerialQueue} from '../../platform/serial-queue.ts';
import {type SecuredSlot, type SlotKeeper, secureSlot} from './keep-slot.ts';
import {noteClean} from './left-as.ts';
import {beginMaking, endMaking} from './mend-slots.ts';
import {removeSlot} from './remove-slots.ts';
import {resetSlot} from './reset-slot.ts';
import {setAside} from './set-aside.ts';
import {clearSlotOwner, clearUnsaved, lockSlot, preparedAt, setSlotBase, writeNote} from './slot-notes.ts';

export interface SlotWish {
  /** From `slotFolder`. */
  folder: string;
  /** Commit that the slot is to be at. */
  commit: string;
  /** Absolute path of the `.milestones` that owns the slot. */
  home: string;
  /** Remove ignored files as well. */
  fresh?: boolean;
  /** What is known of it; else nothing is. */
  known?: KnownSlot | undefined;
  keeper: SlotKeeper;
}

/**
 * `unused`: nobody has worked in it since it was last prepared. `worthless`: all that lies in it is kept, or was written by
 * checks that have just ended.
 */
export type KnownSlot = 'unused' | 'worthless';

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
  const {folder, commit, keeper, known} = wish;
  const former = slotAt(repo, slotLink(folder));
  const warnings = former ? await removeSlot(repo, former, keeper) : [];
  const found = slotAt(repo, folder);
  const secured = found && (await secureSlot(found, keeper, {isSeen: known === 'worthless'}));
  warnings.push(...(secured?.warnings ?? []));
  const reset = found && secured?.isWhole ? await resetTo(found, wish, secured) : 'impossible';
  const slot = found && reset !== 'impossible' ? found : await makeSlot(repo, wish, warnings);
  await assertSlot(slot, commit);
  await endMaking(slot);
  warnings.push(...linkSlot(repo, wish));
  keepHeadLog(slot);
  writeNote(slot, HOME_NOTE, wish.home);
  lockSlot(slot);
  setSlotBase(slot, commit);
  clearUnsaved(slot);
  clearSlotOwner(slot);
  noteClean(slot, commit);
  makeFolder(workFolder(slot));
  const rescued = secured?.rescued === undefined ? {} : {rescued: secured.rescued};
  const needsSetup = wish.fresh === true || reset !== 'whole' || secured?.isDisturbed === true;
  return {slot, needsSetup, ...rescued, warnings};
}

async function resetTo(slot: Repository, wish: SlotWish, {isUntouched}: SecuredSlot) {
  if (wish.known === 'unused' && isUntouched && preparedAt(slot) === wish.commit) return 'whole';
  // First: whatever a crash on the way leaves the head at is nobody's work.
  setSlotBase(slot, wish.commit);
  return resetSlot(slot, wish);
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
  warnings.push(...makeParent(repo, wish));
  if (fs.lstatSync(folder, {throwIfNoEntry: false})) warnings.push(...clearWay(repo, wish));
  beginMaking(folder);
  // Twice forced: the place may still be registered, for a worktree that is gone.
  await addWorktree(repo, ['worktree', 'add', '--force', '--force', '--detach', '--quiet', folder, commit]);
  const slot = slotAt(repo, folder);
  if (slot === undefined) throw new MilestoneError('GIT_FAILED', `git made no worktree at \`${folder}\``);
  return slot;
}

/** Make the folder that the worktree goes into. */
function makeParent(repo: Repository, {folder, keeper}: SlotWish): string[] {
  const holder = path.dirname(folder);
  try {
    makeFolder(path.dirname(holder));
    const isInTheWay = fs.lstatSync(holder, {throwIfNoEntry: false})?.isDirectory() === false;
    const warnings = isInTheWay ? [setAside(repo, holder, folder, keeper.clock)] : [];
    makeFolder(holder);
    return warnings;
  } catch (error) {
    const {code, message} = fileError(error, `make the folder \`${holder}\`, where tasks would work`);
    throw new MilestoneError(code, message, {
      hint: '`workspace.root` (in config.yaml or the plan, under `settings`) names another place for it',
      cause: error,
    });
  }
}

function clearWay(repo: Repository, {folder, keeper}: SlotWish): string[] {
  const isEmpty = listFolder(folder).every(name => name === '.git') && fs.lstatSync(folder).isDirectory();
  if (!isEmpty) return [setAside(repo, folder, folder, keeper.clock)];
  fs.rmSync(folder, {recursive: true});
  return [];
}

/** Let people find the slot by its number. */
function linkSlot(repo: Repository, {folder, keeper}: SlotWish): string[] {
  const link = slotLink(folder);
  const target = path.relative(path.dirname(link), folder);
  const there = fs.lstatSync(link, {throwIfNoEntry: false});
  if (there?.isSymbolicLink() && fs.readlinkSync(link) === target) return [];
  const warnings = there ? [setAside(repo, link, folder, keeper.clock)] : [];
  try {
    fs.symlinkSync(target, link);
  } catch {
    // On a file system without links only people miss it.
  }
  return warnings;
}

async function assertSlot(slot: Repository, commit: string): Promise<void> {
  const head = await readRef(slot, 'HEAD');
  if (head === commit && slotAt(slot, slot.topLevel)) return;
  throw new MilestoneError('GIT_FAILED', `the slot \`${slot.topLevel}\` is at \`${head}\`, expected \`${commit}\``);
}
