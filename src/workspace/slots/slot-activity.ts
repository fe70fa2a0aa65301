import {createHash} from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import {git, type Repository} from '../../git/git.ts';
import {homePath} from '../../git/repository.ts';
import {excludePath} from '../../git/trees/tree.ts';
import type {AttemptPlace} from '../workspace.ts';

/** What a silent attempt's slot looks like, to be compared with the next look. */
export class ActivityWatch {
  private readonly seen = new Map<string, string>();

  async hasChanged({taskId, attempt}: AttemptPlace, worktree: Repository): Promise<boolean> {
    const key = `${taskId}.${attempt}`;
    const before = this.seen.get(key) ?? digest('');
    const now = digest(await readActivity(worktree));
    this.seen.set(key, now);
    return now !== before;
  }
}

/** A long list of files need not be kept for the rest of the night. */
function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

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
