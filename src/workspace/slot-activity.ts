import fs from 'node:fs';
import path from 'node:path';
import {git, type Repository} from '../git/git.ts';
import {homePath} from '../git/repository.ts';
import {excludePath} from '../git/trees/tree.ts';

/**
 * A text that differs from the one before when a file of the worktree has changed since; ignored files count for
 * nothing. What a silent attempt is judged by.
 */
export async function readActivity(repo: Repository): Promise<string> {
  const args = ['status', '--porcelain', '-z', '--no-renames', '--untracked-files=all'];
  const entries = (await git(repo, [...args, '--', '.', excludePath(homePath(repo))])).split('\0').filter(Boolean);
  return entries.map(entry => `${entry} ${stampOf(path.join(repo.topLevel, entry.slice(3)))}`).join('\n');
}

function stampOf(file: string): string {
  const stat = fs.lstatSync(file, {bigint: true, throwIfNoEntry: false});
  return stat === undefined ? 'gone' : `${stat.size} ${stat.ctimeNs}`;
}
