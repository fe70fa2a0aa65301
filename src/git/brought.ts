// A milestone gets into a branch also without its own commits: squashed or rebased, by us, by a host or by hand. Only what is
// certain counts:
//
// B1. A commit names the execution, and the plan in its tree ends with the very commit that the milestone ended with.
// B2. Commits name every task of the execution with its attempt, and nothing but commits of tasks is in the milestone.
// B3. A commit changes its parent to exactly what a merge of the milestone into that parent would be.

import {git, type Repository} from './git.ts';
import {isAncestor, resolveCommit} from './refs.ts';
import {homePath, isInHome} from './repository.ts';
import {withScratchObjects} from './scratch.ts';
import {readTaskCommits} from './task-commits.ts';
import {compareTrees} from './trees/compare-trees.ts';
import {mergeCommits} from './trees/merge.ts';

/** A milestone as far as it is done. */
export interface Finished {
  id: string;
  /** Its last commit, which need not be here. */
  commit: string;
  /** `execution.id`. */
  execution?: string | undefined;
  base?: string | undefined;
}

export interface Brought {
  commit: string;
  /** Whoever has but the branch can tell by that commit. */
  isNamed: boolean;
}

/** So many commits that change the same file are compared with a merge. */
const COMPARED = 50;

/** Whether a commit has all of a milestone, or names it (B1, B2). Reads alone. */
export async function hasAll(repo: Repository, finished: Finished, tip: string): Promise<boolean> {
  if (await isAncestor(repo, finished.commit, tip)) return true;
  return (await namedBy(repo, finished, tip, await commitsOf(repo, finished, tip))) !== undefined;
}

/**
 * The commit by which a branch got all of a milestone without getting its own commits.
 * @param tip Commit that the branch is at.
 * @throws {MilestoneError} `GIT_FAILED`
 */
export async function broughtBy(repo: Repository, finished: Finished, tip: string): Promise<Brought | undefined> {
  const {own, shared} = await commitsOf(repo, finished, tip);
  if (shared === tip) return undefined;
  const named = await namedBy(repo, finished, tip, {own, shared});
  if (named !== undefined) return {commit: named, isNamed: true};
  if (own === undefined || shared === '') return undefined;
  const same = await withScratchObjects(repo, scratch => sameAsMerged(scratch, {own, shared, tip}));
  return same === undefined ? undefined : {commit: same, isNamed: false};
}

interface Commits {
  /** The milestone's last commit, where it is here. */
  own: string | undefined;
  /** What it and the branch have in common; empty where that is nothing. */
  shared: string;
}

async function commitsOf(repo: Repository, {commit}: Finished, tip: string): Promise<Commits> {
  const own = await resolveCommit(repo, commit);
  return {own, shared: own === undefined ? '' : (await git(repo, ['merge-base', own, tip], {accept: [1]})).trim()};
}

async function namedBy(
  repo: Repository,
  finished: Finished,
  tip: string,
  {own, shared}: Commits,
): Promise<string | undefined> {
  const naming = await namingCommits(repo, finished, {tip, not: [own, shared || finished.base]});
  const found = await firstWithPlan(repo, finished, naming);
  return found ?? (own === undefined ? undefined : lastOfTasks(repo, finished, naming, {own, shared}));
}

interface Naming {
  commit: string;
  message: string;
}

/** Commits of a branch that name the execution, newest first. */
async function namingCommits(
  repo: Repository,
  {execution}: Finished,
  {tip, not}: {tip: string; not: ReadonlyArray<string | undefined>},
): Promise<Naming[]> {
  if (execution === undefined) return [];
  const line = `Execution: ${execution}`;
  const known = await Promise.all(not.map(name => (name === undefined ? undefined : resolveCommit(repo, name))));
  const range = [tip, ...known.flatMap(commit => (commit === undefined ? [] : `^${commit}`))];
  const flags = ['-z', '--no-show-signature', '--format=%H%x01%B', '--fixed-strings', `--grep=${line}`];
  const entries = (await git(repo, ['log', ...flags, '--end-of-options', ...range])).split('\0').filter(Boolean);
  return entries.flatMap(entry => {
    const [commit = '', text = ''] = entry.split('\u0001');
    const message = text.replaceAll('\r\n', '\n');
    return message.split('\n').includes(line) ? {commit, message} : [];
  });
}

/** B1. */
async function firstWithPlan(
  repo: Repository,
  {id, commit}: Finished,
  naming: readonly Naming[],
): Promise<string | undefined> {
  const ending = new RegExp(`^ +commit: ["']?${commit}["']?\\r?$`, 'm');
  for (const {commit: candidate} of naming) {
    const file = `${candidate}:${homePath(repo)}/completed/${id}.yaml`;
    if (ending.test(await git(repo, ['cat-file', 'blob', file], {accept: [128]}))) return candidate;
  }
  return undefined;
}

/** B2. */
async function lastOfTasks(
  repo: Repository,
  {id, execution}: Finished,
  naming: readonly Naming[],
  {own, shared}: Commits & {own: string},
): Promise<string | undefined> {
  const [last] = naming;
  if (!last) return undefined;
  const from = shared === '' ? {} : {from: shared};
  const tasks = (await readTaskCommits(repo, {...from, to: own})).filter(
    one => one.milestone === id && one.execution === execution,
  );
  const range = [own, ...(shared === '' ? [] : [`^${shared}`])];
  const count = Number(await git(repo, ['rev-list', '--count', '--no-merges', ...range]));
  const isThere = tasks.every(({task, attempt}) => {
    const trailers = `\nTask: ${task}\nMilestone: ${id}\nAttempt: ${attempt}\nExecution: ${execution}\n`;
    return naming.some(({message}) => `\n${message}\n`.includes(trailers));
  });
  return isThere && tasks.length > 0 && tasks.length === count ? last.commit : undefined;
}

/** B3. What is in the home is no part of the work. */
async function sameAsMerged(
  repo: Repository,
  {own, shared, tip}: Commits & {own: string; tip: string},
): Promise<string | undefined> {
  const changed = async (from: string, to: string) =>
    (await compareTrees(repo, from, to)).find(({path}) => !isInHome(repo, path))?.path;
  const file = await changed(shared, own);
  if (file === undefined) return undefined;
  const args = ['rev-list', '--first-parent', '--no-merges', `--max-count=${COMPARED}`, tip, `^${shared}`];
  const candidates = await git(repo, [...args, '--', `:(top,literal)${file}`]);
  for (const candidate of candidates.split('\n').filter(Boolean)) {
    const merge = await mergeCommits(repo, `${candidate}^`, own);
    if (merge.kind === 'merged' && (await changed(merge.tree, candidate)) === undefined) return candidate;
  }
  return undefined;
}
