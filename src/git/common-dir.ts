import fs from 'node:fs';
import path from 'node:path';
import {readIfExists} from '../platform/files.ts';
import {readGitPointer} from '../platform/git-pointer.ts';

/**
 * The git folder that all worktrees of a folder's repository share, found by reading `.git` by hand: starting git takes
 * longer than everything else that a reader does.
 *
 * This is safe for whoever only looks. Nothing that is found gets run, and no setting is read. Where the answer differs
 * from git's, as for a `.git` that leads elsewhere or a repository of another owner, which git refuses, the reader sees
 * no executor or a wrong one; whoever executes asks git.
 * @returns An absolute path, or `undefined` outside git.
 */
export function findCommonDir(folder: string): string | undefined {
  for (let at = fs.realpathSync(folder); ; at = path.dirname(at)) {
    const gitDir = gitDirOf(path.join(at, '.git'));
    if (gitDir !== undefined) return commonDirOf(gitDir);
    if (at === path.dirname(at)) return undefined;
  }
}

/** A folder, or a file that names one (a linked worktree, a submodule). */
function gitDirOf(dotGit: string): string | undefined {
  const stats = fs.statSync(dotGit, {throwIfNoEntry: false});
  if (!stats) return undefined;
  const gitDir = stats.isFile() ? readGitPointer(dotGit) : dotGit;
  return gitDir !== undefined && fs.existsSync(path.join(gitDir, 'HEAD')) ? gitDir : undefined;
}

function commonDirOf(gitDir: string): string {
  const named = readIfExists(path.join(gitDir, 'commondir'))?.trim();
  return fs.realpathSync(named === undefined ? gitDir : path.resolve(gitDir, named));
}
