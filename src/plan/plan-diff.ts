import isEqual from 'fast-deep-equal';
import type {Plan, Task, TaskId} from './plan.ts';

/** The fields of the plan that are new or changed; tasks by id, `null` for one that was removed. */
export interface PlanChange {
  milestone?: Omit<Plan, 'tasks'>;
  tasks?: Record<TaskId, Task | null>;
  /** Ids of all tasks, in the order of the file, when that order changed. */
  order?: TaskId[];
}

/** What turns one plan into another: the fields that are new or changed. Undefined when nothing is. */
export function diffPlans(inForce: Plan, next: Plan): PlanChange | undefined {
  const change: PlanChange = {};
  const {tasks: before, ...milestoneBefore} = inForce;
  const {tasks: after, ...milestone} = next;
  if (!isEqual(milestoneBefore, milestone)) change.milestone = milestone;
  const tasks = diffTasks(before, after);
  if (Object.keys(tasks).length > 0) change.tasks = tasks;
  const order = after.map(task => task.id);
  if (!isEqual(orderWithout(before, tasks), order)) change.order = order;
  return Object.keys(change).length > 0 ? change : undefined;
}

/** Ids that a change takes out of the plan. */
export function removedTasks(change: PlanChange): TaskId[] {
  return Object.entries(change.tasks ?? {}).flatMap(([id, task]) => (task === null ? id : []));
}

function diffTasks(before: readonly Task[], after: readonly Task[]): Record<TaskId, Task | null> {
  const known = new Map(before.map(task => [task.id, task]));
  const changed: Array<[TaskId, Task | null]> = [];
  for (const task of after) {
    if (!isEqual(known.get(task.id), task)) changed.push([task.id, task]);
    known.delete(task.id);
  }
  for (const id of known.keys()) changed.push([id, null]);
  return Object.fromEntries(changed);
}

/** The order that follows from the change alone: what stays in its place, what is new at the end. */
function orderWithout(before: readonly Task[], tasks: Record<TaskId, Task | null>): TaskId[] {
  const ids = before.map(task => task.id);
  const added = Object.keys(tasks).filter(id => tasks[id] !== null && !ids.includes(id));
  return [...ids.filter(id => tasks[id] !== null), ...added];
}
