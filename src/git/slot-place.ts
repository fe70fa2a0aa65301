// Where slots are, and whose a folder there is.

import {createHash} from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {readIfExists} from '../platform/files.ts';
import {linkedWorktrees, type Repository} from './git.ts';

/**
 * Folder that holds the slots of a milestone.
 * @param root `workspace.root`, relative to the top of the repository; default `$XDG_STATE_HOME/milestone`.
 */
export function slotPool(repo: Repository, root: string | undefined, id: string): string {
  return path.join(slotRoot(repo, root), id);
}

/** Folder that holds the slots of all milestones of a repository. */
export function slotRoot(repo: Repository, root: string | undefined): string {
  const hash = createHash('sha256').update(repo.commonDir).digest('hex').slice(0, 12);
  const top = root === undefined ? stateFolder(repo.environment) : path.resolve(repo.topLevel, root);
  return path.join(realPath(top), `${repositoryName(repo)}-${hash}`);
}

/** Folder of one slot, the number of which counts from 0. */
export function slotFolder(repo: Repository, root: string | undefined, id: string, slot: number): string {
  return path.join(slotPool(repo, root, id), String(slot));
}

/** Name of the file in a slot's private git folder that says which home it belongs to. */
export const HOME_NOTE = 'milestone-home';

/** Whether a worktree is a slot, of whichever milestone. */
export function isSlot({gitDir}: Pick<Repository, 'gitDir'>): boolean {
  return fs.existsSync(path.join(gitDir, HOME_NOTE));
}

/** The slots of a milestone that lie anywhere else: the pool was another when they were made. */
export function slotsElsewhere(repo: Repository, {home, pool}: {home: string; pool: string}): Repository[] {
  const id = path.basename(pool);
  return linkedWorktrees(repo).filter(({gitDir, topLevel}) => {
    const folder = path.dirname(topLevel);
    if (folder === pool || path.basename(folder) !== id || !/^\d+$/.test(path.basename(topLevel))) return false;
    return readIfExists(path.join(gitDir, HOME_NOTE)) === `${home}\n`;
  });
}

/** The slot at a folder, if that folder is a worktree that this repository knows of. */
export function slotAt(repo: Repository, folder: string): Repository | undefined {
  const gitDir = gitDirOf(folder);
  return linkedWorktrees(repo).find(worktree => worktree.gitDir === gitDir && worktree.topLevel === folder);
}

function stateFolder(env: NodeJS.ProcessEnv): string {
  const state = env.XDG_STATE_HOME;
  const top = state && path.isAbsolute(state) ? state : path.join(env.HOME ?? os.homedir(), '.local', 'state');
  return path.join(top, 'milestone');
}

function repositoryName({commonDir}: Repository): string {
  const folder = path.basename(commonDir) === '.git' ? path.dirname(commonDir) : commonDir;
  return path.basename(folder, '.git').replace(/[^\w.-]+/g, '-') || 'repository';
}

/** The real path of a folder that may not exist yet: git records real paths. */
function realPath(folder: string): string {
  if (fs.existsSync(folder)) return fs.realpathSync(folder);
  const parent = path.dirname(folder);
  return parent === folder ? folder : path.join(realPath(parent), path.basename(folder));
}

// A folder that was made a link to another place is nobody's slot.
function gitDirOf(folder: string): string | undefined {
  try {
    if (!fs.lstatSync(folder).isDirectory()) return undefined;
    const pointer = /^gitdir: (.*)\n?$/.exec(fs.readFileSync(path.join(folder, '.git'), 'utf8'))?.[1];
    return pointer === undefined ? undefined : fs.realpathSync(path.resolve(folder, pointer));
  } catch {
    return undefined;
  }
}
