import {draftsFolder, keepDrafts} from '../documents/documents.ts';
import {slotHomeOf} from '../documents/documents-place.ts';
import {MilestoneError} from '../errors.ts';
import type {ExecutionContext} from '../execution/context.ts';
import type {Task} from '../plan/plan.ts';
import {taskState} from '../state/milestone.ts';
import type {AttemptPlace} from '../workspace/workspace.ts';

type Keeper = Pick<ExecutionContext, 'state' | 'workspace' | 'paths' | 'logFileOf'>;

/** Keep the documents that a running attempt has written, before its slot is used again. */
export function keepDraftsOf(context: Keeper, place: AttemptPlace): void {
  const {state, workspace, paths} = context;
  const running = taskState(state, place.taskId);
  const task = state.taskById.get(place.taskId) as Task;
  if (running.status !== 'in_progress' || running.phase === undefined || !workspace.hasSlots || place.slot < 0) return;
  const of = {id: state.id, task, phase: running.phase};
  try {
    keepDrafts(slotHomeOf({workspace, paths}, place.slot), of, draftsFolder(context.logFileOf(place)));
  } catch (error) {
    // The slot may be gone, or was never made.
    if (!(error instanceof MilestoneError) || error.code !== 'GIT_FAILED') throw error;
  }
}
