import fs from 'node:fs';
import path from 'node:path';
import {MilestoneError} from '../../errors.ts';
import {git, gitError, type Repository, tryGit, withPatience} from '../../git/git.ts';
import {isInitialised, listSubmodules, runInSubmodule, type Submodule} from '../../git/nested.ts';
import {readRef} from '../../git/refs.ts';
import {isIndexBroken, TEMPORARY_INDEX} from '../../git/trees/temporary-index.ts';
import {allEnded} from '../../platform/all-ended.ts';
import {listFolder} from '../../platform/files.ts';
import {openUp, removeFolder} from '../../platform/remove-folder.ts';

/**
 * Bring a used slot to a commit and remove what does not belong to it; ignored files stay unless `fresh`.
 * @returns `emptied` when a submodule has to be filled again; `impossible` when git cannot do it.
 */
export async function resetSlot(
  slot: Repository,
  wish: {commit: string; fresh?: boolean},
): Promise<'whole' | 'emptied' | 'impossible'> {
  await clearLeftovers(slot);
  // Beside the checkout, which does not need it.
  foldersOf(slot, wish.commit).catch(() => undefined);
  if ((await readRef(slot, 'HEAD')) === undefined) fs.writeFileSync(path.join(slot.gitDir, 'HEAD'), `${wish.commit}\n`);
  if (!(await checkOut(slot, wish.commit)) || !(await clean(slot, wish))) return 'impossible';
  await clearSpecialFiles(slot, wish.commit);
  return (await resetSubmodules(slot, wish.commit)) ? 'whole' : 'emptied';
}

/** What a killed writer or git, or one that an attempt left half way through, keeps in a worktree's git folder. */
const UNFINISHED =
  /^(?:.*\.lock|\..*\.tmp|rebase-merge|rebase-apply|sequencer|MERGE_\w+|CHERRY_PICK_HEAD|REVERT_HEAD|BISECT_\w+)$/;

async function clearLeftovers(slot: Repository): Promise<void> {
  const names = listFolder(slot.gitDir);
  const left = names.filter(name => UNFINISHED.test(name) || name.startsWith(TEMPORARY_INDEX));
  for (const name of left) await removeFolder(path.join(slot.gitDir, name));
}

async function checkOut(slot: Repository, commit: string): Promise<boolean> {
  const args = ['checkout', '--quiet', '--force', '--detach', commit, '--'];
  const index = path.join(slot.gitDir, 'index');
  const wasBroken = fs.statSync(index, {throwIfNoEntry: false})?.size === 0;
  if (wasBroken) fs.rmSync(index);
  const first = await tryGit(slot, args);
  if (first.code === 0) return true;
  // Power was lost while the index was written. Without one, git writes all files anew.
  if (isIndexBroken(first.stderr)) fs.rmSync(index, {force: true});
  await openUp(slot.topLevel);
  return succeeds(slot, args);
}

/** @throws {MilestoneError} `DISK_FULL`, `READ_ONLY`, `IO_FAILED`: it is not the slot that is ill. */
async function succeeds(slot: Repository, args: readonly string[]): Promise<boolean> {
  const result = await tryGit(slot, args);
  if (result.code === 0) return true;
  const error = gitError(args, result);
  if (error.code !== 'GIT_FAILED') throw error;
  if (/Input\/output error/.test(result.stderr)) throw new MilestoneError('IO_FAILED', error.message);
  return false;
}

async function clean(slot: Repository, {fresh = false}: {fresh?: boolean}): Promise<boolean> {
  const args = ['clean', '-ffdq', ...(fresh ? ['-x'] : [])];
  if ((await tryGit(slot, args)).code === 0) return true;
  await openUp(slot.topLevel);
  return succeeds(slot, args);
}

/**
 * Git sees neither pipes nor sockets nor devices: only in folders without committed files do they go with those. The
 * folders that are there besides hold ignored files, which stay.
 */
async function clearSpecialFiles(slot: Repository, commit: string): Promise<void> {
  const folders = await foldersOf(slot, commit);
  const all = folders.map(folder => path.join(slot.topLevel, folder));
  const committed = new Set(all);
  for (let at = 0; at < all.length; at += FOLDERS_AT_A_TIME)
    await allEnded(all.slice(at, at + FOLDERS_AT_A_TIME).map(folder => clearFolder(folder, {committed, depth: 0})));
}

/** One after the other, each would wait for its turn among all else that the program does. */
const FOLDERS_AT_A_TIME = 64;

/** Of the commit that was asked for last: one slot after another is reset to the same one. */
let listed: {commit: string; output: Promise<string>} | undefined;

async function foldersOf(slot: Repository, commit: string): Promise<string[]> {
  if (listed?.commit !== commit) {
    // Several wait for it: who is stopped does not stop it.
    const output = git(withPatience(slot, undefined), ['ls-tree', '-r', '-d', '-z', '--name-only', commit]);
    listed = {commit, output};
  }
  try {
    return (await listed.output).split('\0');
  } catch (error) {
    listed = undefined;
    throw error;
  }
}

/** So deep in ignored folders programs put their sockets (`tmp/sockets/`); dependencies go on without an end. */
const IGNORED_DEPTH = 3;

async function clearFolder(folder: string, {committed, depth}: {committed: ReadonlySet<string>; depth: number}) {
  for (const entry of await fs.promises.readdir(folder, {withFileTypes: true}).catch(() => [])) {
    const location = path.join(folder, entry.name);
    if (entry.isFIFO() || entry.isSocket() || entry.isCharacterDevice() || entry.isBlockDevice())
      await fs.promises.rm(location, {force: true});
    else if (entry.isDirectory() && depth < IGNORED_DEPTH && !committed.has(location))
      await clearFolder(location, {committed, depth: depth + 1});
  }
}

// A submodule left at another commit would count as a change of the next attempt. Its checkout is brought back from
// what is stored here, for nothing is fetched; where that does not suffice it is emptied, for the setup to fill again.
async function resetSubmodules(slot: Repository, commit: string): Promise<boolean> {
  const submodules = (await listSubmodules(slot)).filter(submodule => isInitialised(slot, submodule));
  if (submodules.length === 0) return true;
  const paths = submodules.map(submodule => submodule.path);
  const env = {GIT_LITERAL_PATHSPECS: '1'};
  const entries = (await git(slot, ['ls-tree', '-z', commit, '--', ...paths], {env})).split('\0').filter(Boolean);
  let areWhole = true;
  for (const submodule of submodules) {
    const entry = entries.find(line => line.endsWith(`\t${submodule.path}`));
    const pointer = /^160000 commit (\w+)\t/.exec(entry ?? '')?.[1];
    if (pointer !== undefined && (await resetSubmodule(slot, submodule, pointer))) continue;
    await empty(slot, submodule);
    areWhole = false;
  }
  return areWhole;
}

async function resetSubmodule(slot: Repository, submodule: Submodule, commit: string): Promise<boolean> {
  for (const args of [
    ['checkout', '--quiet', '--force', '--detach', commit, '--'],
    ['clean', '-ffdq'],
  ]) {
    if ((await runInSubmodule(slot, submodule, args)).code !== 0) return false;
  }
  return true;
}

async function empty(slot: Repository, submodule: Submodule): Promise<void> {
  const folder = path.join(slot.topLevel, submodule.path);
  for (const name of listFolder(folder)) await removeFolder(path.join(folder, name));
}
