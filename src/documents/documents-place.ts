import path from 'node:path';
import type {HomePaths} from '../plan/file/home.ts';
import type {Task, TaskId} from '../plan/plan.ts';
import type {MilestoneState} from '../state/milestone.ts';
import type {Workspace} from '../workspace/workspace.ts';
import {phaseFolder} from './documents.ts';

interface Somewhere {
  readonly workspace: Workspace;
  readonly surroundings: {readonly paths: HomePaths};
}

/** The copy of the home in a slot; the home itself where attempts have no slots of their own, or no slot at all. */
export function slotHomeOf({workspace, surroundings: {paths}}: Somewhere, slot: number): string {
  if (!workspace.hasSlots || slot < 0) return paths.home;
  return path.join(workspace.folderOf(slot), path.basename(paths.home));
}

/**
 * `MILESTONE_DELIVERABLES`, for what runs in a slot: where the documents of the phase are that a task is in.
 * @param slotHome The copy of the home in that slot.
 */
export function documentsEnvironment(
  {state, paths}: {readonly state: MilestoneState; readonly paths: HomePaths},
  id: TaskId,
  {slot, slotHome}: {slot: number; slotHome: string},
): Record<string, string> {
  const running = state.tasks.get(id);
  if (running?.status !== 'in_progress' || running.phase === undefined) return {};
  // The merge queue's slot has the code; the documents are accepted by then.
  const home = slot === running.slot ? slotHome : paths.home;
  const of = {id: state.id, task: state.taskById.get(id) as Task, phase: running.phase};
  return {MILESTONE_DELIVERABLES: `${phaseFolder(home, of)}${path.sep}`};
}
