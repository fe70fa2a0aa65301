import type {LandingKind} from '../events/details/milestone.ts';
import type {Repository} from '../git/git.ts';
import {isAncestor} from '../git/refs.ts';
import type {TaskId} from '../plan/plan.ts';
import type {MilestoneState} from '../state/milestone.ts';
import {assertCheckoutsCanFollow} from '../workspace/checkout-in-the-way.ts';
import {hasMoved, joinRecord, mergedTree} from './join.ts';
import type {LandOptions} from './land.ts';
import {assertBranch, landable, withoutGit} from './landable.ts';
import {findTarget, landedIn, mergedUpstream} from './target.ts';

/** What `land` would do. */
export interface WouldLand {
  into: string;
  /** Where that branch stands. */
  onto: string;
  head: string;
  kind: LandingKind;
  tasks: TaskId[];
  /** Commands that would have to be green. */
  checks: string[];
  already: boolean;
  /** Where the branch's upstream is, which has it already: the branch follows that. */
  follows?: string;
  /** It would be pushed, for a pull request. */
  pull_request?: {remote: string; branch: string};
}

/**
 * Say what `land` would do. Changes nothing, and runs nothing of the repository.
 * @throws {MilestoneError} what keeps it from landing, but for red checks.
 */
export async function rehearseLanding(
  repo: Repository,
  state: MilestoneState,
  checks: string[],
  {into, kind, partial, record}: Pick<LandOptions, 'into' | 'kind' | 'partial' | 'record'>,
): Promise<WouldLand> {
  const head = await landable(repo, state, {partial});
  if (head === undefined) throw withoutGit(state);
  const target = await findTarget(repo, state, into);
  const tasks = [...state.tasks].flatMap(([id, {status}]) => (status === 'completed' ? id : []));
  const would = {into: target.into, onto: target.commit, head, kind, tasks, checks};
  const there = await landedIn(repo, state, head, target);
  // Whoever has but the branch is to be told where it was squashed.
  const isToldOf = there?.work === undefined || there === state.landed;
  const isRecorded = there && (!record || (isToldOf && !(await joinRecord(repo, state, there, target))));
  if (isRecorded) return {...would, kind: there.kind, already: true};
  await assertCheckoutsCanFollow(repo, target.into, `milestone land ${state.id}`);
  if (there) return {...would, kind: there.kind, already: false};
  const merged = await mergedUpstream(repo, state, head, target);
  if (merged) return {...would, kind: merged.kind, already: false, follows: merged.commit};
  await assertBranch(repo, state);
  if (kind !== 'ff') await mergedTree(repo, state, {head, target});
  else if (!(await isAncestor(repo, target.commit, head))) throw hasMoved(state, target.into);
  return {...would, already: false};
}
