// What a task holds up, and what it waits for, over any number of steps. Pure.

import {dependantsOf, type GraphTask} from '../../plan/graph.ts';
import type {TaskId} from '../../plan/plan.ts';

export interface Reach {
  /** What waits for it. */
  after: ReadonlySet<TaskId>;
  /** What it waits for. */
  before: ReadonlySet<TaskId>;
}

/** A task that somebody points at. */
export interface Pointed {
  id: TaskId;
  reach: Reach;
}

/** What a task is to the one that somebody points at. */
export function relationOf(pointed: Pointed | undefined, id: TaskId): 'self' | 'after' | 'before' | '' {
  if (!pointed) return '';
  if (id === pointed.id) return 'self';
  if (pointed.reach.after.has(id)) return 'after';
  return pointed.reach.before.has(id) ? 'before' : '';
}

/** What waits for a task, and what it waits for, directly or through others. */
export function reachOf(tasks: readonly GraphTask[], id: TaskId): Reach {
  const dependants = dependantsOf(tasks);
  const dependencies = new Map(tasks.map(({id, dependencies = []}) => [id, dependencies]));
  return {
    after: closure([id], one => dependants.get(one) ?? []),
    before: closure([id], one => dependencies.get(one) ?? []),
  };
}

/** All that wait for one of these. */
export function behind(tasks: readonly GraphTask[], ids: readonly TaskId[]): ReadonlySet<TaskId> {
  const dependants = dependantsOf(tasks);
  return closure(ids, one => dependants.get(one) ?? []);
}

/** Without those that it starts from. */
function closure(from: readonly TaskId[], next: (id: TaskId) => readonly TaskId[]): Set<TaskId> {
  const found = new Set(from);
  for (const id of found) for (const one of next(id)) found.add(one);
  for (const id of from) found.delete(id);
  return found;
}
