// The branch that a milestone lands in, and whether it has.

import {MilestoneError} from '../errors.ts';
import type {Landing} from '../events/details/milestone.ts';
import {broughtBy} from '../git/brought.ts';
import {git, type Repository} from '../git/git.ts';
import {isAncestor, milestoneBranch, readHead, resolveCommit} from '../git/refs.ts';
import {readCommit} from '../git/task-commits.ts';
import {didYouMean} from '../plan/suggest.ts';
import type {MilestoneState} from '../state/milestone.ts';

export interface Target {
  /** Branch. */
  into: string;
  /** Where it stands. */
  commit: string;
  /** It has no commit yet, as when the milestone began: it stands where that stood, at a commit without files. */
  isUnborn?: boolean;
}

/**
 * The branch that is named, else the one that the milestone began at.
 * @throws {MilestoneError} `BASE_MISSING` when that is no branch of this repository.
 */
export async function findTarget(
  repo: Repository,
  {id, activation}: Pick<MilestoneState, 'id' | 'activation'>,
  named: string | undefined,
): Promise<Target> {
  const into = (named ?? activation?.baseName ?? 'HEAD').replace(/^refs\/heads\//, '');
  if (into === milestoneBranch(id))
    throw new MilestoneError('USAGE', `\`${into}\` is the milestone's own branch`, {
      hint: '`--into` names another one',
    });
  const commit = /^HEAD$|^-/.test(into) ? undefined : await readHead(repo, into);
  if (commit !== undefined) return {into, commit};
  const start = into === activation?.baseName ? activation.base : undefined;
  if (start !== undefined && (await isEmptyRoot(repo, start))) return {into, commit: start, isUnborn: true};
  const branches = (await git(repo, ['for-each-ref', '--format=%(refname:short)', 'refs/heads'])).split('\n');
  const near = didYouMean(into, branches.filter(Boolean));
  if (named !== undefined)
    throw new MilestoneError('BASE_MISSING', `there is no branch \`${into}\``, {
      hint: near ?? `\`git branch ${into}\` makes it`,
    });
  const began = into === 'HEAD' ? 'at no branch' : `at \`${into}\`, which is no branch of this repository`;
  throw new MilestoneError('BASE_MISSING', `milestone \`${id}\` began ${began}`, {
    hint: `\`milestone land ${id} --into <branch>\` says where it is to go`,
  });
}

/** Such as a milestone starts from where nothing is committed. */
async function isEmptyRoot(repo: Repository, commit: string): Promise<boolean> {
  const known = await resolveCommit(repo, commit);
  if (known === undefined || (await readCommit(repo, known)).parents.length > 0) return false;
  return (await git(repo, ['ls-tree', known])) === '';
}

/**
 * How a branch got all of a milestone, whoever brought it there.
 * @returns Undefined when it has not; `landed` itself when that says it.
 */
export async function landedIn(
  repo: Repository,
  {id, landed, activation}: Pick<MilestoneState, 'id' | 'landed' | 'activation'>,
  head: string,
  {into, commit}: Target,
): Promise<Landing | undefined> {
  if (landed?.head === head && (await isAncestor(repo, landed.commit, commit)))
    return landed.into === into ? landed : {...landed, into};
  // A person has merged it.
  if (await isAncestor(repo, head, commit)) return {into, onto: commit, commit: head, kind: 'merge', head};
  const finished = {id, commit: head, execution: activation?.executionId, base: activation?.base};
  const brought = await broughtBy(repo, finished, commit);
  if (!brought) return undefined;
  const [onto = commit] = (await readCommit(repo, brought.commit)).parents;
  const work = brought.isNamed ? {} : {work: brought.commit};
  return {into, onto, commit: brought.commit, kind: 'squash', head, ...work};
}

/**
 * Where a branch gets to that takes what its upstream has, as it was last fetched: a host has merged the milestone there.
 * @returns Undefined where that has not all of it, or the branch has commits of its own.
 */
export async function mergedUpstream(
  repo: Repository,
  state: Pick<MilestoneState, 'id' | 'landed' | 'activation'>,
  head: string,
  {into, commit: onto}: Target,
): Promise<Landing | undefined> {
  const commit = await resolveCommit(repo, `${into}@{upstream}`);
  if (commit === undefined || commit === onto || !(await isAncestor(repo, onto, commit))) return undefined;
  const there = await landedIn(repo, state, head, {into, commit});
  return there && {...there, onto, commit};
}
