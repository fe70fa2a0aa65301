// From `task_claimed` to `task_completed`:
//
//   freeze the slot's tree ─> checks on it ─> [merge queue, one at a time] merge with the head
//     ─> if the head had moved, both checks on the merged tree ─> commit ─> task_integrating ─> move the branch
//     ─> task_completed
//
// G1. What was checked is what is integrated: checks run after the tree is written, what they write is discarded.
// G2. The branch moves only by compare-and-swap from the head that was merged with.
// G3. `task_integrating` is on disk before the branch moves, `task_completed` only after the branch is synced.

import type {BlockerType, CheckResult, Outcome} from '../events/event.ts';
import {commitMessage} from '../git/commit-message.ts';
import {isInsideAreas} from '../milestone/areas.ts';
import type {TaskId} from '../milestone/plan.ts';
import type {StopSignal} from '../platform/stop-signal.ts';
import {taskState} from '../state/milestone.ts';
import type {RunningTask} from '../state/task.ts';
import {firstLine} from '../text/first-line.ts';
import {stoppedOutcome} from './attempts.ts';
import type {ExecutionContext} from './context.ts';
import type {AttemptPlace, FrozenWork, Integration} from './workspace.ts';

/** Bring a claimed attempt to its end: completed, or `attempt_ended` with what was wrong. */
export async function integrate(context: ExecutionContext, id: TaskId): Promise<void> {
  const task = runningTask(context, id);
  const place: AttemptPlace = {taskId: id, attempt: task.attempt, slot: task.slot};
  const {integration} = context.workspace;
  const signal = context.attempts.begin(id, task.attempt);
  try {
    const work = integration && (await integration.freeze(place, message(context, place, [])));
    const refusal = work && refuse(context, id, work);
    if (refusal) return await giveUp(context, place, refusal);
    const checks = await verify(context, place, 'worktree', context.workspace.folderOf(place.slot), signal);
    if (signal.aborted) return await giveUp(context, place, stoppedOutcome(signal));
    const red = redCheck(checks);
    if (red) return await giveUp(context, place, red);
    if (!integration || !work) return complete(context, place, checks);
    await context.mergeQueue.run(() => merge(context, integration, place, work, checks, signal));
  } finally {
    context.attempts.end(id, task.attempt);
  }
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
      context.record({
        event: 'task_completed',
        details: {
          task_id: id,
          attempt: task.attempt,
          commit: integrating.commit,
          checked: task.checked ?? false,
          adopted: true,
        },
      });
      return;
    }
    const work = await integration.workOf(integrating.commit);
    const lost: Outcome = {
      kind: 'interrupted',
      message: 'was interrupted while it was integrated',
      executor_died: true,
    };
    if (!work) return await giveUp(context, place, lost);
    await context.mergeQueue.run(() => merge(context, integration, place, work, [], signal));
  } finally {
    context.attempts.end(id, task.attempt);
  }
}

async function merge(
  context: ExecutionContext,
  integration: Integration,
  place: AttemptPlace,
  work: FrozenWork,
  checks: CheckResult[],
  signal: StopSignal,
): Promise<void> {
  for (;;) {
    if (signal.aborted) return giveUp(context, place, stoppedOutcome(signal));
    const head = await integration.readHead();
    if (head.kind !== 'head') return block(context, place, 'branch_rewritten', head);
    if (!work.hasChanges) return complete(context, place, checks);
    const merged = await integration.merge(work, head.commit);
    if (merged.kind === 'conflict') return giveUp(context, place, conflict(merged.files));
    if (head.commit !== work.base && hasChecks(context, place.taskId)) {
      const folder = await integration.checkOut(merged.tree, head.commit);
      checks = await verify(context, place, 'merged', folder, signal);
      if (signal.aborted) continue;
      const red = redCheck(checks);
      if (red) return giveUp(context, place, red);
    }
    const text = work.message ?? message(context, place, checks);
    const commit = await integration.commit(merged.tree, head.commit, text);
    context.record({
      event: 'task_integrating',
      details: {task_id: place.taskId, attempt: place.attempt, commit, onto: head.commit},
    });
    await context.durable();
    const advance = await integration.advance({to: commit, from: head.commit, place});
    if (advance.kind === 'advanced') return complete(context, place, checks, commit);
    if (advance.kind === 'checked_out') return block(context, place, 'branch_checked_out', advance);
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
  const task = context.state.taskById.get(id);
  if (!work.hasChanges && task?.run === undefined && !task?.no_changes)
    return {kind: 'failed', cause: 'check', message: 'changed nothing (say `no_changes: true` if that is right)'};
  return undefined;
}

async function verify(
  context: ExecutionContext,
  place: AttemptPlace,
  on: 'worktree' | 'merged',
  cwd: string,
  signal: StopSignal,
): Promise<CheckResult[]> {
  const {taskVerify, milestoneVerify} = context.settingsOf(place.taskId);
  const checks = [
    ...(taskVerify === undefined ? [] : [{name: 'task' as const, command: taskVerify}]),
    ...(milestoneVerify === undefined ? [] : [{name: 'milestone' as const, command: milestoneVerify}]),
  ];
  if (checks.length === 0) return [];
  const slot = on === 'worktree' ? place.slot : context.settings.maxParallel;
  const results = await context.runChecks(checks, {place, slot, cwd, signal});
  if (signal.aborted) return results;
  context.record({
    event: 'task_verified',
    details: {
      task_id: place.taskId,
      attempt: place.attempt,
      on,
      ok: results.every(check => check.ok),
      checks: results,
    },
  });
  return results;
}

function hasChecks(context: ExecutionContext, id: TaskId): boolean {
  const {taskVerify, milestoneVerify} = context.settingsOf(id);
  return taskVerify !== undefined || milestoneVerify !== undefined;
}

function redCheck(checks: readonly CheckResult[]): Outcome | undefined {
  const red = checks.find(check => !check.ok);
  if (!red) return undefined;
  const how = red.exit_code === null ? 'did not end in time' : `failed with exit code ${red.exit_code}`;
  return {
    kind: 'failed',
    cause: 'check',
    message: `did not pass its check: \`${firstLine(red.command)}\` ${how}`,
    ...(red.exit_code !== null && {exit_code: red.exit_code}),
  };
}

function conflict(files: string[]): Outcome {
  return {
    kind: 'conflict',
    files,
    message: `conflicts with what was integrated meanwhile: ${files.slice(0, 5).join(', ')}`,
  };
}

/** Something is wrong with the branch, not with the task: it waits as it is, and nothing new starts. */
async function block(
  context: ExecutionContext,
  place: AttemptPlace,
  type: BlockerType,
  {message, hint}: {message: string; hint: string},
): Promise<void> {
  await context.workspace.rescue(place);
  // Before the attempt ends: nothing may start in between.
  context.openBlocker({type, message, hint});
  context.endAttempt(place, {kind: 'cancelled', message});
}

async function giveUp(context: ExecutionContext, place: AttemptPlace, outcome: Outcome): Promise<void> {
  await context.workspace.rescue(place);
  context.endAttempt(place, outcome);
}

function complete(
  context: ExecutionContext,
  place: AttemptPlace,
  checks: readonly CheckResult[],
  commit?: string,
): void {
  const checked = checks.length > 0 || (runningTask(context, place.taskId).checked ?? false);
  context.record({
    event: 'task_completed',
    details: {task_id: place.taskId, attempt: place.attempt, checked, ...(commit !== undefined && {commit})},
  });
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

function runningTask(context: ExecutionContext, id: TaskId): RunningTask {
  const task = taskState(context.state, id);
  if (task.status !== 'in_progress') throw new Error(`task ${id} is ${task.status}, not in progress`);
  return task;
}
