import fs from 'node:fs';
import path from 'node:path';
import {git, type Repository, tryGit} from './git.ts';

/**
 * Have git look at every file that is there. Files marked as unchanged or as not checked out it would pass over: checks
 * would see what is never committed. Of a sparse checkout, what is not there stays marked.
 */
export async function showHiddenChanges(slot: Repository): Promise<void> {
  const listed = await tryGit(slot, ['ls-files', '-v', '-z', '--sparse']);
  if (listed.code !== 0) return; // an index that cannot be read hides nothing: it is made anew
  const entries = listed.stdout.split('\0').filter(Boolean);
  const marked = entries.filter(entry => /^[a-zS] .*[^/]$/s.test(entry)).map(entry => entry.slice(2));
  const there = marked.filter(file => fs.lstatSync(path.join(slot.topLevel, file), {throwIfNoEntry: false}));
  if (there.length === 0) return;
  const input = there.map(file => `${file}\0`).join('');
  for (const flag of ['--no-assume-unchanged', '--no-skip-worktree'])
    await git(slot, ['update-index', '-z', flag, '--stdin'], {input});
}
