import type {Outcome} from '../events/event.ts';
import type {Settings, Task} from '../milestone/plan.ts';
import type {Driver} from './driver.ts';
import {driverName} from './driver-name.ts';
import {MANUAL_DRIVER} from './manual.ts';
import {shellDriver} from './shell.ts';

/** Who does a task: a driver, a person, or somebody that this program does not know. */
export type DriverChoice =
  | {kind: 'driver'; name: string; driver: Driver}
  | {kind: 'manual'; name: string}
  | {kind: 'missing'; name: string; outcome: Outcome};

/** Choose who does a task: the shell if it has a `run`, else the driver it names, else the milestone's, else a person. */
export function chooseDriver(task: Task, settings: Pick<Settings, 'driver'>): DriverChoice {
  if (task.run !== undefined) return {kind: 'driver', name: shellDriver.name, driver: shellDriver};
  const name = driverName(task, settings.driver);
  if (name === MANUAL_DRIVER) return {kind: 'manual', name};
  return {kind: 'missing', name, outcome: {kind: 'driver_missing', message: explainMissing(name)}};
}

function explainMissing(name: string): string {
  if (name === shellDriver.name) return 'the driver `shell` needs a command: the task has no `run`';
  return `the driver \`${name}\` is not known to this version of milestone; known are \`${shellDriver.name}\` (tasks with \`run\`) and \`${MANUAL_DRIVER}\``;
}
