// From `task_claimed` to `kiro_phase_updated`, for the phases that write documents and nothing else.

import {acceptDocuments, documentsFolder} from '../documents/documents.ts';
import {keepDocuments} from '../documents/kept-documents.ts';
import {stoppedOutcome} from '../drivers/driver.ts';
import type {Outcome} from '../events/details/outcome.ts';
import type {Execution} from '../execution/execution.ts';
import {runningTask} from '../execution/running-task.ts';
import {gateOf} from '../plan/kiro-plan.ts';
import type {KiroPhase, Task, TaskId} from '../plan/plan.ts';
import type {StopSignal} from '../platform/processes/stop-signal.ts';
import {refuseRewritten} from '../workspace/refuse-rewritten.ts';
import type {AttemptPlace} from '../workspace/workspace.ts';
import {giveUp} from './attempt-end.ts';
import {verifyOnBranch} from './complete-by-hand.ts';
import {redCheck, verify} from './verify.ts';
import {voidIfChanged} from './void-changed.ts';

/** Bring a claimed attempt of a phase to its end: its documents are in the home, or `attempt_ended` says why not. */
export async function finishPhase(execution: Execution, id: TaskId, phase: KiroPhase): Promise<void> {
  const {attempt, slot} = runningTask(execution.ledger.state, id);
  const place: AttemptPlace = {taskId: id, attempt, slot};
  await execution.attempts.during(place, signal => acceptPhase(execution, place, phase, signal));
}

async function acceptPhase(
  execution: Execution,
  place: AttemptPlace,
  phase: KiroPhase,
  signal: StopSignal,
): Promise<void> {
  const {ledger, workspace} = execution;
  const {state} = ledger;
  const {home} = execution.surroundings.paths;
  const {taskId: task_id, attempt} = place;
  const workplace = workspace.workplaceOf(place);
  const wrong = await findWrong(execution, place, signal);
  if (wrong) return giveUp(execution, place, wrong);
  const task = state.taskById.get(task_id) as Task;
  const accepted = await acceptDocuments(home, workplace.home, {id: state.id, task, phase});
  if ('problem' in accepted)
    return giveUp(execution, place, {kind: 'failed', cause: 'check', message: accepted.problem});
  // What the checks have written does not stay where others work.
  await workplace.leave();
  const status = gateOf(state.plan, task, phase).required ? 'waiting_approval' : 'completed';
  const {deliverables} = accepted;
  if (status === 'waiting_approval') keepDocuments(home, state.id, deliverables);
  ledger.record({event: 'kiro_phase_updated', details: {task_id, attempt, phase, status, deliverables}});
}

async function findWrong(execution: Execution, place: AttemptPlace, signal: StopSignal): Promise<Outcome | undefined> {
  const {workspace} = execution;
  const {state} = execution.ledger;
  if (place.slot === undefined) return findWrongByHand(execution, place, signal);
  const workplace = workspace.workplaceOf(place);
  const documents = documentsFolder(state.id, place.taskId);
  const work = await workplace.freeze({message: '', documents, isChecked: false, signal});
  if (work?.refused) return work.refused;
  if (work?.hasChanges) return changedCode(work.changedFiles);
  const checks = await verify(execution, place, {on: 'worktree', cwd: workplace.folder, signal});
  return signal.aborted ? stoppedOutcome(signal) : redCheck(checks);
}

/** Where a person works, a phase starts when he says that it is done. */
async function findWrongByHand(
  execution: Execution,
  place: AttemptPlace,
  signal: StopSignal,
): Promise<Outcome | undefined> {
  const voided = voidIfChanged(execution, place.taskId);
  if (voided) return voided;
  return execution.mergeQueue.run(async head => {
    if (head && head.kind !== 'head') return refuseRewritten(head, execution.ledger);
    const checks = await verifyOnBranch(execution, place, {head: head?.commit, signal});
    return signal.aborted ? stoppedOutcome(signal) : redCheck(checks);
  });
}

function changedCode(files: readonly string[]): Outcome {
  const more = files.length > 5 ? ` and ${files.length - 5} more` : '';
  return {
    kind: 'failed',
    cause: 'out_of_area',
    files: [...files],
    message: `changed files in a phase that only writes documents: ${files.slice(0, 5).join(', ')}${more}`,
  };
}
