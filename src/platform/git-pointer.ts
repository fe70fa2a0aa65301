import path from 'node:path';
import {readIfExists} from './files.ts';

/**
 * Where the `.git` file of a linked worktree or a submodule leads; undefined for one that says something else, or that
 * is not there.
 * @throws {MilestoneError} `IO_FAILED` for one that cannot be read, such as a folder.
 */
export function readGitPointer(dotGit: string): string | undefined {
  const target = /^gitdir: (.+?)\r?\n?$/.exec(readIfExists(dotGit) ?? '')?.[1];
  return target === undefined ? undefined : path.resolve(path.dirname(dotGit), target);
}
