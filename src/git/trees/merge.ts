import {gitError, type Repository, tryGit} from '../git.ts';
import type {Difference} from './compare-trees.ts';

export type Merge =
  /** The head has not moved: the tree goes in as it was checked. */
  | {kind: 'same'; tree: string}
  /** The head has moved: this tree is new and wants its checks. */
  | {kind: 'merged'; tree: string}
  | {kind: 'conflict'; files: string[]};

/**
 * Lay work that was made on `base` onto the head of a branch.
 * @param repo The slot that it was made in: its attributes and merge drivers hold.
 * @param work.commit Made of `tree`, on `base`.
 */
export async function mergeOntoHead(
  repo: Repository,
  work: {head: string; base: string; tree: string; commit: string},
): Promise<Merge> {
  const {head, base, tree, commit} = work;
  if (head === base) return {kind: 'same', tree};
  return mergeCommits(repo, head, commit);
}

/** Merge two commits without touching any worktree. */
export async function mergeCommits(
  repo: Repository,
  ours: string,
  theirs: string,
  flags: readonly string[] = [],
): Promise<Exclude<Merge, {kind: 'same'}>> {
  const args = ['merge-tree', '--write-tree', '-z', '--name-only', '--no-messages', ...flags, ours, theirs];
  const result = await tryGit(repo, args);
  const [tree, ...files] = result.stdout.split('\0').map(name => name.replace(/\n$/, ''));
  if (result.code > 1 || result.code < 0 || !tree) throw gitError(args, result);
  if (result.code === 0) return {kind: 'merged', tree};
  const named = files.filter(Boolean).map(file => withoutSide(file, [ours, theirs]));
  return {kind: 'conflict', files: [...new Set(named)].sort()};
}

/** Where a file and a folder have one name, git calls the file `name~<side>`: there is none of that name. */
function withoutSide(file: string, sides: readonly string[]): string {
  const side = sides.find(name => file.includes(`~${name}`));
  return side === undefined ? file : file.replace(new RegExp(`~${side}(?:_\\d+)?$`), '');
}

/**
 * Paths that a merge has taken away although the work did not. Git takes a tree that it cannot find for an empty one; what
 * a merge itself moves, because a folder was renamed, stands at another place.
 * @param merged How the merged tree differs from the head.
 * @param own How the work differs from what it was made on.
 */
export function takenBeyond(merged: readonly Difference[], own: readonly Difference[]): string[] {
  const deleted = new Set(own.flatMap(({status, path}) => (status === 'deleted' ? [path] : [])));
  const moved = new Set(merged.flatMap(({status, id}) => (status === 'deleted' ? [] : [id])));
  return merged.flatMap(({status, path, oldId}) =>
    status === 'deleted' && !deleted.has(path) && !moved.has(oldId) ? [path] : [],
  );
}
