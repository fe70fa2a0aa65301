import type {Plan, Problem, TaskId} from './plan.ts';
import {diffPlans, type PlanChange, removedTasks} from './plan-diff.ts';

/** What a plan file comes to beside the plan in force. */
export type EditedPlan =
  | {kind: 'same'}
  /** `removed`: tasks that are taken out. */
  | {kind: 'changed'; change: PlanChange; removed: TaskId[]}
  /** The plan in force stays. */
  | {kind: 'refused'; problems: Problem[]};

/**
 * Judge a plan file that may have been edited: whoever puts it in force, or only shows what would be, asks here. Pure.
 * @param refusals What of the edited plan cannot be done.
 */
export function judgeEdit(
  inForce: Plan,
  {plan, problems}: {plan?: Plan | undefined; problems: readonly Problem[]},
  isCompleted: (id: TaskId) => boolean,
  refusals: (plan: Plan) => Problem[] = () => [],
): EditedPlan {
  const errors = problems.filter(({severity}) => severity === 'error');
  if (errors.length > 0) return {kind: 'refused', problems: errors};
  if (!plan) return {kind: 'refused', problems: [...problems]}; // what is no milestone at all is but a warning
  // As it would be in the log, where nothing is undefined.
  const change = diffPlans(inForce, JSON.parse(JSON.stringify(plan)));
  if (!change) return {kind: 'same'};
  const removed = removedTasks(change);
  const lost = removed.filter(isCompleted);
  const wrong = lost.length > 0 ? lost.map(cannotGo) : refusals(plan);
  return wrong.length > 0 ? {kind: 'refused', problems: wrong} : {kind: 'changed', change, removed};
}

function cannotGo(id: TaskId): Problem {
  const message = `task \`${id}\` is completed and cannot be removed from the plan`;
  return {severity: 'error', code: 'COMPLETED_REMOVED', message};
}
