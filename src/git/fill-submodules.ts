// Fills the submodules of a slot from what this repository has of them; nothing is fetched.
//
//     store: <common git folder>/modules/<name>   or, of older gits, <checkout>/<path>/.git
//     slot:  <git folder of the slot>/modules/<name>, which borrows the objects of the store

import fs from 'node:fs';
import path from 'node:path';
import {makeFolder} from '../platform/files.ts';
import {gitEnvironment, runGit} from '../platform/processes/run-git.ts';
import type {Repository} from './git.ts';
import {isInitialised, listSubmodules, runInSubmodule, type Submodule} from './nested.ts';

/** A submodule that stays empty. */
export interface UnfilledSubmodule {
  /** Relative to the top of the repository. */
  path: string;
  commit: string;
}

/** What to say of one, and what a person can do. */
export function unfilledText({path: file, commit}: UnfilledSubmodule): {message: string; hint: string} {
  return {
    message: `the submodule \`${file}\` is empty for tasks: its commit ${commit.slice(0, 10)} is not in this repository`,
    hint: '`git submodule update --init --recursive` fetches it',
  };
}

/** A checkout with submodules in it. */
interface Superproject {
  /** The checkout, as git is run in it. */
  worktree: Repository;
  /** Relative to the slot; empty at its top. */
  below: string;
  /** Git folder that the same submodule's submodules are stored in, and its checkout by the user. */
  stores: string;
  checkout: string | undefined;
}

/**
 * Fill those submodules of a slot that are empty, nested ones too, and bring filled nested ones to their commit.
 * @returns Those that cannot be filled: their commit is not here.
 */
export function fillSubmodules(repo: Repository, slot: Repository): Promise<UnfilledSubmodule[]> {
  const checkout = repo.topLevel === slot.topLevel ? undefined : repo.topLevel;
  return fillAll({worktree: slot, below: '', stores: slot.commonDir, checkout});
}

async function fillAll(parent: Superproject): Promise<UnfilledSubmodule[]> {
  const unfilled: UnfilledSubmodule[] = [];
  for (const submodule of (await listSubmodules(parent.worktree)).filter(isSafe)) {
    const commit = await pointerOf(parent, submodule);
    if (commit === undefined) continue;
    const store = storeOf(parent, submodule);
    const isFilled = (await isAt(parent, submodule, commit)) || (await fill(parent, submodule, store, commit));
    const below = path.posix.join(parent.below, submodule.path);
    if (!isFilled) unfilled.push({path: below, commit});
    else if (store !== undefined) unfilled.push(...(await fillAll(inside(parent, submodule, store, below))));
  }
  return unfilled;
}

/** Git itself refuses such names; they would lead out of the git folder, or the worktree. */
export function isSafe({name, path: file}: Submodule): boolean {
  return ![name, file].some(text => path.isAbsolute(text) || text.split(/[/\\]/).includes('..'));
}

async function pointerOf({worktree}: Superproject, submodule: Submodule): Promise<string | undefined> {
  const args = ['ls-files', '--stage', '-z', '--', `:(literal)${submodule.path}`];
  const {code, stdout} = await runInside(worktree, args);
  return code === 0 ? /^160000 ([0-9a-f]+) 0\t/.exec(stdout)?.[1] : undefined;
}

/** Where the repository has a submodule, with all that was ever fetched of it. */
export function storeOf(
  {stores, checkout}: Pick<Superproject, 'stores' | 'checkout'>,
  submodule: Submodule,
): string | undefined {
  const own = checkout === undefined ? [] : [path.join(checkout, submodule.path, '.git')];
  const locations = [path.join(stores, 'modules', submodule.name), ...own];
  return locations.find(location => fs.statSync(location, {throwIfNoEntry: false})?.isDirectory());
}

async function isAt({worktree}: Superproject, submodule: Submodule, commit: string): Promise<boolean> {
  if (!isInitialised(worktree, submodule)) return false;
  return (await runInSubmodule(worktree, submodule, ['rev-parse', 'HEAD'])).stdout.trim() === commit;
}

async function fill(
  parent: Superproject,
  submodule: Submodule,
  store: string | undefined,
  commit: string,
): Promise<boolean> {
  const {worktree} = parent;
  if (store === undefined && !isInitialised(worktree, submodule)) return false;
  if (!isInitialised(worktree, submodule) && !(await borrow(parent, submodule, store as string))) return false;
  const args = ['checkout', '--quiet', '--force', '--detach', commit, '--'];
  if ((await runInSubmodule(worktree, submodule, args)).code === 0) return true;
  // Without files it would be taken for a change: the folder is as empty as git has left it.
  const folder = path.join(worktree.topLevel, submodule.path);
  fs.rmSync(folder, {recursive: true, force: true});
  fs.mkdirSync(folder);
  return false;
}

async function borrow({worktree}: Superproject, submodule: Submodule, store: string): Promise<boolean> {
  const gitFolder = path.join(worktree.gitDir, 'modules', submodule.name);
  const folder = path.join(worktree.topLevel, submodule.path);
  // Of a slot that was there before: its checkout has gone.
  fs.rmSync(gitFolder, {recursive: true, force: true});
  makeFolder(path.dirname(gitFolder));
  const flags = ['--quiet', '--no-checkout', '--shared', '--no-tags', `--separate-git-dir=${gitFolder}`];
  const call = {cwd: worktree.topLevel, env: gitEnvironment(worktree.environment), patience: worktree.patience};
  const settings = ['-c', 'core.hooksPath=/dev/null', '-c', 'protocol.file.allow=always'];
  if ((await runGit([...settings, 'clone', ...flags, '--', store, folder], call)).code !== 0) return false;
  const {stdout} = await runGit(['-C', store, 'config', '--get', 'remote.origin.url'], call);
  const url = stdout.trim();
  if (url !== '') await runInSubmodule(worktree, submodule, ['config', 'remote.origin.url', url]);
  return true;
}

function inside({worktree, checkout}: Superproject, submodule: Submodule, store: string, below: string): Superproject {
  const topLevel = path.join(worktree.topLevel, submodule.path);
  const gitDir = path.join(worktree.gitDir, 'modules', submodule.name);
  return {
    worktree: {...worktree, topLevel, gitDir, commonDir: gitDir, prefix: ''},
    below,
    stores: store,
    checkout: checkout && path.join(checkout, submodule.path),
  };
}

/** Where a submodule has a git folder of its own inside, that is not where slots keep it. */
function runInside(worktree: Repository, args: readonly string[]) {
  const env = gitEnvironment(worktree.environment);
  const call = {cwd: worktree.topLevel, env, patience: worktree.patience};
  return runGit(['-c', 'core.fsmonitor=false', ...args], call);
}
