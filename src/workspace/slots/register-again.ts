// `git worktree prune`, run where the slots cannot be seen (in a container that has only the repository), takes the
// registration of a slot in which an attempt works. The slot itself is whole: it is registered anew.

import fs from 'node:fs';
import path from 'node:path';
import {linkedWorktrees, type Repository} from '../../git/git.ts';
import {gitFolderOf} from '../../git/nested.ts';
import {HOME_NOTE} from '../../git/slot-folders.ts';
import {listFolder, makeFolder} from '../../platform/files.ts';
import {lockSlot, setSlotBase, setSlotOwner, writeNote} from './slot-notes.ts';

/** What has to be known of a slot to register it again. */
export interface RegisteredSlot {
  slot: Repository;
  home: string;
  /** Commit that it was prepared at. */
  base: string;
  /** Whose work lies in it. */
  owner?: string;
  /** Which files are checked out was said in the registration alone. */
  isSparse: boolean;
}

export function isSparse({gitDir}: Repository): boolean {
  return fs.existsSync(path.join(gitDir, 'info', 'sparse-checkout'));
}

/** @returns `undefined` when the folder is not what was registered, or cannot be registered again. */
export function registerAgain(repo: Repository, known: RegisteredSlot): Repository | undefined {
  const {topLevel, gitDir} = known.slot;
  if (known.isSparse || !leadsTo(topLevel, gitDir)) return undefined;
  const isTaken = linkedWorktrees(repo).some(worktree => worktree.gitDir === gitDir) || listFolder(gitDir).length > 0;
  const slot = {...known.slot, gitDir: isTaken ? freeName(gitDir) : gitDir};
  makeFolder(slot.gitDir);
  fs.writeFileSync(path.join(slot.gitDir, 'commondir'), '../..\n');
  lockSlot(slot);
  writeNote(slot, 'HEAD', known.base);
  writeNote(slot, HOME_NOTE, known.home);
  setSlotBase(slot, known.base);
  if (known.owner !== undefined) setSlotOwner(slot, known.owner);
  if (isTaken) fs.writeFileSync(path.join(topLevel, '.git'), `gitdir: ${slot.gitDir}\n`);
  // Last: from now on it is one of the repository's worktrees.
  writeNote(slot, 'gitdir', path.join(topLevel, '.git'));
  return slot;
}

/** Whether a folder still says that it is the worktree with that private git folder. */
function leadsTo(folder: string, gitDir: string): boolean {
  try {
    return gitFolderOf(folder) === gitDir;
  } catch {
    return false;
  }
}

function freeName(gitDir: string): string {
  for (let number = 1; ; number++) if (!fs.existsSync(`${gitDir}${number}`)) return `${gitDir}${number}`;
}
