import {criticalPath, waves} from '../plan/graph.ts';
import type {MilestoneId, TaskId} from '../plan/plan.ts';
import type {Snapshot} from '../state/snapshot.ts';
import {type ShownStatus, shownStatus, type TaskState} from '../state/task.ts';

/** Which task waits for which, and how far each is. */
export interface GraphReport {
  id: MilestoneId;
  title: string;
  status: string;
  /** In the order of the plan; `wave` counts from 1. */
  tasks: Array<{id: TaskId; title: string; status: ShownStatus; dependencies: readonly TaskId[]; wave: number}>;
  waves: TaskId[][];
  critical_path: TaskId[];
}

/** What depends on what, as `graph --json` answers it. */
export function graphReport({plan, stored, tasks}: Snapshot): GraphReport {
  const waveOf = waves(plan.tasks);
  const groups: TaskId[][] = [];
  for (const {id} of plan.tasks) {
    const wave = (waveOf.get(id) as number) - 1;
    groups[wave] ??= [];
    groups[wave]?.push(id);
  }
  return {
    id: plan.id,
    title: plan.title,
    status: stored.status,
    tasks: plan.tasks.map(({id, title, dependencies = []}, index) => ({
      id,
      title,
      status: shownStatus(tasks[index] as TaskState),
      dependencies,
      wave: waveOf.get(id) ?? 0,
    })),
    waves: groups,
    critical_path: criticalPath(plan.tasks),
  };
}
