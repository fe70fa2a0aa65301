// Takes slots away. What cannot be kept or deleted stays, and is told of: it never holds up what is finished. Where the
// machine itself fails, the next start goes on with it.

import fs from 'node:fs';
import path from 'node:path';
import {MilestoneError} from '../../errors.ts';
import {type Repository, withPatience} from '../../git/git.ts';
import {type SlotInPool, slotAt, slotLink} from '../../git/slot-folders.ts';
import {allEnded} from '../../platform/all-ended.ts';
import {listFolder, syncRemoval} from '../../platform/files.ts';
import {isPassingFailure} from '../../platform/machine-failure.ts';
import type {Patience} from '../../platform/processes/run-git.ts';
import {removeFolder} from '../../platform/remove-folder.ts';
import {SerialQueue} from '../../platform/serial-queue.ts';
import {type SlotKeeper, trySecureSlot} from './keep-slot.ts';
import {moveAside, removeIfEmpty} from './set-aside.ts';

/** End of the name of a slot that is being removed. */
const REMOVED = '.removed';

export interface Removal {
  /** Also those that hold no slot any more. */
  pools: readonly string[];
  keeperOf(number: number): SlotKeeper;
  /** How long git may take to keep what one slot holds. */
  patience?(): Patience | undefined;
  /** Run in a slot once all that it holds is kept: from then on nobody can tell whose what is. */
  tearDown?(slot: Repository, number: number): Promise<void>;
}

/**
 * Remove slots of a milestone, with the pools that are empty then; strays stay, and what holds work that cannot be kept
 * otherwise becomes one.
 * @returns Warnings about what is left.
 */
export async function removeSlots(
  repo: Repository,
  slots: readonly SlotInPool[],
  {pools, keeperOf, patience, tearDown}: Removal,
): Promise<string[]> {
  const warnings: string[] = [];
  const all = [...new Set([...pools, ...slots.map(found => found.pool)])];
  const before = new Set(all.flatMap(namesIn));
  const remove = ({slot, number}: SlotInPool) =>
    removeSlot(repo, withPatience(slot, patience?.()), keeperOf(number), tearDown && (() => tearDown(slot, number)));
  // Commands of the user's run one at a time.
  const turns = new SerialQueue();
  warnings.push(
    ...(await allEnded(slots.map(found => (tearDown ? turns.run(() => remove(found)) : remove(found))))).flat(),
  );
  const left = all.flatMap(namesIn);
  const removed = left.filter(location => location.endsWith(REMOVED));
  warnings.push(...(await allEnded(removed.map(removeQuietly))).flat());
  // What was put aside just now is told of.
  const strays = left.filter(location => !location.endsWith(REMOVED) && before.has(location));
  warnings.push(...strays.map(location => `\`${location}\` is not a slot; it is left where it is`));
  for (const pool of all) {
    removeIfEmpty(pool);
    removeIfEmpty(path.dirname(pool));
  }
  const worktrees = path.join(repo.commonDir, 'worktrees');
  removeIfEmpty(worktrees);
  // A loss of power brings nothing back once it is on record that all is done: nobody would come to take it away again.
  for (const location of [...all, worktrees]) syncRemoval(path.join(location, 'slot'));
  return [...new Set(warnings)];
}

function namesIn(pool: string): string[] {
  return listFolder(pool).map(name => path.join(pool, name));
}

/** @returns Warnings about what was kept of it, or could not be deleted. */
export async function removeSlot(
  repo: Repository,
  slot: Repository,
  keeper: SlotKeeper,
  tearDown?: () => Promise<void>,
): Promise<string[]> {
  const warnings: string[] = [];
  try {
    if (slotAt(repo, slot.topLevel)) {
      const secured = await trySecureSlot(slot, keeper);
      warnings.push(...secured.warnings);
      await tearDown?.();
      if (secured.isWhole) warnings.push(...(await removeQuietly(startRemoval(slot))));
      else warnings.push(keepAsStray(slot, keeper));
    }
    // With its folder gone git would call the worktree prunable; with submodules it would refuse to remove it.
    if (!fs.existsSync(slot.topLevel)) warnings.push(...(await forget(slot)));
  } catch (error) {
    if (isPassingFailure(error)) throw error;
    warnings.push(`\`${slot.topLevel}\` could not be removed: ${(error as Error).message}`);
  }
  return warnings;
}

/** Renamed first: of a slot that was removed by half nobody could tell any more that it was one. */
function startRemoval({topLevel}: Repository): string {
  let removed = `${slotLink(topLevel)}${REMOVED}`;
  for (let number = 2; fs.existsSync(removed); number++) removed = `${slotLink(topLevel)}-${number}${REMOVED}`;
  fs.renameSync(topLevel, removed);
  return removed;
}

function keepAsStray(slot: Repository, {clock}: SlotKeeper): string {
  const stray = moveAside(slot, slot.topLevel, slot.topLevel, clock);
  return `what \`${slot.topLevel}\` held is kept as \`${stray}\``;
}

/** Take away what is left of a slot whose folder is gone. */
async function forget({topLevel, gitDir}: Repository): Promise<string[]> {
  removeIfEmpty(path.dirname(topLevel));
  const link = slotLink(topLevel);
  const isOwn = fs.lstatSync(link, {throwIfNoEntry: false})?.isSymbolicLink() && !fs.existsSync(link);
  if (isOwn) fs.rmSync(link);
  // A folder that a loss of power brings back is a slot as long as git knows of it, and somebody else's from then on.
  syncRemoval(link);
  return removeQuietly(gitDir);
}

async function removeQuietly(folder: string): Promise<string[]> {
  try {
    await removeFolder(folder);
    return [];
  } catch (error) {
    if (!(error instanceof MilestoneError) || isPassingFailure(error)) throw error;
    return [`\`${folder}\` could not be deleted, and is yours to delete: ${error.message}`];
  }
}
