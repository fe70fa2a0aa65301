// Which pending tasks are held by a dependency that failed or is blocked, and which of that is on record (S3 in
// milestone.ts).

import type {TaskId} from '../plan/plan.ts';
import type {MilestoneState} from './milestone.ts';
import {isStuck, type TaskState} from './task.ts';

/** Names a task that is held and what holds it. */
export function heldKey(id: TaskId, dependency: TaskId): string {
  return `${id} ${dependency}`;
}

/** What `heldKey` named. */
export function heldPair(key: string): {task_id: TaskId; dependency: TaskId} {
  const [task_id = '', dependency = ''] = key.split(' ');
  return {task_id, dependency};
}

/** What changes with a task's state: whether it holds its dependants, and whether it is held. */
export function followHeld(state: MilestoneState, id: TaskId, before: TaskState | undefined): void {
  const task = state.tasks.get(id);
  const holds = task !== undefined && isStuck(task);
  if (holds !== (before !== undefined && isStuck(before)))
    for (const dependant of state.dependants.get(id) ?? [])
      if (state.tasks.get(dependant)?.status === 'pending') keepHeld(state, heldKey(dependant, id), holds);
  const isPending = task?.status === 'pending';
  if (isPending === (before?.status === 'pending') || state.unmet.get(id) === 0) return;
  for (const dependency of state.taskById.get(id)?.dependencies ?? [])
    if (state.stuck.has(dependency)) keepHeld(state, heldKey(id, dependency), isPending);
}

function keepHeld({unreported}: MilestoneState, key: string, isHeld: boolean): void {
  if (isHeld) unreported.add(key);
  else unreported.delete(key);
}

/** What is held now and on record as such. */
export function recordedHeld(state: MilestoneState): string[] {
  const held: string[] = [];
  for (const dependency of state.stuck)
    for (const id of state.dependants.get(dependency) ?? [])
      if (state.tasks.get(id)?.status === 'pending') held.push(heldKey(id, dependency));
  return held.filter(key => !state.unreported.has(key));
}
