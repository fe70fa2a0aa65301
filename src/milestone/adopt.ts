import {MilestoneError} from '../errors.ts';
import type {NewEvent} from '../events/event.ts';
import {resolveBase} from '../git/base.ts';
import {headBranch} from '../git/checkout.ts';
import {isAncestor, milestoneBranch, readHead, resolveCommit} from '../git/refs.ts';
import {readTaskCommits} from '../git/task-commits.ts';
import {validatePlan} from '../plan/assert-valid.ts';
import type {Plan} from '../plan/plan.ts';
import {resolveMilestoneSettings} from '../plan/settings.ts';
import type {MilestoneOnDisk} from './hold.ts';
import {newExecutionId} from './session-id.ts';

/**
 * What begins a log for a milestone that was executed elsewhere, or whose log is lost: the plan, and of its tasks those
 * that have a commit of this execution on the branch.
 * @throws {MilestoneError} `NOT_A_REPOSITORY`, `BASE_MISSING` when there is nothing to go on from.
 */
export async function planAdoption({read, repo, planFile, id}: Omit<MilestoneOnDisk, 'state'>): Promise<NewEvent[]> {
  validatePlan(read, planFile);
  const plan = read.plan as Plan;
  const {execution, tasks: imported} = read.imported;
  const settings = resolveMilestoneSettings(plan.settings, read.config.settings);
  const activated = {
    execution_id: execution?.id ?? newExecutionId(),
    plan,
    dependents: [],
    adopted: true,
  };
  const branch = milestoneBranch(id);
  const head = repo && (await readHead(repo, branch));
  if (!repo || head === undefined) {
    if (repo && execution?.branch !== undefined)
      throw new MilestoneError('BASE_MISSING', `the branch \`${branch}\` is not here, so its work cannot be adopted`, {
        hint: `fetch it: \`git fetch <remote> ${branch}:${branch}\``,
      });
    return [{event: 'milestone_activated', details: {...activated, imported, isolation: 'none'}}];
  }
  const base =
    (execution?.base && (await resolveCommit(repo, execution.base))) || (await resolveBase(repo, settings.base)).commit;
  const from = settings.base ?? (await headBranch(repo));
  const commits = await readTaskCommits(repo, {from: base, to: head});
  const known = new Set(plan.tasks.map(task => task.id));
  const done = commits.filter(commit => known.has(commit.task) && commit.milestone === id);
  const own = execution ? done.filter(commit => commit.execution === execution.id) : done;
  return [
    {
      event: 'milestone_activated',
      details: {
        ...activated,
        // Of what the file says only tasks count that left no commit to look for.
        imported: Object.fromEntries(
          Object.entries(imported).filter(([, task]) => task.status === 'skipped' || task.commit === undefined),
        ),
        isolation: settings.isolation ?? 'worktree',
        branch,
        base: (await isAncestor(repo, base, head)) ? base : head,
        ...(from !== undefined && from !== branch && {base_name: from}),
      },
    },
    {event: 'branch_created', details: {branch, base: head, merged: []}},
    ...own.map<NewEvent>(({task, attempt, commit}) => ({
      event: 'task_completed',
      details: {task_id: task, attempt, commit, checked: false, adopted: true},
    })),
  ];
}
