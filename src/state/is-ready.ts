import {isBetweenPhases, waitsForApproval} from './kiro-task.ts';
import type {TaskState} from './task.ts';

/**
 * Whether a task could start, as far as its state tells: who would do it may be busy, resting, or a person. Pure.
 * @param unmet Of its dependencies.
 */
export function isReady(task: TaskState, unmet: number): boolean {
  return (
    task.status === 'pending' && !task.undecided && unmet === 0 && !waitsForApproval(task) && !isBetweenPhases(task)
  );
}
