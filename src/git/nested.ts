// Repositories inside a worktree. Git commits of them a pointer alone, never the content.

import fs from 'node:fs';
import path from 'node:path';
import {readGitPointer} from '../platform/git-pointer.ts';
import {gitEnvironment, runGit} from '../platform/processes/run-git.ts';
import {git, linkedWorktrees, type Repository} from './git.ts';
import {resolveCommit} from './refs.ts';

export interface NestedRepository {
  /** Relative to the top of the repository. */
  path: string;
  /** `embedded`: no submodule. `unpublished`: a submodule at a commit that only this worktree has. */
  why: 'embedded' | 'unpublished';
}

const POINTER = '160000';

/** The nested repositories among differences whose commits would be lost with the worktree. */
export async function findNested(
  repo: Repository,
  differences: readonly {path: string; mode: string; id: string}[],
): Promise<NestedRepository[]> {
  const pointers = differences.filter(({mode}) => mode === POINTER);
  if (pointers.length === 0) return [];
  const submodules = await listSubmodules(repo);
  const nested: NestedRepository[] = [];
  for (const pointer of pointers) {
    const submodule = submodules.find(({path: file}) => file === pointer.path);
    if (submodule === undefined) nested.push({path: pointer.path, why: 'embedded'});
    else if (!(await isPublished(repo, submodule, pointer.id))) nested.push({path: pointer.path, why: 'unpublished'});
  }
  return nested;
}

export interface Submodule {
  name: string;
  path: string;
}

/** What `.gitmodules` of a worktree names. */
export async function listSubmodules(repo: Repository): Promise<Submodule[]> {
  const file = path.join(repo.topLevel, '.gitmodules');
  if (!fs.existsSync(file)) return [];
  const args = ['config', '--file', file, '--null', '--get-regexp', '^submodule\\..*\\.path$'];
  return namedSubmodules(await git(repo, args, {accept: [1]}));
}

/** @param listed What `git config --null --get-regexp` prints of the paths in a `.gitmodules`. */
export function namedSubmodules(listed: string): Submodule[] {
  return listed
    .split('\0')
    .filter(Boolean)
    .map(entry => {
      const [key = '', ...value] = entry.split('\n');
      return {name: key.slice('submodule.'.length, -'.path'.length), path: value.join('\n')};
    });
}

/** Run git in the checkout of a submodule. */
export function runInSubmodule(repo: Repository, submodule: Submodule, args: readonly string[]) {
  return runInFolder(repo, path.join(repo.topLevel, submodule.path), args);
}

/** Run git in a repository that lies inside a worktree. */
export function runInFolder(repo: Repository, folder: string, args: readonly string[]) {
  const env = {...gitEnvironment(repo.environment), GIT_CEILING_DIRECTORIES: path.dirname(folder)};
  const call = {cwd: folder, env, patience: repo.patience};
  return runGit(['-c', 'core.hooksPath=/dev/null', '-c', 'core.fsmonitor=false', ...args], call);
}

/** The worktrees of the same repository that lie inside a worktree: agents make some for agents of their own. */
export function innerWorktrees(repo: Repository): Repository[] {
  return linkedWorktrees(repo).filter(
    ({gitDir, topLevel}) => topLevel.startsWith(repo.topLevel + path.sep) && pointsTo(topLevel, gitDir),
  );
}

function pointsTo(folder: string, gitDir: string): boolean {
  try {
    return fs.realpathSync(gitFolderOf(folder) ?? folder) === gitDir;
  } catch {
    return false;
  }
}

/** Where the `.git` file of a folder leads. */
export function gitFolderOf(folder: string): string | undefined {
  const pointer = path.join(folder, '.git');
  if (!fs.lstatSync(pointer, {throwIfNoEntry: false})?.isFile()) return undefined;
  return readGitPointer(pointer);
}

/** Whether a submodule's folder holds a checkout. */
export function isInitialised(repo: Repository, submodule: Submodule): boolean {
  return fs.existsSync(path.join(repo.topLevel, submodule.path, '.git'));
}

/** Whether a commit is on a remote or tagged, as far as is known here, or in the submodule's store of the main checkout. */
async function isPublished(repo: Repository, submodule: Submodule, commit: string): Promise<boolean> {
  const store = path.join(repo.commonDir, 'modules', submodule.name);
  if (repo.gitDir !== repo.commonDir && fs.existsSync(store)) {
    const stored = await resolveCommit({...repo, gitDir: store, commonDir: store}, commit);
    if (stored !== undefined) return true;
  }
  if (!isInitialised(repo, submodule)) return true;
  const args = ['for-each-ref', '--count=1', `--contains=${commit}`, 'refs/remotes', 'refs/tags'];
  const {code, stdout} = await runInSubmodule(repo, submodule, args);
  return code === 0 && stdout !== '';
}

/** Paths of the submodules of a worktree in which files differ from their commit. */
export async function changedSubmodules(repo: Repository): Promise<string[]> {
  const changed: string[] = [];
  for (const submodule of await listSubmodules(repo)) {
    if (!isInitialised(repo, submodule)) continue;
    const {code, stdout} = await runInSubmodule(repo, submodule, ['status', '--porcelain']);
    if (code !== 0 || stdout !== '') changed.push(submodule.path);
  }
  return changed;
}

/** Make a submodule's checkout a repository of its own: its git folder, kept in that of the worktree, moves in. */
export function takeGitFolderAlong(folder: string): void {
  const pointer = path.join(folder, '.git');
  const gitFolder = gitFolderOf(folder);
  if (!gitFolder?.includes(`${path.sep}modules${path.sep}`) || !fs.existsSync(gitFolder)) return;
  fs.rmSync(pointer);
  fs.renameSync(gitFolder, pointer);
  const config = path.join(pointer, 'config');
  fs.writeFileSync(config, fs.readFileSync(config, 'utf8').replace(/^\s*worktree\s*=.*\n/m, ''));
}
