import path from 'node:path';
import type {Task, TaskId} from '../plan/plan.ts';
import type {MilestoneState} from '../state/milestone.ts';
import {phaseFolder} from './documents.ts';

/**
 * `MILESTONE_DELIVERABLES`, for what runs somewhere: where the documents of the phase are that a task is in.
 * @param home The home, as what runs there sees it.
 */
export function documentsEnvironment(state: MilestoneState, id: TaskId, home: string): Record<string, string> {
  const running = state.tasks.get(id);
  if (running?.status !== 'in_progress' || running.phase === undefined) return {};
  const of = {id: state.id, task: state.taskById.get(id) as Task, phase: running.phase};
  return {MILESTONE_DELIVERABLES: `${phaseFolder(home, of)}${path.sep}`};
}
