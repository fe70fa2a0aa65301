// The blockers of a state, and what is derived from them (S3 in milestone.ts).

import type {TaskId} from '../plan/plan.ts';
import type {Blocker, MilestoneState} from './milestone.ts';

const NONE: ReadonlyMap<string, Blocker> = new Map();

/** The open blockers of a task; of no task for `undefined`: those are few, however many tasks there are. */
export function blockersOf({blockersOf}: MilestoneState, id: TaskId | undefined): ReadonlyMap<string, Blocker> {
  return blockersOf.get(id) ?? NONE;
}

/** Whether nothing can be taken onto the branch as it is. */
export function isBranchClosed(state: MilestoneState): boolean {
  return [...blockersOf(state, undefined).values()].some(
    ({type}) => type === 'branch_rewritten' || type === 'branch_checked_out',
  );
}

/** Tasks in progress that go on by themselves: what waits for a branch that is closed does not. */
export function atWork(state: MilestoneState): TaskId[] {
  const running = [...state.running];
  return isBranchClosed(state) ? running.filter(id => !state.queued.has(id)) : running;
}

/** Open a blocker, or change one that is open. */
export function putBlocker(state: MilestoneState, blocker: Blocker): void {
  const {id, taskId, escalated} = blocker;
  state.blockers.set(id, blocker);
  const others = state.blockersOf.get(taskId);
  if (others) others.set(id, blocker);
  else state.blockersOf.set(taskId, new Map([[id, blocker]]));
  if (escalated) state.untold.delete(id);
  else state.untold.add(id);
  if (taskId !== undefined) explain(state, taskId);
}

/** Close a blocker, if it is open. */
export function removeBlocker(state: MilestoneState, id: string): void {
  const blocker = state.blockers.get(id);
  if (!blocker) return;
  const {taskId} = blocker;
  state.blockers.delete(id);
  state.untold.delete(id);
  const others = state.blockersOf.get(taskId);
  others?.delete(id);
  if (others?.size === 0) state.blockersOf.delete(taskId);
  if (taskId !== undefined) explain(state, taskId);
}

/** Keep up whether a task wants a blocker: after it, its dependants or its blockers changed. */
export function explain(state: MilestoneState, id: TaskId): void {
  const task = state.tasks.get(id);
  const isProblem =
    task?.status === 'failed' &&
    (task.cause === 'conflict' || task.cause === 'check' || (state.waiting.get(id) ?? 0) > 0);
  if (isProblem && !state.blockersOf.has(id)) state.unexplained.add(id);
  else state.unexplained.delete(id);
}
