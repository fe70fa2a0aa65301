// All that lies in a slot and at no ref is kept before the slot is reset, reused or removed.
//
// K1. What an attempt has left is at the attempt's own ref; what was there later, whoever made it, at one of the slot's.
// K2. Commits are kept as they are: also those that a head was moved away from since.
// K3. What is staged and not in the files is a commit behind the other.
// K4. A repository inside a slot goes beside the slot, whole; a worktree of this repository is kept as a slot is.

import fs from 'node:fs';
import path from 'node:path';
import {MilestoneError} from '../../errors.ts';
import {commitTree} from '../../git/commit.ts';
import {git, type Repository, tryGit} from '../../git/git.ts';
import {changedSubmodules, innerWorktrees} from '../../git/nested.ts';
import {readRef, writeRef} from '../../git/refs.ts';
import {readCommit} from '../../git/task-commits.ts';
import {showHiddenChanges} from '../../git/trees/hidden-changes.ts';
import {withTemporaryIndex} from '../../git/trees/temporary-index.ts';
import {type WrittenTree, writeTree} from '../../git/trees/tree.ts';
import type {Clock} from '../../platform/clock.ts';
import {readIfExists} from '../../platform/files.ts';
import {isPassingFailure} from '../../platform/machine-failure.ts';
import {removeFolder} from '../../platform/remove-folder.ts';
import {type RescueName, saveRescue} from '../rescue.ts';
import {changedSince, type Left} from './left-as.ts';
import {setAside, timeName} from './set-aside.ts';
import {preparedAt, slotBase, unsavedOwner} from './slot-notes.ts';

/** For whom a slot is kept. */
export interface SlotKeeper {
  /** Of the milestone. */
  id: string;
  /** Number of the slot. */
  slot: number;
  clock: Pick<Clock, 'now'>;
  /** Told of each ref at which something is kept that belongs to no attempt. */
  onKept(ref: string): void;
}

export interface SecuredSlot {
  /** Nothing is left in it that is not kept. */
  isWhole: boolean;
  /** It is as it was left by the program. */
  isUntouched: boolean;
  /** Commit that holds what an attempt had left. */
  rescued?: string;
  /** Something in it was put aside. */
  isDisturbed: boolean;
  warnings: string[];
}

/**
 * Keep what a slot holds and no ref does.
 * @param isSeen Whatever lies there and is not an attempt's unsaved work is known to be of no worth.
 * @throws {MilestoneError} `DISK_FULL`, `READ_ONLY`, `IO_FAILED`; also the reason of a signal that ends its git.
 */
export async function secureSlot(
  slot: Repository,
  keeper: SlotKeeper,
  {isSeen = false}: {isSeen?: boolean} = {},
): Promise<SecuredSlot> {
  const secured: SecuredSlot = {isWhole: true, isUntouched: false, isDisturbed: false, warnings: []};
  try {
    for (const inner of innerWorktrees(slot)) await secureInner(slot, inner, keeper, secured);
    const owner = attemptOf(keeper.id, unsavedOwner(slot));
    if (owner) await secureAttempt(slot, owner, keeper, secured);
    else if (!isSeen) await secureUnowned(slot, keeper, secured);
  } catch (error) {
    if (!(error instanceof MilestoneError) || error.code !== 'GIT_FAILED') throw error;
    secured.warnings.push(`the work left in \`${slot.topLevel}\` could not be kept as a commit: ${error.message}`);
    secured.isWhole = false;
  }
  return secured;
}

/** The same; whatever goes wrong is a warning, and then the slot is not whole. */
export async function trySecureSlot(slot: Repository, keeper: SlotKeeper): Promise<SecuredSlot> {
  try {
    return await secureSlot(slot, keeper);
  } catch (error) {
    if (isPassingFailure(error)) throw error;
    const why = error instanceof Error ? error.message : 'there was no time';
    const warning = `the work left in \`${slot.topLevel}\` could not be kept as a commit: ${why}`;
    return {isWhole: false, isUntouched: false, isDisturbed: false, warnings: [warning]};
  }
}

function attemptOf(id: string, owner: string | undefined): RescueName | undefined {
  const dot = owner?.lastIndexOf('.') ?? -1;
  if (owner === undefined || dot < 0) return undefined;
  return {id, task: owner.slice(0, dot), attempt: Number(owner.slice(dot + 1))};
}

/** Nobody knows what of it the attempt has left and what came later: all of it is the attempt's. */
async function secureAttempt(slot: Repository, name: RescueName, keeper: SlotKeeper, secured: SecuredSlot) {
  const base = await slotBase(slot);
  const rescue = base === undefined ? undefined : await saveRescue(slot, {...name, base});
  if (rescue) secured.rescued = rescue.commit;
  await setNestedAside(slot, rescue?.nested.map(nested => nested.path) ?? [], keeper, secured);
}

async function secureUnowned(slot: Repository, keeper: SlotKeeper, secured: SecuredSlot): Promise<void> {
  await showHiddenChanges(slot);
  const left = await changedSince(slot);
  secured.isUntouched = left === undefined;
  if (left === undefined) return;
  const nested = await keepWorktree(slot, left, keeper, secured);
  await setNestedAside(slot, nested, keeper, secured);
}

/** What an agent's agent has committed is on its branch; its worktree goes, and the registration with it. */
async function secureInner(slot: Repository, inner: Repository, keeper: SlotKeeper, secured: SecuredSlot) {
  const nested = await keepWorktree(inner, {}, keeper, secured);
  for (const name of nested) putAside(path.join(inner.topLevel, name), slot, keeper, secured);
  await removeFolder(inner.topLevel);
  await removeFolder(inner.gitDir);
}

async function setNestedAside(slot: Repository, nested: readonly string[], keeper: SlotKeeper, secured: SecuredSlot) {
  for (const name of new Set([...nested, ...(await changedSubmodules(slot))]))
    putAside(path.join(slot.topLevel, name), slot, keeper, secured);
}

function putAside(location: string, slot: Repository, {clock}: SlotKeeper, secured: SecuredSlot): void {
  secured.warnings.push(setAside(slot, location, slot.topLevel, clock));
  secured.isDisturbed = true;
}

/**
 * Point a ref at all that a worktree holds and no ref does, and tell of it; the worktree stays as it is.
 * @param left What was known of it before.
 * @returns The repositories inside it: a commit holds no content of them.
 */
async function keepWorktree(worktree: Repository, left: Partial<Left>, keeper: SlotKeeper, secured: SecuredSlot) {
  const head = await readRef(worktree, 'HEAD');
  const base = head ?? (await slotBase(worktree));
  if (base === undefined) return [];
  const tips = await lostCommits(worktree, head, left);
  const written = await tryWriteTree(worktree, base);
  const isChanged = 'tree' in written && written.changedFiles.length + written.homeChanges.length > 0;
  const baseTree = (await readCommit(worktree, base)).tree;
  const tree = isChanged ? written.tree : baseTree;
  const staged = await stagedBeside(worktree, new Set([baseTree, tree]));
  if (staged !== undefined)
    tips.push(await commitTree(worktree, {tree: staged, parents: [base], message: messageOf(keeper, 'was staged')}));
  if (tips.length > 0 || (isChanged && !(await isAtSomeRef(worktree, tree)))) {
    const commit = await commitOf(worktree, {keeper, isChanged, tree, parents: [...new Set([base, ...tips])]});
    const ref = await freeRef(worktree, keeper);
    await writeRef(worktree, ref, commit, 'milestone: kept what lay in a slot');
    keeper.onKept(ref);
    secured.warnings.push(`what lay in \`${worktree.topLevel}\` and is no attempt's is kept: \`git show ${ref}\``);
  }
  if (!('tree' in written)) throw written;
  return written.nested.map(nested => nested.path);
}

/** What cannot be written as a tree is told after the commits are safe. */
async function tryWriteTree(worktree: Repository, base: string): Promise<WrittenTree | MilestoneError> {
  try {
    return await writeTree(worktree, base, {withHome: true});
  } catch (error) {
    if (error instanceof MilestoneError && error.code === 'GIT_FAILED') return error;
    throw error;
  }
}

/** What is staged, where it is neither what is known nor at a ref: a file may have been staged, then changed or deleted. */
async function stagedBeside(worktree: Repository, known: ReadonlySet<string>): Promise<string | undefined> {
  // An index that was lost with the power says nothing; of one in the middle of a merge there is no tree.
  if (!fs.statSync(path.join(worktree.gitDir, 'index'), {throwIfNoEntry: false})?.size) return undefined;
  const {code, stdout} = await withTemporaryIndex(worktree, ({env}) => tryGit(worktree, ['write-tree'], {env}));
  const tree = stdout.trim();
  if (code !== 0 || known.has(tree) || (await isAtSomeRef(worktree, tree))) return undefined;
  return tree;
}

interface NewKept {
  keeper: SlotKeeper;
  isChanged: boolean;
  tree: string;
  parents: string[];
}

async function commitOf(worktree: Repository, {keeper, isChanged, tree, parents}: NewKept): Promise<string> {
  if (!isChanged && parents.length === 1) return parents[0] as string;
  return commitTree(worktree, {tree, parents, message: messageOf(keeper, 'lay')});
}

function messageOf({id, slot}: SlotKeeper, what: 'lay' | 'was staged'): string {
  return `kept(milestone-${id}): what ${what} in slot ${slot}\n\nMilestone: ${id}\n`;
}

async function freeRef(repo: Repository, {id, slot, clock}: SlotKeeper): Promise<string> {
  const first = `refs/milestone/rescue/${id}/slot-${slot}.${timeName(clock)}`;
  for (let number = 1; ; number++) {
    const ref = number === 1 ? first : `${first}-${number}`;
    if ((await readRef(repo, ref)) === undefined) return ref;
  }
}

// `--all` would count the head of the worktree itself, and what belongs to the worktree goes with it.
const ALL_REFS = [
  '--exclude=refs/worktree/*',
  '--exclude=refs/bisect/*',
  '--exclude=refs/rewritten/*',
  '--glob=refs/*',
];

/** Commits that no ref leads to: where the head is, and where it was since the slot was left; none that leads to another. */
async function lostCommits(worktree: Repository, head: string | undefined, left: Partial<Left>): Promise<string[]> {
  const candidates = new Set([...(head === undefined ? [] : [head]), ...headsSince(worktree, left.logSize)]);
  // The commit that it was last brought to is the program's own.
  for (const known of [left.head, preparedAt(worktree)]) if (known !== undefined) candidates.delete(known);
  if (candidates.size === 0) return [];
  const list = ['rev-list', '--ignore-missing', ...candidates, '--not', ...ALL_REFS];
  const found = new Set((await git(worktree, list)).split('\n'));
  const lost = [...candidates].filter(commit => found.has(commit));
  if (lost.length < 2) return lost;
  return (await git(worktree, ['merge-base', '--independent', ...lost])).split('\n').filter(Boolean);
}

const MOVED = /^[0-9a-f]+ ([0-9a-f]+) /;

function headsSince({gitDir}: Repository, logSize: number | undefined): string[] {
  if (logSize === undefined) return [];
  const log = readIfExists(path.join(gitDir, 'logs', 'HEAD')) ?? '';
  const lines = Buffer.from(log).subarray(logSize).toString().split('\n');
  return lines.flatMap(line => MOVED.exec(line)?.[1] ?? []);
}

/** Whether a tree is what a branch or something that is kept holds already. */
async function isAtSomeRef(repo: Repository, tree: string): Promise<boolean> {
  const {stdout} = await tryGit(repo, ['for-each-ref', '--format=%(tree)', 'refs/heads', 'refs/milestone']);
  return stdout.split('\n').includes(tree);
}
