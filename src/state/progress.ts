import type {TaskState} from './task.ts';

/** Share of a task that counts as done, 0 to 100: 0 pending, 50 in progress, 100 completed or skipped. */
export function taskProgress(task: TaskState): number {
  switch (task.status) {
    case 'completed':
    case 'skipped':
      return 100;
    case 'in_progress':
      return 50;
    default:
      return 0;
  }
}

/** Average over the tasks in whole per cent, rounded down; 0 for no tasks. */
export function milestoneProgress(sumOfTasks: number, tasks: number): number {
  return tasks === 0 ? 0 : Math.floor(sumOfTasks / tasks);
}
