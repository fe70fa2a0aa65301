// Which pending tasks are held up by a dependency that failed or is blocked, and which of that is on record (S3 in
// milestone.ts).

import type {TaskId} from '../plan/plan.ts';
import type {MilestoneState} from './milestone.ts';
import {isStuck, type TaskState} from './task.ts';

/** Names a task that is held up and what holds it up. */
export function heldUpKey(id: TaskId, dependency: TaskId): string {
  return `${id} ${dependency}`;
}

/** What `heldKey` named. */
export function heldUpPair(key: string): {task_id: TaskId; dependency: TaskId} {
  const [task_id = '', dependency = ''] = key.split(' ');
  return {task_id, dependency};
}

/** What changes with a task's state: whether it holds its dependants up, and whether it is held up. */
export function followHeldUp(state: MilestoneState, id: TaskId, before: TaskState | undefined): void {
  const task = state.tasks.get(id);
  const holds = task !== undefined && isStuck(task);
  if (holds !== (before !== undefined && isStuck(before)))
    for (const dependant of state.dependants.get(id) ?? [])
      if (state.tasks.get(dependant)?.status === 'pending') noteHeldUp(state, heldUpKey(dependant, id), holds);
  const isPending = task?.status === 'pending';
  if (isPending === (before?.status === 'pending') || state.unmet.get(id) === 0) return;
  for (const dependency of state.taskById.get(id)?.dependencies ?? [])
    if (state.stuck.has(dependency)) noteHeldUp(state, heldUpKey(id, dependency), isPending);
}

function noteHeldUp({unreported}: MilestoneState, key: string, isHeld: boolean): void {
  if (isHeld) unreported.add(key);
  else unreported.delete(key);
}

/** What is held up now and on record as such. */
export function recordedHeldUp(state: MilestoneState): string[] {
  const held: string[] = [];
  for (const dependency of state.stuck)
    for (const id of state.dependants.get(dependency) ?? [])
      if (state.tasks.get(id)?.status === 'pending') held.push(heldUpKey(id, dependency));
  return held.filter(key => !state.unreported.has(key));
}
