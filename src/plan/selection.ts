import {MilestoneError} from '../errors.ts';
import type {Plan, TaskId} from './plan.ts';
import {didYouMean} from './suggest.ts';

/** What a run is restricted to. */
export interface Selection {
  /** These tasks and nothing else. */
  only: readonly TaskId[];
  /** These tasks and all that they depend on. */
  until: readonly TaskId[];
}

/**
 * The tasks that a run may start; undefined when it is not restricted.
 * @throws {MilestoneError} `UNKNOWN_TASK`
 */
export function selectTasks(plan: Plan, {only, until}: Selection): ReadonlySet<TaskId> | undefined {
  if (only.length === 0 && until.length === 0) return undefined;
  const byId = new Map(plan.tasks.map(task => [task.id, task]));
  for (const id of [...only, ...until]) if (!byId.has(id)) throw unknownTask(plan, id);
  const selected = new Set(only);
  const open = [...until];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (selected.has(id)) continue;
    selected.add(id);
    open.push(...(byId.get(id)?.dependencies ?? []));
  }
  return selected;
}

/** The error for a task id that a plan does not have. */
export function unknownTask(plan: Plan, id: TaskId): MilestoneError {
  const known = plan.tasks.map(task => task.id);
  return new MilestoneError('UNKNOWN_TASK', `milestone \`${plan.id}\` has no task \`${id}\``, {
    hint: didYouMean(id, known) ?? `milestone status ${plan.id}`,
  });
}
