import {git, type Repository} from './git.ts';

/** Bytes that the files of a commit take as they are checked out, before filters change any; what is linked counts for nothing. */
export async function treeBytes(repo: Repository, commit: string): Promise<number> {
  const listed = await git(repo, [
    'ls-tree',
    '-r',
    '--format=%(objectsize)',
    '--full-tree',
    '--end-of-options',
    commit,
  ]);
  return listed.split('\n').reduce((sum, size) => sum + (Number.parseInt(size, 10) || 0), 0);
}
