// Between its freezing and the move of the branch nothing of the user's refers to a tree, and a `git prune` would remove
// it: a ref of ours does.

import fs from 'node:fs';
import path from 'node:path';
import {commitTree} from '../git/commit.ts';
import {looseObject} from '../git/durable.ts';
import {git, type Repository, tryGit} from '../git/git.ts';
import {hasRefTables, readRef, resolveCommit, UPDATE_REF} from '../git/refs.ts';
import {readCommit} from '../git/task-commits.ts';
import {readIfExists, replaceFile, syncRemoval} from '../platform/files.ts';
import {type RescueName, saveTree} from './rescue.ts';

/** What pins the frozen work of an attempt. */
function pinRef({id, task, attempt}: RescueName): string {
  return `refs/milestone/frozen/${id}/${task}.${attempt}`;
}

/**
 * Keep git from removing a tree, for as long as this machine runs: the ref is not synced.
 * @param work.message Of a commit that is going to be on record.
 * @returns The commit that does it.
 */
export async function pinTree(
  repo: Repository,
  work: RescueName & {base: string; message?: string | undefined},
  tree: string,
): Promise<string> {
  const {message = `frozen(milestone-${work.id}): ${work.task}, attempt ${work.attempt}\n`} = work;
  const commit = await commitTree(repo, {tree, parents: [work.base], message});
  if (hasRefTables(repo)) await git(repo, [...UPDATE_REF, pinRef(work), commit]);
  // Nobody else writes this name, and to start git for it takes longer than to freeze the work.
  else replaceFile(looseRef(repo, pinRef(work)), `${commit}\n`, {durable: false});
  return commit;
}

/** Keep what is pinned of an attempt as its work, without what lies beside it by now. @returns Whether anything was. */
export async function keepPinned(repo: Repository, name: RescueName): Promise<boolean> {
  const commit = await readRef(repo, pinRef(name));
  if (commit === undefined) {
    await unpin(repo, name); // a loss of power may have left a file without a name in it
    return false;
  }
  const isThere = (await resolveCommit(repo, commit)) !== undefined;
  const {tree, parents} = isThere ? await readCommit(repo, commit) : {tree: '', parents: []};
  const base = parents[0] ?? '';
  // What a prune has taken a part of is worth nothing; the files may be there still.
  const isKept = isThere && (await isWhole(repo, {base, tree}));
  if (isKept) await saveTree(repo, {...name, base}, tree);
  await unpin(repo, name);
  return isKept;
}

/** Let git have what is pinned of an attempt. What git has packed meanwhile goes with `unpinAll`. */
export async function unpin(repo: Repository, name: RescueName): Promise<void> {
  if (hasRefTables(repo)) await git(repo, [...UPDATE_REF, '-d', pinRef(name)]);
  else fs.rmSync(looseRef(repo, pinRef(name)), {force: true});
}

/** Let git have all that is pinned for a milestone: a killed execution leaves some. */
export async function unpinAll(repo: Repository, id: string): Promise<void> {
  const folder = `refs/milestone/frozen/${id}`;
  if (!hasRefTables(repo)) {
    fs.rmSync(looseRef(repo, folder), {recursive: true, force: true});
    // Nobody comes after who would take away what a loss of power brings back.
    syncRemoval(looseRef(repo, folder));
    if (!arePacked(repo, `${folder}/`)) return;
  }
  const listed = await git(repo, ['for-each-ref', '--format=%(refname)', `${folder}/`]);
  const refs = listed.split('\n').filter(Boolean);
  if (refs.length === 0) return;
  await git(repo, [...UPDATE_REF, '--stdin'], {input: refs.map(ref => `delete ${ref}\n`).join('')});
}

/** Whether git has packed refs with such a beginning. */
function arePacked({commonDir}: Repository, prefix: string): boolean {
  return readIfExists(path.join(commonDir, 'packed-refs'))?.includes(` ${prefix}`) ?? false;
}

/**
 * Whether the repository has all objects of a tree that `base` has not: a prune that began before they were pinned may have
 * taken some. What a partial clone can fetch, it has.
 * @param work.objects Their names, where they are known: then git is asked only when some are in no file of their own.
 */
export async function isWhole(
  repo: Repository,
  {base, tree, objects}: {base: string; tree: string; objects?: readonly string[]},
): Promise<boolean> {
  if (objects?.every(id => fs.existsSync(looseObject(repo, id)))) return true;
  const args = ['rev-list', '--objects', '--quiet', '--exclude-promisor-objects', tree, `^${base}`];
  return (await tryGit(repo, args)).code === 0;
}

function looseRef({commonDir}: Repository, ref: string): string {
  return path.join(commonDir, ref);
}
