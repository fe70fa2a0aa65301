import path from 'node:path';
import {broughtBy} from '../git/brought.ts';
import {tryGit} from '../git/git.ts';
import {isAncestor, resolveCommit} from '../git/refs.ts';
import {openRepository} from '../git/repository.ts';
import type {MilestoneView} from '../milestone/look.ts';
import type {Landed} from './land.ts';
import type {WouldLand} from './rehearse-landing.ts';

/**
 * How a branch got a milestone that was executed elsewhere, as far as its plan and the branch's commits tell.
 * @param into Branch; absent: the one that is checked out.
 * @returns Undefined when it has not all of it, or nobody can tell.
 */
export async function landedElsewhere(
  home: string,
  view: MilestoneView,
  into?: string,
): Promise<{landed: Landed; would: WouldLand} | undefined> {
  const {id, elsewhere, snapshot} = view;
  const repo = await openRepository(path.dirname(home));
  if (snapshot.stored.status !== 'completed' || !repo || elsewhere?.commit === undefined) return undefined;
  const checkedOut = await tryGit(repo, ['symbolic-ref', '--quiet', '--short', 'HEAD']);
  const name = into?.replace(/^refs\/heads\//, '') ?? (checkedOut.stdout.trim() || 'HEAD');
  const tip = await resolveCommit(repo, name === 'HEAD' ? name : `refs/heads/${name}`);
  if (tip === undefined) return undefined;
  const tasks = snapshot.plan.tasks.flatMap((task, index) =>
    snapshot.tasks[index]?.status === 'completed' ? task.id : [],
  );
  const {id: execution, commit: head, base} = elsewhere;
  const isMerged = await isAncestor(repo, head, tip);
  const commit = isMerged ? head : (await broughtBy(repo, {id, execution, commit: head, base}, tip))?.commit;
  if (commit === undefined) return undefined;
  const both = {
    into: name,
    kind: isMerged ? ('merge' as const) : ('squash' as const),
    tasks,
    checks: [],
    already: true,
  };
  return {landed: {...both, commit, followed: []}, would: {...both, onto: tip, head}};
}
