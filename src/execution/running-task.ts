import type {TaskId} from '../plan/plan.ts';
import {taskState} from '../state/milestone.ts';
import type {RunningTask} from '../state/task.ts';
import type {ExecutionContext} from './context.ts';

/** @throws When the task is not in progress, which is a bug. */
export function runningTask(context: Pick<ExecutionContext, 'state'>, id: TaskId): RunningTask {
  const task = taskState(context.state, id);
  if (task.status !== 'in_progress') throw new Error(`task ${id} is ${task.status}, not in progress`);
  return task;
}
