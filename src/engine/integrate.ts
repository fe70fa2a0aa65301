// From `task_claimed` to `task_completed`:
//
//   freeze the slot's tree ─> checks on it ─> review ─> [gate: the work is kept until somebody lets it through]
//     ─> [merge queue, one at a time] merge with the head ─> if the head had moved, both checks on the merged tree
//     ─> commit ─> task_integrating ─> move the branch ─> task_completed
//
// G1. What was checked is what is integrated: checks run after the tree is written, what they write is discarded.
// G2. The branch moves only by compare-and-swap from the head that was merged with.
// G3. `task_integrating` is on disk before the branch moves, `task_completed` only after the branch is synced.

import type {CheckResult, Outcome} from '../events/event.ts';
import {commitMessage} from '../git/commit-message.ts';
import {isInsideAreas} from '../milestone/areas.ts';
import type {TaskId} from '../milestone/plan.ts';
import type {StopSignal} from '../platform/stop-signal.ts';
import {findChangedDocument, voidApproval} from './approvals.ts';
import {block, complete, giveUp} from './attempt-end.ts';
import {stoppedOutcome} from './attempts.ts';
import type {ExecutionContext} from './context.ts';
import {documentsFolder} from './documents.ts';
import {acceptOwnDocuments, awaitCompletion, isGated} from './execute-gate.ts';
import {review} from './review.ts';
import {runningTask} from './running-task.ts';
import {checksOf, redCheck, verify} from './verify.ts';
import type {AttemptPlace, FrozenWork, Integration} from './workspace.ts';

/** Bring a claimed attempt to its end: completed, or `attempt_ended` with what was wrong. */
export async function integrate(context: ExecutionContext, id: TaskId): Promise<void> {
  const task = runningTask(context, id);
  const place: AttemptPlace = {taskId: id, attempt: task.attempt, slot: task.slot};
  const signal = context.attempts.begin(id, task.attempt);
  try {
    await integrateWork(context, place, signal);
  } finally {
    context.attempts.end(id, task.attempt);
  }
}

async function integrateWork(context: ExecutionContext, place: AttemptPlace, signal: StopSignal): Promise<void> {
  const {workspace} = context;
  const {integration} = workspace;
  const work = integration && (await freeze(context, integration, place));
  const refusal = work && refuse(context, place.taskId, work);
  if (refusal) return giveUp(context, place, refusal, work);
  const missing = await acceptOwnDocuments(context, place);
  if (missing) return giveUp(context, place, missing, work);
  const checks = await verify(context, place, {on: 'worktree', cwd: workspace.folderOf(place.slot), signal});
  if (signal.aborted) return giveUp(context, place, stoppedOutcome(signal), work);
  const red = redCheck(checks);
  if (red) return giveUp(context, place, red, work);
  const rejected = await review(context, place, {work, checks, signal});
  if (signal.aborted) return giveUp(context, place, stoppedOutcome(signal), work);
  if (rejected) return giveUp(context, place, rejected, work);
  if (isGated(context, place.taskId)) return awaitCompletion(context, place, {work, checks});
  if (!integration || !work) return complete(context, place, {checks});
  await context.mergeQueue.run(() => merge(context, integration, {place, work, checks, signal}));
}

function freeze(context: ExecutionContext, integration: Integration, place: AttemptPlace): Promise<FrozenWork> {
  const isKiro = runningTask(context, place.taskId).phase !== undefined;
  return integration.freeze(place, {
    message: message(context, place, []),
    ...(isKiro && {documents: documentsFolder(context.state.id, place.taskId)}),
  });
}

/** Take up a commit that was made but, as far as the log knows, not yet moved the branch. */
export async function settleIntegration(context: ExecutionContext, id: TaskId): Promise<void> {
  const task = runningTask(context, id);
  const {integration} = context.workspace;
  const {integrating} = task;
  if (!integration || !integrating) return;
  const place: AttemptPlace = {taskId: id, attempt: task.attempt, slot: task.slot};
  const signal = context.attempts.begin(id, task.attempt);
  try {
    if (await integration.isIntegrated(integrating.commit)) {
      await integration.follow(integrating.onto, integrating.commit);
      return await complete(context, place, {checks: [], commit: integrating.commit, adopted: true});
    }
    const work = await integration.workOf(integrating.commit);
    const lost: Outcome = {
      kind: 'interrupted',
      message: 'was interrupted while it was integrated',
      executor_died: true,
    };
    if (!work) return await giveUp(context, place, lost);
    await context.mergeQueue.run(() => merge(context, integration, {place, work, checks: [], signal}));
  } finally {
    context.attempts.end(id, task.attempt);
  }
}

interface Merging {
  place: AttemptPlace;
  work: FrozenWork;
  checks: CheckResult[];
  signal: StopSignal;
}

async function merge(context: ExecutionContext, integration: Integration, merging: Merging): Promise<void> {
  const {place, work, signal} = merging;
  let {checks} = merging;
  for (;;) {
    if (signal.aborted) return giveUp(context, place, stoppedOutcome(signal), work);
    const head = await integration.readHead();
    if (head.kind !== 'head') return block(context, place, {...head, type: 'branch_rewritten'});
    if (!work.hasChanges) return complete(context, place, {checks});
    const merged = await integration.merge(work, head.commit);
    if (merged.kind === 'conflict') return giveUp(context, place, conflict(merged.files), work);
    if (head.commit !== work.base && checksOf(context, place.taskId).length > 0) {
      const cwd = await integration.checkOut(merged.tree, head.commit);
      checks = await verify(context, place, {on: 'merged', cwd, signal});
      if (signal.aborted) continue;
      const red = redCheck(checks);
      if (red) return giveUp(context, place, red, work);
    }
    const changed = findChangedDocument(context, place.taskId);
    if (changed) {
      voidApproval(context, place.taskId, changed);
      return giveUp(context, place, {kind: 'cancelled', message: changed.reason}, work);
    }
    const text = work.message ?? message(context, place, checks);
    const commit = await integration.commit(merged.tree, head.commit, text);
    context.record({
      event: 'task_integrating',
      details: {task_id: place.taskId, attempt: place.attempt, commit, onto: head.commit},
    });
    await context.durable();
    const advance = await integration.advance({to: commit, from: head.commit, place});
    if (advance.kind === 'advanced') return complete(context, place, {checks, commit});
    if (advance.kind === 'checked_out') return block(context, place, {...advance, type: 'branch_checked_out'});
  }
}

/** What the tree alone condemns: files outside the task's areas, or nothing where something was to be done. */
function refuse(context: ExecutionContext, id: TaskId, work: FrozenWork): Outcome | undefined {
  if (work.refused) return work.refused;
  const {touches, touchesFree} = context.settingsOf(id);
  const outside = work.changedFiles.filter(file => !isInsideAreas(file, touches, touchesFree));
  if (outside.length > 0)
    return {
      kind: 'failed',
      cause: 'out_of_area',
      message: `changed files outside its \`touches\`: ${outside.slice(0, 5).join(', ')}${outside.length > 5 ? ` and ${outside.length - 5} more` : ''}`,
    };
  const task = context.taskOf(id);
  if (!work.hasChanges && task.run === undefined && !task.no_changes)
    return {kind: 'failed', cause: 'check', message: 'changed nothing (say `no_changes: true` if that is right)'};
  return undefined;
}

function conflict(files: string[]): Outcome {
  return {
    kind: 'conflict',
    files,
    message: `conflicts with what was integrated meanwhile: ${files.slice(0, 5).join(', ')}`,
  };
}

function message(context: ExecutionContext, place: AttemptPlace, checks: readonly CheckResult[]): string {
  const {state, settings} = context;
  const task = state.taskById.get(place.taskId);
  const {claim} = runningTask(context, place.taskId);
  return commitMessage({
    template: settings.git.message,
    milestone: state.id,
    task: {id: place.taskId, title: task?.title ?? place.taskId, ...(task?.type !== undefined && {type: task.type})},
    attempt: place.attempt,
    execution: state.activation?.executionId ?? '',
    ...claim,
    checks,
  });
}
