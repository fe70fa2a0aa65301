// Dependencies between tasks. Pure; linear in tasks plus dependencies; nothing recurses, so a chain of any length is
// fine. A dependency on a task that the plan lacks counts for nothing here.

import type {TaskId} from './plan.ts';

/** What the graph needs of a task. */
export interface GraphTask {
  id: TaskId;
  dependencies?: readonly TaskId[];
  estimated_hours?: number;
}

/** The first circle of dependencies: each task depends on the next, the last on the first. */
export function findCycle(tasks: readonly GraphTask[]): TaskId[] | undefined {
  return findCycles(tasks, 1)[0];
}

/** Circles of dependencies that have no task in common, at most `limit`. */
export function findCycles(tasks: readonly GraphTask[], limit: number): TaskId[][] {
  const {dependencies} = indexOf(tasks);
  const cycles: TaskId[][] = [];
  const inCycle = new Set<TaskId>();
  const indexOnPath = new Map<TaskId, number>();
  const finished = new Set<TaskId>();
  for (const {id: root} of tasks) {
    if (cycles.length >= limit) break;
    if (finished.has(root)) continue;
    const path: Array<{id: TaskId; next: number}> = [{id: root, next: 0}];
    indexOnPath.set(root, 0);
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const dependency = dependencies.get(top.id)?.[top.next++];
      if (dependency === undefined) {
        path.pop();
        indexOnPath.delete(top.id);
        finished.add(top.id);
      } else if (indexOnPath.has(dependency)) {
        if (cycles.length >= limit || inCycle.has(dependency) || inCycle.has(top.id)) continue;
        const cycle = path.slice(indexOnPath.get(dependency)).map(({id}) => id);
        for (const id of cycle) inCycle.add(id);
        cycles.push(cycle);
      } else if (!finished.has(dependency)) {
        indexOnPath.set(dependency, path.length);
        path.push({id: dependency, next: 0});
      }
    }
  }
  return cycles;
}

/** Every task after its dependencies, else in the order of the plan; tasks in or behind a circle are left out. */
export function topologicalOrder(tasks: readonly GraphTask[]): TaskId[] {
  const {dependencies, dependants} = indexOf(tasks);
  const unmet = new Map(tasks.map(({id}) => [id, dependencies.get(id)?.length ?? 0]));
  const order = tasks.filter(({id}) => unmet.get(id) === 0).map(({id}) => id);
  for (const id of order) {
    for (const dependant of dependants.get(id) ?? []) {
      const left = (unmet.get(dependant) as number) - 1;
      unmet.set(dependant, left);
      if (left === 0) order.push(dependant);
    }
  }
  return order;
}

/** For each task those that depend on it, in the order of the plan. */
export function dependantsOf(tasks: readonly GraphTask[]): Map<TaskId, TaskId[]> {
  return indexOf(tasks).dependants;
}

/** For each task its wave: 1 without dependencies, else one more than the latest of its dependencies. */
export function waves(tasks: readonly GraphTask[]): Map<TaskId, number> {
  const {dependencies} = indexOf(tasks);
  const wave = new Map<TaskId, number>();
  for (const id of topologicalOrder(tasks))
    wave.set(id, 1 + maximum(dependencies.get(id) ?? [], dependency => wave.get(dependency) ?? 0));
  return wave;
}

/** For each task the length of the longest chain from it to the end; a task counts its estimated hours, else 1. */
export function remainingPath(tasks: readonly GraphTask[]): Map<TaskId, number> {
  const {dependants} = indexOf(tasks);
  const weight = new Map(tasks.map(task => [task.id, task.estimated_hours ?? 1]));
  const remaining = new Map<TaskId, number>();
  for (const id of topologicalOrder(tasks).reverse())
    remaining.set(
      id,
      (weight.get(id) as number) + maximum(dependants.get(id) ?? [], dependant => remaining.get(dependant) ?? 0),
    );
  return remaining;
}

/** The longest chain, from its first task to its last. */
export function criticalPath(tasks: readonly GraphTask[]): TaskId[] {
  const {dependencies, dependants} = indexOf(tasks);
  const remaining = remainingPath(tasks);
  const path: TaskId[] = [];
  let candidates = tasks.map(({id}) => id).filter(id => remaining.has(id) && !dependencies.get(id)?.length);
  while (candidates.length > 0) {
    const longest = maximum(candidates, id => remaining.get(id) ?? 0);
    const id = candidates.find(candidate => remaining.get(candidate) === longest) as TaskId;
    path.push(id);
    candidates = (dependants.get(id) ?? []).filter(dependant => remaining.has(dependant));
  }
  return path;
}

interface GraphIndex {
  dependencies: Map<TaskId, TaskId[]>;
  dependants: Map<TaskId, TaskId[]>;
}

function indexOf(tasks: readonly GraphTask[]): GraphIndex {
  const dependencies = new Map<TaskId, TaskId[]>(tasks.map(({id}) => [id, []]));
  const dependants = new Map<TaskId, TaskId[]>(tasks.map(({id}) => [id, []]));
  for (const task of tasks) {
    for (const dependency of new Set(task.dependencies)) {
      if (!dependencies.has(dependency)) continue;
      dependencies.get(task.id)?.push(dependency);
      dependants.get(dependency)?.push(task.id);
    }
  }
  return {dependencies, dependants};
}

function maximum<T>(values: readonly T[], measure: (value: T) => number): number {
  return values.reduce((most, value) => Math.max(most, measure(value)), 0);
}
