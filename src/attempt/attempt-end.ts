// How an attempt ends after its claim.

import type {CheckResult} from '../events/details/checks.ts';
import type {Outcome} from '../events/details/outcome.ts';
import type {NewEvent} from '../events/event.ts';
import type {Execution} from '../execution/execution.ts';
import {runningTask} from '../execution/running-task.ts';
import {isKiro} from '../plan/kiro-plan.ts';
import type {Task} from '../plan/plan.ts';
import type {AttemptPlace, BranchBlocker, FrozenWork} from '../workspace/workspace.ts';
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
  await execution.workspace.workplaceOf(place).keep(work);
  execution.ledger.endAttempt(place, outcome);
}

/** Something is wrong with the branch, not with the task: it waits as it is, and nothing new starts. */
export async function block(
  execution: Pick<Execution, 'ledger' | 'surroundings' | 'workspace'>,
  place: AttemptPlace,
  blocker: BranchBlocker,
): Promise<void> {
  keepDraftsOf(execution, place);
  await execution.workspace.workplaceOf(place).keep();
  // Before the attempt ends: nothing may start in between.
  execution.ledger.openBlocker(blocker);
  execution.ledger.endAttempt(place, {kind: 'cancelled', message: blocker.message});
}

/** What a task is done with. */
export interface Done {
  checks: readonly CheckResult[];
  commit?: string | undefined;
  /** Where the branch stands with it. */
  tip?: string | undefined;
  adopted?: true;
}

/** The task is done. */
export async function complete(
  execution: Pick<Execution, 'ledger' | 'surroundings' | 'workspace'>,
  place: AttemptPlace,
  done: Done,
): Promise<void> {
  execution.ledger.record(...(await completion(execution, place, done)));
}

/** The events that say that a task is done; what they tell of is written by then. */
export async function completion(
  execution: Pick<Execution, 'ledger' | 'surroundings' | 'workspace'>,
  place: AttemptPlace,
  {checks, commit, tip, adopted}: Done,
): Promise<NewEvent[]> {
  const {taskId: task_id, attempt} = place;
  const running = runningTask(execution.ledger.state, task_id);
  const checked = checks.length > 0 || (running.checked ?? false);
  const completed: NewEvent = {
    event: 'task_completed',
    details: {task_id, attempt, checked, ...on(commit, tip), ...(adopted && {adopted})},
  };
  const task = execution.ledger.state.taskById.get(task_id) as Task;
  if (running.phase === undefined || !isKiro(task)) return [completed];
  const files = commit === undefined ? [] : ((await execution.workspace.branch?.changedIn(commit)) ?? []);
  const deliverables = await writeResults(execution, place, {checks: running.checks ?? checks, files, commit});
  return [
    {event: 'kiro_phase_updated', details: {task_id, attempt, phase: 'execute', status: 'completed', deliverables}},
    {event: 'kiro_workflow_completed', details: {task_id}},
    completed,
  ];
}

/** Where a commit stands, and the branch with it. */
function on(commit: string | undefined, tip: string | undefined) {
  return commit === undefined ? {} : {commit, ...(tip !== undefined && {tip})};
}
