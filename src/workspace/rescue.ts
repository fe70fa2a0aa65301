// Work that is not integrated, kept as commits that no branch has.

import {commitTree} from '../git/commit.ts';
import {git, type Repository, withPrunes} from '../git/git.ts';
import type {NestedRepository} from '../git/nested.ts';
import {UPDATE_REF, writeRef} from '../git/refs.ts';
import {type WriteOptions, writeTree} from '../git/trees/tree.ts';

export interface RescueName {
  /** Of the milestone. */
  id: string;
  task: string;
  attempt: number;
}

export interface Rescue {
  ref: string;
  commit: string;
  /** Number of files that differ from the base. */
  filesChanged: number;
  /** Repositories inside the worktree; the commit holds a pointer to each, not what is in it. */
  nested: NestedRepository[];
}

/** Where the work of an attempt is kept. */
export function rescueRef({id, task, attempt}: RescueName): string {
  return `refs/milestone/rescue/${id}/${task}.${attempt}`;
}

/**
 * Keep what a worktree holds beyond `base`; on disk when this resolves. The worktree stays as it is.
 * @returns `undefined` when there is nothing to keep.
 */
export function saveRescue(repo: Repository, work: RescueName & {base: string}): Promise<Rescue | undefined> {
  return save(repo, work, `rescue(milestone-${work.id}): ${work.task}, attempt ${work.attempt}`, {skipHome: true});
}

/** The same while the attempt goes on: a file that changes as it is read may be missing. */
export function saveCheckpoint(repo: Repository, work: RescueName & {base: string}): Promise<Rescue | undefined> {
  const subject = `checkpoint(milestone-${work.id}): auto-commit during execution`;
  return save(repo, work, subject, {skipHome: true, lenient: true});
}

/** The same for work that is written as a tree already. */
export async function saveTree(repo: Repository, work: RescueName & {base: string}, tree: string): Promise<void> {
  const message = `rescue(milestone-${work.id}): ${work.task}, attempt ${work.attempt}\n\n${trailersOf(work)}`;
  const commit = await commitTree(repo, {tree, parents: [work.base], message});
  await writeRef(repo, rescueRef(work), commit, 'milestone: work kept');
}

function trailersOf({task, id, attempt}: RescueName): string {
  return `Task: ${task}\nMilestone: ${id}\nAttempt: ${attempt}\n`;
}

function save(
  repo: Repository,
  work: RescueName & {base: string},
  subject: string,
  options: WriteOptions,
): Promise<Rescue | undefined> {
  return withPrunes(async () => {
    const {tree, changedFiles, nested} = await writeTree(repo, work.base, options);
    if (changedFiles.length === 0 && nested.length === 0) return undefined;
    const message = `${subject}\n\n${trailersOf(work)}`;
    const commit = await commitTree(repo, {tree, parents: [work.base], message});
    const ref = rescueRef(work);
    await writeRef(repo, ref, commit, 'milestone: work kept');
    return {ref, commit, filesChanged: changedFiles.length, nested};
  });
}

/** All that is kept for a milestone, by ref. */
export async function listRescues(repo: Repository, id: string): Promise<Array<{ref: string; commit: string}>> {
  const args = ['for-each-ref', '--format=%(objectname) %(refname)', `refs/milestone/rescue/${id}/`];
  const lines = (await git(repo, args)).split('\n').filter(Boolean);
  return lines.map(line => ({commit: line.slice(0, line.indexOf(' ')), ref: line.slice(line.indexOf(' ') + 1)}));
}

/**
 * Attempts that a shortened log does not know any more left work under numbers that will be given out again: it gets
 * another name, so that it stays.
 * @param log.known Number of the last attempt of a task that the log knows; undefined for a task that it does not know.
 */
export async function keepUnknownRescues(
  repo: Repository,
  id: string,
  {known, now}: {known(task: string): number | undefined; now: number},
): Promise<Array<{ref: string; kept: string}>> {
  const moved: Array<{ref: string; kept: string}> = [];
  for (const {ref, commit} of await listRescues(repo, id)) {
    const [, task = '', attempt] = /\/([^/]+)\.([1-9]\d*)$/.exec(ref) ?? [];
    const last = known(task);
    if (last === undefined || Number(attempt) <= last) continue;
    const kept = `${ref}.kept-${new Date(now).toISOString().replace(/[-:.]/g, '')}`;
    await writeRef(repo, kept, commit, 'milestone: work kept');
    await git(repo, [...UPDATE_REF, '-d', ref, commit]);
    moved.push({ref, kept});
  }
  return moved;
}
