// How an attempt ends after its claim.

import type {BlockerType, CheckResult, NewEvent, Outcome} from '../events/event.ts';
import type {Execution} from '../execution/execution.ts';
import {runningTask} from '../execution/running-task.ts';
import {isKiro} from '../plan/kiro-plan.ts';
import type {Task} from '../plan/plan.ts';
import type {AttemptPlace, FrozenWork} from '../workspace/workspace.ts';
import {keepDraftsOf} from './keep-drafts.ts';
import {writeResults} from './write-results.ts';

/** Keep what the attempt has left and end it. */
export async function giveUp(
  execution: Pick<Execution, 'ledger' | 'surroundings' | 'workspace'>,
  place: AttemptPlace,
  outcome: Outcome,
  work?: FrozenWork,
): Promise<void> {
  keepDraftsOf(execution, place);
  await execution.workspace.placeOf(place).keep(work);
  execution.ledger.endAttempt(place, outcome);
}

/** Something is wrong with the branch, not with the task: it waits as it is, and nothing new starts. */
export async function block(
  execution: Pick<Execution, 'ledger' | 'surroundings' | 'workspace'>,
  place: AttemptPlace,
  problem: {type: BlockerType; message: string; hint: string},
): Promise<void> {
  keepDraftsOf(execution, place);
  await execution.workspace.placeOf(place).keep();
  // Before the attempt ends: nothing may start in between.
  execution.ledger.openBlocker(problem);
  execution.ledger.endAttempt(place, {kind: 'cancelled', message: problem.message});
}

/** The task is done. */
export async function complete(
  execution: Pick<Execution, 'ledger' | 'surroundings' | 'workspace'>,
  place: AttemptPlace,
  done: {checks: readonly CheckResult[]; commit?: string; adopted?: boolean},
): Promise<void> {
  const {checks, commit, adopted} = done;
  const {taskId: task_id, attempt} = place;
  const running = runningTask(execution.ledger.state, task_id);
  const checked = checks.length > 0 || (running.checked ?? false);
  const completed: NewEvent = {
    event: 'task_completed',
    details: {task_id, attempt, checked, ...(commit !== undefined && {commit}), ...(adopted && {adopted})},
  };
  const task = execution.ledger.state.taskById.get(task_id) as Task;
  if (running.phase === undefined || !isKiro(task)) return execution.ledger.record(completed);
  const files = commit === undefined ? [] : ((await execution.workspace.integration?.changedIn(commit)) ?? []);
  const deliverables = await writeResults(execution, place, {checks: running.checks ?? checks, files, commit});
  execution.ledger.record(
    {event: 'kiro_phase_updated', details: {task_id, attempt, phase: 'execute', status: 'completed', deliverables}},
    {event: 'kiro_workflow_completed', details: {task_id}},
    completed,
  );
}
