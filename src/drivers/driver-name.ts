import type {Task} from '../plan/plan.ts';
import {MANUAL_DRIVER} from './manual.ts';

/** Name of the driver of tasks with `run`. */
export const SHELL_DRIVER = 'shell';

/**
 * Who does a task: the shell if it has a `run`, else the driver it names, else the inherited one, else a person.
 * @param inherited Of the milestone or, if it names none, of the project.
 */
export function driverName(task: Pick<Task, 'run' | 'driver'>, inherited: string | undefined): string {
  return task.run === undefined ? (task.driver ?? inherited ?? MANUAL_DRIVER) : SHELL_DRIVER;
}
