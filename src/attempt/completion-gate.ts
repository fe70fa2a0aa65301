// The gate behind the last phase: finished and checked work waits, kept, until somebody lets it onto the branch.

import {acceptDocuments, documentProblem} from '../documents/documents.ts';
import {slotHomeOf} from '../documents/documents-place.ts';
import type {CheckResult, Outcome} from '../events/event.ts';
import type {ExecutionContext} from '../execution/context.ts';
import {runningTask} from '../execution/running-task.ts';
import {deliverablesOf, gateOf, isKiro} from '../plan/kiro-plan.ts';
import type {Task, TaskId} from '../plan/plan.ts';
import {phaseInWork, taskState} from '../state/milestone.ts';
import type {AttemptPlace, FrozenWork} from '../workspace/workspace.ts';
import {keepWork} from './attempt-end.ts';
import {OWN_DOCUMENTS, writeResults} from './write-results.ts';

/** Whether the work of a task has to be let through, and was not. */
export function isGated({state}: ExecutionContext, id: TaskId): boolean {
  const task = state.taskById.get(id) as Task;
  const current = taskState(state, id);
  // An attempt ends as what it began as, whatever the plan says meanwhile.
  if (current.status !== 'in_progress' || current.phase !== 'execute' || current.integrates !== undefined) return false;
  if (!isKiro(task)) return false;
  return gateOf(state.plan, task, 'execute').required;
}

/** Put finished work aside until its completion is approved. */
export async function awaitCompletion(
  context: ExecutionContext,
  place: AttemptPlace,
  {work, checks}: {work: FrozenWork | undefined; checks: readonly CheckResult[]},
): Promise<void> {
  const {taskId: task_id, attempt} = place;
  const files = work?.changedFiles ?? [];
  const deliverables = await writeResults(context, place, {checks, files, commit: undefined});
  await keepWork(context, place, work);
  context.record({
    event: 'kiro_phase_updated',
    details: {task_id, attempt, phase: 'execute', status: 'waiting_approval', deliverables},
  });
}

/** What the plan wants of the last phase besides what the program writes. @returns What is wrong with it. */
export async function acceptOwnDocuments(context: ExecutionContext, place: AttemptPlace): Promise<Outcome | undefined> {
  const {phase, integrates} = runningTask(context, place.taskId);
  const task = context.state.taskById.get(place.taskId) as Task;
  if (phase !== 'execute' || !isKiro(task) || integrates !== undefined) return undefined;
  const of = {id: context.state.id, task: withoutOwn(task), phase};
  const accepted = await acceptDocuments(context.paths.home, slotHomeOf(context, place.slot), of);
  return 'problem' in accepted ? {kind: 'failed', cause: 'check', message: accepted.problem} : undefined;
}

/** What keeps the documents that a person has written from being taken, in words that follow the task's name. */
export async function handedInProblem(
  {state, paths}: Pick<ExecutionContext, 'state' | 'paths'>,
  id: TaskId,
): Promise<string | undefined> {
  const task = state.taskById.get(id) as Task;
  const phase = phaseInWork(state, id);
  if (phase === undefined) return undefined;
  return documentProblem(paths.home, {id: state.id, task: phase === 'execute' ? withoutOwn(task) : task, phase});
}

/** With the documents of the last phase that the program does not write itself. */
function withoutOwn(task: Task): Task {
  const {enabled = true, phases} = task.kiro_workflow ?? {};
  const deliverables = deliverablesOf(task, 'execute').filter(name => !OWN_DOCUMENTS.includes(name as never));
  return {...task, kiro_workflow: {enabled, phases: {...phases, execute: {...phases?.execute, deliverables}}}};
}
