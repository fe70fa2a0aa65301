// Where slots are, and whose a folder there is:
//
//   <workspace.root>/<repository>-<hash>/<milestone>/0                       a link, by which people find the slot
//   <workspace.root>/<repository>-<hash>/<milestone>/slot-0/<repository>     the worktree
//
// Many tools take the name of the folder for the name of the project, so it is that of the repository.

import {createHash} from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {readIfExists} from '../platform/files.ts';
import {readGitPointer} from '../platform/git-pointer.ts';
import {linkedWorktrees, type Repository, registeredFolder} from './git.ts';

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
  const name = repositoryName(repo).replace(/[^\w.-]+/g, '-') || 'repository';
  return path.join(realPath(top), `${name}-${hash}`);
}

/** Folder of one slot, the number of which counts from 0. */
export function slotFolder(repo: Repository, root: string | undefined, id: string, slot: number): string {
  return path.join(slotPool(repo, root, id), `slot-${slot}`, repositoryName(repo));
}

const SLOT_PARENT = /^slot-(\d+)$/;

/** Where the link to a slot is, and where slots were before they were named after their repository. */
export function slotLink(folder: string): string {
  const holder = path.dirname(folder);
  const [, number] = SLOT_PARENT.exec(path.basename(holder)) ?? [];
  return number === undefined ? folder : path.join(path.dirname(holder), number);
}

/** A slot, by the place where it lies. */
export interface SlotInPool {
  pool: string;
  number: number;
  slot: Repository;
}

/** All worktrees that are slots of milestones, also those whose folder is gone. */
export function slotsInPools(repo: Repository): SlotInPool[] {
  return linkedWorktrees(repo).flatMap(slot => {
    const [holder, name] = [path.dirname(slot.topLevel), path.basename(slot.topLevel)];
    const [, number] = SLOT_PARENT.exec(path.basename(holder)) ?? [];
    // A task may have made a worktree of its own beside the one that it works in.
    if (number !== undefined && (isSlot(slot) || name === repositoryName(repo)))
      return [{pool: path.dirname(holder), number: Number(number), slot}];
    return /^\d+$/.test(name) && number === undefined ? [{pool: holder, number: Number(name), slot}] : [];
  });
}

/** Name of the file in a slot's private git folder that says which home it belongs to. */
export const HOME_NOTE = 'milestone-home';

/** Whether a worktree is a slot, of whichever milestone. */
export function isSlot({gitDir}: Pick<Repository, 'gitDir'>): boolean {
  return fs.existsSync(path.join(gitDir, HOME_NOTE));
}

/** The slots of a milestone that lie anywhere else: the pool was another when they were made. */
export function slotsElsewhere(repo: Repository, {home, pool}: {home: string; pool: string}): SlotInPool[] {
  const id = path.basename(pool);
  return slotsInPools(repo).filter(
    ({slot, pool: other}) =>
      other !== pool && path.basename(other) === id && readIfExists(path.join(slot.gitDir, HOME_NOTE)) === `${home}\n`,
  );
}

/** The slot at a folder, if that folder is a worktree that this repository knows of. */
export function slotAt(repo: Repository, folder: string): Repository | undefined {
  const gitDir = gitDirOf(folder);
  if (gitDir === undefined || path.dirname(gitDir) !== path.join(repo.commonDir, 'worktrees')) return undefined;
  return registeredFolder(gitDir) === folder ? {...repo, gitDir, topLevel: folder} : undefined;
}

function stateFolder(env: NodeJS.ProcessEnv): string {
  const state = env.XDG_STATE_HOME;
  const top = state && path.isAbsolute(state) ? state : path.join(env.HOME ?? os.homedir(), '.local', 'state');
  return path.join(top, 'milestone');
}

function repositoryName({commonDir}: Repository): string {
  const folder = path.basename(commonDir) === '.git' ? path.dirname(commonDir) : commonDir;
  return path.basename(folder, '.git').replace(/\p{Cc}+/gu, '-') || 'repository';
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
    const pointer = readGitPointer(path.join(folder, '.git'));
    return pointer === undefined ? undefined : fs.realpathSync(pointer);
  } catch {
    return undefined;
  }
}
