// From `task_claimed` to `task_queued`, from where the merge queue goes on:
//
//   freeze the slot's tree ─> checks on it ─> review ─> [gate: the work is kept until somebody lets it through] ─> queue
//
// G1. What was checked is what is integrated: checks run after the tree is written, what they write is discarded.

import {documentsFolder} from '../../documents/documents.ts';
import {stoppedOutcome} from '../../drivers/driver.ts';
import type {Outcome} from '../../events/details/outcome.ts';
import type {Execution} from '../../execution/execution.ts';
import {runningTask} from '../../execution/running-task.ts';
import type {TaskId} from '../../plan/plan.ts';
import type {StopSignal} from '../../platform/processes/stop-signal.ts';
import type {AttemptId} from '../../state/task.ts';
import type {AttemptPlace, Branch, FrozenWork} from '../../workspace/workspace.ts';
import {giveUp} from '../attempt-end.ts';
import {comparedWithBase} from '../compare-with-base.ts';
import {awaitCompletion, isGated, takeOwnDocuments} from '../completion-gate.ts';
import {removedTests} from '../removed-tests.ts';
import {review} from '../review.ts';
import {testLanguage} from '../test-lines.ts';
import {checksKey, checksOf, redCheck, verify} from '../verify.ts';
import {completeUnmerged} from './complete-unmerged.ts';
import {enqueue, messageOf} from './enqueue.ts';
import {denied, refuse} from './refuse.ts';

/** Bring a claimed attempt into the merge queue, or to its end: `attempt_ended` with what was wrong. */
export async function checkClaim(execution: Execution, id: TaskId): Promise<void> {
  const task = runningTask(execution.ledger.state, id);
  const place: AttemptPlace = {taskId: id, attempt: task.attempt, slot: task.slot};
  await execution.attempts.during(place, signal => checkWork(execution, place, signal));
}

async function checkWork(execution: Execution, place: AttemptPlace, signal: StopSignal): Promise<void> {
  if (signal.aborted) return giveUp(execution, place, stoppedOutcome(signal));
  const {workspace} = execution;
  const {branch} = workspace;
  const work = await freeze(execution, place, signal);
  const refusal = branch && work && (await refuse(execution, place, {branch, work}));
  if (refusal) return giveUp(execution, place, refusal, work);
  if (branch && work) await recordRemovedTests(execution, place, {branch, work});
  const changed = changedChecks(execution, place);
  if (changed) return giveUp(execution, place, changed, work);
  await takeOwnDocuments(execution, place);
  let isVacated = false;
  const checks = await verify(execution, place, {
    on: 'worktree',
    cwd: workspace.workplaceOf(place).folder,
    signal,
    vacates: results => {
      isVacated = !signal.aborted && !redCheck(results) && isPassedOn(execution, place);
      return isVacated;
    },
  });
  if (signal.aborted) return giveUp(execution, place, stoppedOutcome(signal), work);
  const red = redCheck(checks);
  if (red) {
    const compared = await comparedWithBase(execution, place, {red, checks, work});
    return giveUp(execution, place, denied(execution, place.taskId, compared), work);
  }
  // What a person has let through is not asked for again.
  const isLetThrough = runningTask(execution.ledger.state, place.taskId).integrates !== undefined;
  const rejected = isLetThrough ? undefined : await review(execution, place, {work, checks, signal});
  if (signal.aborted) return giveUp(execution, place, stoppedOutcome(signal), work);
  if (rejected) return giveUp(execution, place, rejected, work);
  if (isGated(execution, place.taskId)) return awaitCompletion(execution, place, {work, checks});
  if (!branch || !work) return completeUnmerged(execution, place, checks);
  await enqueue(execution, place, {branch, work, checks, isVacated});
}

/** Whether others wait for the slot, and nobody looks at the work any more once its checks are green. */
function isPassedOn(execution: Execution, {taskId}: AttemptId): boolean {
  const {review} = execution.inForce.taskOf(taskId);
  return execution.ready.size > 0 && review === undefined && !isGated(execution, taskId);
}

/** A worker has run the checks that were in force then. */
function changedChecks(execution: Pick<Execution, 'inForce' | 'ledger'>, {taskId}: AttemptId): Outcome | undefined {
  const {delivered} = runningTask(execution.ledger.state, taskId);
  if (!delivered) return undefined;
  if (delivered.asked === checksKey(checksOf(execution, taskId))) return undefined;
  return {kind: 'interrupted', message: 'was interrupted: its checks were changed meanwhile', executor_died: false};
}

function freeze(
  execution: Pick<Execution, 'inForce' | 'ledger' | 'workspace'>,
  place: AttemptPlace,
  signal: StopSignal,
): Promise<FrozenWork | undefined> {
  const isKiro = runningTask(execution.ledger.state, place.taskId).phase !== undefined;
  return execution.workspace.workplaceOf(place).freeze({
    message: messageOf(execution, place, []),
    isChecked: checksOf(execution, place.taskId).length > 0,
    signal,
    ...(isKiro && {documents: documentsFolder(execution.ledger.state.id, place.taskId)}),
  });
}

/** Renames are found among files that may hold tests; more files than these are looked at as a whole. */
const MOST_PATHS = 2_000;

/** Tests may have to go: that is for a person to see, not for a check. On record before anything can end the attempt. */
async function recordRemovedTests(
  execution: Pick<Execution, 'ledger'>,
  {taskId: task_id, attempt}: AttemptId,
  {branch, work}: {branch: Branch; work: FrozenWork},
): Promise<void> {
  const files = work.changedFiles.filter(file => testLanguage(file) !== undefined);
  if (files.length === 0) return;
  const removed = removedTests(await branch.shortDiffOf(work, files.length > MOST_PATHS ? [] : files));
  if (removed.length > 0)
    execution.ledger.record({event: 'tests_removed', details: {task_id, attempt, files: removed}});
}
