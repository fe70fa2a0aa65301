import type {Outcome} from '../events/details/outcome.ts';
import {git, type Repository} from '../git/git.ts';
import {readRef} from '../git/refs.ts';
import {readCommit} from '../git/task-commits.ts';
import {mergeCommits} from '../git/trees/merge.ts';
import {isWhole} from './frozen-refs.ts';
import {type RescueName, rescueRef} from './rescue.ts';

/** Work that was kept, as it is to lie in a worktree. */
export interface KeptWork {
  /** Commit that the worktree is to be at. */
  base: string;
  tree: string;
}

/** Finished work that was to be integrated is not kept any more: the task is worked on again. */
export const LOST_WORK: Outcome = {
  kind: 'failed',
  cause: 'setup',
  message: 'was let through, but the work that was kept of it is gone',
};

/**
 * The kept work of an attempt, on the head of the branch; where it does not fit there any more, on what it was made on.
 * @returns `undefined` when nothing was kept, or a prune has taken a part of it.
 */
export async function findKeptWork(repo: Repository, name: RescueName, head: string): Promise<KeptWork | undefined> {
  const commit = await readRef(repo, rescueRef(name));
  if (commit === undefined || !(await isWhole(repo, {base: head, tree: commit}))) return undefined;
  const {tree, parents} = await readCommit(repo, commit);
  const base = parents[0] ?? head;
  if (base === head) return {base, tree};
  const merged = await mergeCommits(repo, head, commit);
  return merged.kind === 'merged' ? {base: head, tree: merged.tree} : {base, tree};
}

/** Write the files of a tree into a clean worktree, as changes that nobody has staged. */
export async function layIn(worktree: Repository, tree: string): Promise<void> {
  await git(worktree, ['read-tree', '-m', '-u', 'HEAD', tree]);
  await git(worktree, ['read-tree', 'HEAD']);
}
