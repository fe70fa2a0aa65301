// From `task_claimed` to `task_completed`:
//
//   freeze the slot's tree ─> checks on it ─> review ─> [gate: the work is kept until somebody lets it through]
//     ─> [merge queue, one at a time] merge with the head ─> if the head had moved, both checks on the merged tree
//     ─> commit ─> task_integrating ─> move the branch ─> task_completed
//
// G1. What was checked is what is integrated: checks run after the tree is written, what they write is discarded.
// G2. The branch moves only by compare-and-swap from the head that was merged with.
// G3. `task_integrating` is on disk before the branch moves, `task_completed` only after the branch is synced.

import {documentsFolder} from '../documents/documents.ts';
import {stoppedOutcome} from '../drivers/driver.ts';
import type {CheckResult, Outcome} from '../events/event.ts';
import {removedTestLines} from '../events/removed-tests.ts';
import type {Execution} from '../execution/execution.ts';
import {AGAIN, type OrAgain} from '../execution/merge-queue.ts';
import {runningTask} from '../execution/running-task.ts';
import {isInsideAreas, isProtected} from '../plan/areas.ts';
import type {TaskId} from '../plan/plan.ts';
import type {StopSignal} from '../platform/processes/stop-signal.ts';
import {PRUNED_WORK} from '../workspace/git-integration.ts';
import {rescueRef} from '../workspace/rescue.ts';
import {
  type AttemptPlace,
  type BranchHead,
  type FrozenWork,
  type Integration,
  SetupFailed,
} from '../workspace/workspace.ts';
import {block, complete, giveUp} from './attempt-end.ts';
import {commitMessage} from './commit-message.ts';
import {comparedWithBase} from './compare-with-base.ts';
import {awaitCompletion, isGated, takeOwnDocuments} from './completion-gate.ts';
import {removedTests} from './removed-tests.ts';
import {review} from './review.ts';
import {testLanguage} from './test-lines.ts';
import {checksOf, redCheck, verify} from './verify.ts';
import {voidIfChanged} from './void-changed.ts';

/** Bring a claimed attempt to its end: completed, or `attempt_ended` with what was wrong. */
export async function integrate(execution: Execution, id: TaskId): Promise<void> {
  const task = runningTask(execution.ledger.state, id);
  const place: AttemptPlace = {taskId: id, attempt: task.attempt, slot: task.slot};
  await execution.attempts.during(place, signal => integrateWork(execution, place, signal));
}

async function integrateWork(execution: Execution, place: AttemptPlace, signal: StopSignal): Promise<void> {
  if (signal.aborted) return giveUp(execution, place, stoppedOutcome(signal));
  const {workspace} = execution;
  const {integration} = workspace;
  const work = await freeze(execution, place, signal);
  const refusal = integration && work && (await refuse(execution, place, {integration, work}));
  if (refusal) return giveUp(execution, place, refusal, work);
  if (integration && work) await recordRemovedTests(execution, place, {integration, work});
  await takeOwnDocuments(execution, place);
  const checks = await verify(execution, place, {on: 'worktree', cwd: workspace.placeOf(place).folder, signal});
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
  if (!integration || !work) return completeIfApproved(execution, place, checks);
  await mergeInTurn(execution, integration, {place, work, checks, signal});
}

/** There is nothing to merge. */
async function completeIfApproved(
  execution: Pick<Execution, 'ledger' | 'surroundings' | 'workspace'>,
  place: AttemptPlace,
  checks: readonly CheckResult[],
): Promise<void> {
  const voided = voidIfChanged(execution, place.taskId);
  if (voided) return giveUp(execution, place, voided);
  // What the checks have written does not stay where others work.
  await execution.workspace.placeOf(place).leave();
  return complete(execution, place, {checks});
}

function freeze(
  execution: Pick<Execution, 'inForce' | 'ledger' | 'workspace'>,
  place: AttemptPlace,
  signal: StopSignal,
): Promise<FrozenWork | undefined> {
  const isKiro = runningTask(execution.ledger.state, place.taskId).phase !== undefined;
  return execution.workspace.placeOf(place).freeze({
    message: message(execution, place, []),
    signal,
    ...(isKiro && {documents: documentsFolder(execution.ledger.state.id, place.taskId)}),
  });
}

/** Take up a commit that was made but, as far as the log knows, not yet moved the branch. */
export async function settleIntegration(execution: Execution, id: TaskId): Promise<void> {
  if (await completeIntegrated(execution, id)) return;
  const {attempt, slot, integrating} = runningTask(execution.ledger.state, id);
  const {integration} = execution.workspace;
  if (!integration || !integrating) return;
  const place: AttemptPlace = {taskId: id, attempt, slot};
  await execution.attempts.during(place, async signal => {
    const work = await integration.workOf(integrating.commit);
    if (work) await mergeInTurn(execution, integration, {place, work, checks: [], signal});
    else await giveUp(execution, place, CUT_OFF);
  });
}

const CUT_OFF: Outcome = {
  kind: 'interrupted',
  message: 'was interrupted while it was integrated',
  executor_died: true,
};

/** Complete a task whose commit is on the branch, although the log does not say so. @returns Whether it is. */
export async function completeIntegrated(
  execution: Pick<Execution, 'ledger' | 'surroundings' | 'workspace'>,
  id: TaskId,
): Promise<boolean> {
  const {workspace} = execution;
  const {attempt, slot, integrating} = runningTask(execution.ledger.state, id);
  if (!integrating || !(await workspace.integration?.isIntegrated(integrating.commit))) return false;
  const place: AttemptPlace = {taskId: id, attempt, slot};
  await workspace.integration?.follow(integrating.onto, integrating.commit);
  // What lies beside the work does not stay where others work.
  await workspace.placeOf(place).leave();
  await complete(execution, place, {checks: [], commit: integrating.commit, adopted: true});
  return true;
}

interface Merging {
  place: AttemptPlace;
  work: FrozenWork;
  checks: CheckResult[];
  signal: StopSignal;
}

function mergeInTurn(execution: Execution, integration: Integration, merging: Merging): Promise<void> {
  return execution.mergeQueue.run(head => merge(execution, integration, merging, head as BranchHead));
}

/** @returns `AGAIN` when the branch was moved meanwhile, or the work has to be looked at anew. */
async function merge(
  execution: Execution,
  integration: Integration,
  {place, work, checks: earlier, signal}: Merging,
  head: BranchHead,
): Promise<OrAgain<void>> {
  let checks = earlier;
  if (signal.aborted) return giveUp(execution, place, stoppedOutcome(signal), work);
  if (head.kind !== 'head') return block(execution, place, {...head, type: 'branch_rewritten'});
  if (!work.hasChanges) return completeIfApproved(execution, place, checks);
  const merged = await integration.merge(place, work, head.commit);
  if (merged.kind === 'lost') return giveUp(execution, place, PRUNED_WORK);
  if (merged.kind === 'conflict') return giveUp(execution, place, conflict(merged.files), work);
  if (head.commit !== work.base && checksOf(execution, place.taskId).length > 0) {
    const cwd = await checkOut(integration, merged.tree, head.commit);
    if (typeof cwd === 'object') return giveUp(execution, place, cwd, work);
    checks = await verify(execution, place, {on: 'merged', cwd, signal});
    if (signal.aborted) return giveUp(execution, place, stoppedOutcome(signal), work);
    const red = redCheck(checks);
    if (red) return giveUp(execution, place, red, work);
  }
  const voided = voidIfChanged(execution, place.taskId);
  if (voided) return giveUp(execution, place, voided, work);
  // Nothing held what was merged while it was checked.
  if (!(await integration.isWhole({...merged, base: head.commit}))) return AGAIN;
  const text = work.message ?? message(execution, place, checks);
  const commit = await integration.commit(merged.tree, head.commit, text);
  execution.ledger.record({
    event: 'task_integrating',
    details: {task_id: place.taskId, attempt: place.attempt, commit, onto: head.commit},
  });
  await execution.ledger.durable();
  const advance = await integration.advance({to: commit, from: head.commit, place});
  if (advance.kind === 'advanced') return complete(execution, place, {checks, commit});
  if (advance.kind === 'checked_out') return block(execution, place, {...advance, type: 'branch_checked_out'});
  return AGAIN;
}

/** @returns The folder, or what kept it from being made. */
function checkOut(integration: Integration, tree: string, head: string): Promise<string | Outcome> {
  return integration.checkOut(tree, head).catch(error => {
    if (error instanceof SetupFailed) return error.outcome;
    throw error;
  });
}

/**
 * What the tree alone condemns: files outside the task's areas, a merge that was not finished, or nothing where
 * something was to be done.
 */
async function refuse(
  execution: Pick<Execution, 'inForce' | 'ledger'>,
  place: AttemptPlace,
  {integration, work}: {integration: Integration; work: FrozenWork},
): Promise<Outcome | undefined> {
  if (work.refused) return work.refused;
  const id = place.taskId;
  const task = execution.inForce.taskOf(id);
  const {touches, touchesFree, protect} = execution.inForce.settingsOf(id);
  const outside = work.changedFiles.filter(file => !isInsideAreas(file, touches, touchesFree));
  if (outside.length > 0)
    return {
      kind: 'failed',
      cause: 'out_of_area',
      files: outside,
      message: `changed files outside its \`touches\`: ${shorten(outside)} (${allowed(touches ?? [])}; ${keptAt(execution, place)})`,
    };
  const kept = work.changedFiles.filter(file => isProtected(file, protect, task.touches));
  if (kept.length > 0)
    return {
      kind: 'failed',
      cause: 'out_of_area',
      files: kept,
      message: `changed files that \`protect\` keeps from tasks whose own \`touches\` does not name them: ${shorten(kept)}`,
    };
  if (task.run !== undefined) return undefined;
  if (!work.hasChanges && !task.no_changes)
    return denied(execution, id, {
      kind: 'failed',
      cause: 'check',
      message: 'changed nothing (say `no_changes: true` if that is right)',
    });
  const unfinished = await integration.conflictMarkersIn(work);
  if (unfinished.length === 0) return undefined;
  return {kind: 'failed', cause: 'check', message: `left markers of a merge conflict in ${shorten(unfinished)}`};
}

function allowed(touches: readonly string[]): string {
  return `\`touches: [${touches.join(', ')}]\``;
}

function keptAt(
  {
    ledger: {
      state: {id},
    },
  }: Pick<Execution, 'ledger'>,
  {taskId: task, attempt}: AttemptPlace,
): string {
  return `its work is kept at \`${rescueRef({id, task, attempt})}\``;
}

/** Renames are found among files that may hold tests; more files than these are looked at as a whole. */
const MOST_PATHS = 2_000;

/** Tests may have to go: that is for a person to see, not for a check. On record before anything can end the attempt. */
async function recordRemovedTests(
  execution: Pick<Execution, 'ledger'>,
  {taskId: task_id, attempt}: AttemptPlace,
  {integration, work}: {integration: Integration; work: FrozenWork},
): Promise<void> {
  const files = work.changedFiles.filter(file => testLanguage(file) !== undefined);
  if (files.length === 0) return;
  const removed = removedTests(await integration.shortDiffOf(work, files.length > MOST_PATHS ? [] : files));
  if (removed.length > 0)
    execution.ledger.record({event: 'tests_removed', details: {task_id, attempt, files: removed}});
}

/** Who was kept from a tool may have failed for that alone. */
function denied(execution: Pick<Execution, 'ledger'>, id: TaskId, outcome: Outcome): Outcome {
  const [first, ...others] = runningTask(execution.ledger.state, id).claim?.denials ?? [];
  if (!first || outcome.kind !== 'failed') return outcome;
  const more = others.length > 0 ? ` and ${others.length} more` : '';
  const why = `was not allowed ${first.tool} (${first.input})${more}; \`allow: [${JSON.stringify(first.allow)}]\` would permit it`;
  return {...outcome, cause: 'denied', message: `${outcome.message}; it ${why}`};
}

function shorten(files: readonly string[]): string {
  return `${files.slice(0, 5).join(', ')}${files.length > 5 ? ` and ${files.length - 5} more` : ''}`;
}

function conflict(files: string[]): Outcome {
  return {
    kind: 'conflict',
    files,
    message: `conflicts with what was integrated meanwhile: ${files.slice(0, 5).join(', ')}`,
  };
}

function message(
  execution: Pick<Execution, 'inForce' | 'ledger'>,
  place: AttemptPlace,
  checks: readonly CheckResult[],
): string {
  const {settings} = execution.inForce;
  const {state} = execution.ledger;
  const task = state.taskById.get(place.taskId);
  const {claim, removedTests: removed = []} = runningTask(execution.ledger.state, place.taskId);
  return commitMessage({
    template: settings.git.message,
    milestone: state.id,
    task: {id: place.taskId, title: task?.title ?? place.taskId, ...(task?.type !== undefined && {type: task.type})},
    attempt: place.attempt,
    execution: state.activation?.executionId ?? '',
    ...claim,
    removedTests: removedTestLines(removed, REMOVED_TESTS_NAMED),
    checks,
  });
}

/** Files in a commit's message of which it is said that tests of theirs are gone. */
const REMOVED_TESTS_NAMED = 50;
