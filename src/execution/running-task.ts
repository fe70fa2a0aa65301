import type {TaskId} from '../plan/plan.ts';
import {type MilestoneState, taskState} from '../state/milestone.ts';
import type {RunningTask} from '../state/task.ts';

/** @throws When the task is not in progress, which is a bug. */
export function runningTask(state: MilestoneState, id: TaskId): RunningTask {
  const task = taskState(state, id);
  if (task.status !== 'in_progress') throw new Error(`task ${id} is ${task.status}, not in progress`);
  return task;
}
