// What each kind of blocker means: who has to act, and how it clears.

import type {BlockerType} from '../events/details/blocker.ts';
import type {NewEvent} from '../events/event.ts';
import type {TaskId} from '../plan/plan.ts';
import type {Blocker, MilestoneState} from './milestone.ts';

export interface BlockerKind {
  /** Who has to act. */
  who: 'you' | 'the provider' | 'nobody';
  /** How it clears, in a sentence. */
  clears: string;
}

/** Every kind, with what a person wants to know of it. */
export const BLOCKER_KINDS: Record<BlockerType, BlockerKind> = {
  merge_conflict: {who: 'you', clears: 'when the task is tried again, or skipped'},
  test_failures: {who: 'you', clears: 'when the task is tried again, or skipped'},
  disk_space: {who: 'you', clears: 'by itself when there is room again; looked at every two minutes'},
  milestone_dependency: {who: 'you', clears: 'by itself when the milestone is in completed/; looked for every minute'},
  task_dependency: {who: 'you', clears: 'when the task that failed is tried again, or skipped'},
  approval_rejected: {who: 'you', clears: 'when the task is tried again, or skipped'},
  driver_missing: {who: 'you', clears: 'by itself when the program is found; a run looks for it every two minutes'},
  auth: {who: 'you', clears: 'when the task is tried again, or at the next `resume`, after a login'},
  quota: {who: 'the provider', clears: 'in a run, by itself when the quota is reset; else at the next `resume`'},
  budget: {who: 'you', clears: 'by itself when the plan allows more, or at the next `resume`'},
  question: {who: 'you', clears: 'when it is answered'},
  suspect: {who: 'you', clears: 'when the task is tried again, or skipped'},
  branch_rewritten: {who: 'you', clears: 'by itself when the branch has its commits again'},
  branch_checked_out: {who: 'you', clears: 'by itself when the checkout is clean, or on another branch'},
  plan_invalid: {
    who: 'you',
    clears: 'by itself when the plan is valid again; the plan before it is in force meanwhile',
  },
  baseline_red: {
    who: 'you',
    clears: 'by itself when the branch has commits with which the check is green, or at a `resume`',
  },
  final_red: {who: 'you', clears: 'at the next `resume`, if the check is green then'},
  workers_unreachable: {who: 'you', clears: 'by itself when the database answers; asked every few seconds'},
  no_worker: {who: 'you', clears: 'by itself when a worker with these labels is there; looked for every few seconds'},
};

/** What others are told of a blocker, by the names that it has in files and answers. */
export function blockerFields({id, type, message, taskId, driver, since}: Blocker) {
  return {
    id,
    type,
    message,
    ...(taskId !== undefined && {task_id: taskId}),
    ...(driver !== undefined && {driver}),
    since,
  };
}

/** Whether nothing new may start because of it. */
export function haltsEverything({taskId, driver, type}: Blocker): boolean {
  return taskId === undefined && driver === undefined && type !== 'plan_invalid';
}

/** Whether the milestone cannot complete while it is open; any other halts only what would start. */
export function preventsCompletion({type}: Blocker): boolean {
  return type === 'branch_rewritten' || type === 'final_red';
}

/** Whether a resume looks at it afresh: whoever resumes says that it may be mended. */
export function isLiftedByResume({taskId, type}: Blocker): boolean {
  return taskId === undefined || type === 'driver_missing' || type === 'auth' || type === 'budget';
}

/** What is recorded when it has gone; the task that it blocks is pending again. */
export function resolution(state: MilestoneState, {id, taskId}: Blocker): NewEvent {
  const isBlocked = taskId !== undefined && state.tasks.get(taskId)?.status === 'blocked';
  return {event: 'blocker_resolved', details: {id, ...(isBlocked && {task_id: taskId})}};
}

/** The tasks that wait for a task, directly or through others. */
export function heldUpBy(state: Pick<MilestoneState, 'dependants' | 'tasks'>, id: TaskId): TaskId[] {
  const held = new Set<TaskId>();
  const open = [id];
  for (let next = open.pop(); next !== undefined; next = open.pop())
    for (const dependant of state.dependants.get(next) ?? []) {
      const status = state.tasks.get(dependant)?.status;
      if (held.has(dependant) || status === 'completed' || status === 'skipped') continue;
      held.add(dependant);
      open.push(dependant);
    }
  return [...held];
}
