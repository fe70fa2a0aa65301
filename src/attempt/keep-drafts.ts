import {draftsFolder, keepDrafts} from '../documents/documents.ts';
import {MilestoneError} from '../errors.ts';
import type {Execution} from '../execution/execution.ts';
import type {Task} from '../plan/plan.ts';
import {taskState} from '../state/milestone.ts';
import type {AttemptPlace} from '../workspace/workspace.ts';

/** Keep the documents that a running attempt has written, before its slot is used again. */
export function keepDraftsOf(
  execution: Pick<Execution, 'ledger' | 'surroundings' | 'workspace'>,
  place: AttemptPlace,
): void {
  const {workspace} = execution;
  const {state} = execution.ledger;
  const running = taskState(state, place.taskId);
  const task = state.taskById.get(place.taskId) as Task;
  if (running.status !== 'in_progress' || running.phase === undefined) return;
  // They were kept when it was queued, and the slot may be another's by now.
  if (running.queued) return;
  const {home} = workspace.workplaceOf(place);
  // Where it has no copy of its own, they lie in the home already.
  if (home === execution.surroundings.paths.home) return;
  const of = {id: state.id, task, phase: running.phase};
  try {
    keepDrafts(home, of, draftsFolder(execution.surroundings.logFileOf(place)));
  } catch (error) {
    // The slot may be gone, or was never made.
    if (!(error instanceof MilestoneError) || error.code !== 'GIT_FAILED') throw error;
  }
}
