// From `task_claimed` to `kiro_phase_updated`, for the phases that write documents and nothing else.

import {acceptDocuments, documentsFolder} from '../documents/documents.ts';
import {slotHomeOf} from '../documents/documents-place.ts';
import {keepDocuments} from '../documents/kept-documents.ts';
import {stoppedOutcome} from '../drivers/driver.ts';
import type {Outcome} from '../events/event.ts';
import type {ExecutionContext} from '../execution/context.ts';
import {runningTask} from '../execution/running-task.ts';
import {gateOf} from '../plan/kiro-plan.ts';
import type {KiroPhase, Task, TaskId} from '../plan/plan.ts';
import type {StopSignal} from '../platform/processes/stop-signal.ts';
import type {AttemptPlace} from '../workspace/workspace.ts';
import {giveUp} from './attempt-end.ts';
import {verifyOnBranch} from './complete-by-hand.ts';
import {redCheck, verify} from './verify.ts';
import {voidIfChanged} from './void-changed.ts';

/** Bring a claimed attempt of a phase to its end: its documents are in the home, or `attempt_ended` says why not. */
export async function finishPhase(context: ExecutionContext, id: TaskId, phase: KiroPhase): Promise<void> {
  const {attempt, slot} = runningTask(context, id);
  const place: AttemptPlace = {taskId: id, attempt, slot};
  const signal = context.attempts.begin(id, attempt);
  try {
    const wrong = await findWrong(context, place, signal);
    if (wrong) return await giveUp(context, place, wrong);
    const task = context.state.taskById.get(id) as Task;
    const of = {id: context.state.id, task, phase};
    const accepted = await acceptDocuments(context.paths.home, slotHomeOf(context, slot), of);
    if ('problem' in accepted)
      return await giveUp(context, place, {kind: 'failed', cause: 'check', message: accepted.problem});
    // What the checks have written does not stay where others work.
    if (!context.workspace.hasSlots && slot >= 0) await context.workspace.rescue(place);
    const status = gateOf(context.state.plan, task, phase).required ? 'waiting_approval' : 'completed';
    const {deliverables} = accepted;
    if (status === 'waiting_approval') keepDocuments(context.paths.home, context.state.id, deliverables);
    context.record({event: 'kiro_phase_updated', details: {task_id: id, attempt, phase, status, deliverables}});
  } finally {
    context.attempts.end(id, attempt);
  }
}

async function findWrong(
  context: ExecutionContext,
  place: AttemptPlace,
  signal: StopSignal,
): Promise<Outcome | undefined> {
  const {workspace, state} = context;
  if (place.slot < 0) return findWrongByHand(context, place, signal);
  const documents = documentsFolder(state.id, place.taskId);
  const work = await workspace.integration?.freeze(place, {message: '', documents, signal});
  if (work?.refused) return work.refused;
  if (work?.hasChanges) return changedCode(work.changedFiles);
  const checks = await verify(context, place, {on: 'worktree', cwd: workspace.folderOf(place.slot), signal});
  return signal.aborted ? stoppedOutcome(signal) : redCheck(checks);
}

/** Where a person works, a phase starts when he says that it is done. */
async function findWrongByHand(
  context: ExecutionContext,
  place: AttemptPlace,
  signal: StopSignal,
): Promise<Outcome | undefined> {
  const voided = voidIfChanged(context, place.taskId);
  if (voided) return voided;
  const head = await context.workspace.integration?.readHead();
  if (head && head.kind !== 'head') {
    context.openBlocker({...head, type: 'branch_rewritten'});
    return {kind: 'cancelled', message: head.message};
  }
  const checks = await context.mergeQueue.run(() => verifyOnBranch(context, place, signal));
  return signal.aborted ? stoppedOutcome(signal) : redCheck(checks);
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
