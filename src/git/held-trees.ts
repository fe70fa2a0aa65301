// Between its freezing and the move of the branch nothing of the user's refers to a tree, and a `git prune` would remove
// it: a ref of ours does.

import {commitTree} from './commit.ts';
import {git, type Repository, tryGit} from './git.ts';
import {readRef} from './refs.ts';
import {type RescueName, saveTree} from './rescue.ts';
import {readCommit} from './task-commits.ts';

/** What holds the frozen work of an attempt. */
export function heldRef({id, task, attempt}: RescueName): string {
  return `refs/milestone/frozen/${id}/${task}.${attempt}`;
}

/** Keep git from removing a tree, for as long as this machine runs: nothing is synced. */
export async function holdTree(repo: Repository, work: RescueName & {base: string}, tree: string): Promise<void> {
  const message = `frozen(milestone-${work.id}): ${work.task}, attempt ${work.attempt}\n`;
  const commit = await commitTree(repo, {tree, parents: [work.base], message});
  await git(repo, ['update-ref', heldRef(work), commit]);
}

/** Keep what is held of an attempt as its work, without what lies beside it by now. @returns Whether anything was held. */
export async function keepHeld(repo: Repository, name: RescueName): Promise<boolean> {
  const commit = await readRef(repo, heldRef(name));
  if (commit === undefined) return false;
  const {tree, parents} = await readCommit(repo, commit);
  await saveTree(repo, {...name, base: parents[0] as string}, tree);
  await letGo(repo, [heldRef(name)]);
  return true;
}

/** Let git have what is held by these refs. */
export async function letGo(repo: Repository, refs: readonly string[]): Promise<void> {
  if (refs.length === 0) return;
  await git(repo, ['update-ref', '--stdin'], {input: refs.map(ref => `delete ${ref}\n`).join('')});
}

/** All refs that hold work of a milestone: a killed execution leaves some. */
export async function heldRefs(repo: Repository, id: string): Promise<string[]> {
  const refs = await git(repo, ['for-each-ref', '--format=%(refname)', `refs/milestone/frozen/${id}/`]);
  return refs.split('\n').filter(Boolean);
}

/** Whether the repository has all objects of a tree that `base` has not. What a partial clone can fetch, it has. */
export async function isWhole(repo: Repository, tree: string, base: string): Promise<boolean> {
  const args = ['rev-list', '--objects', '--quiet', '--exclude-promisor-objects', tree, `^${base}`];
  return (await tryGit(repo, args)).code === 0;
}
