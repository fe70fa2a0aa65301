// The gate behind the last phase: finished and checked work waits, kept, until somebody lets it onto the branch.

import {acceptDocuments, documentProblem} from '../documents/documents.ts';
import {keepDocuments} from '../documents/kept-documents.ts';
import type {CheckResult} from '../events/details/checks.ts';
import type {Execution} from '../execution/execution.ts';
import {runningTask} from '../execution/running-task.ts';
import type {HomePaths} from '../plan/file/home.ts';
import {documentsToWrite, gateOf, isKiro} from '../plan/kiro-plan.ts';
import type {Task, TaskId} from '../plan/plan.ts';
import {type MilestoneState, phaseInWork, taskState} from '../state/milestone.ts';
import type {AttemptPlace, FrozenWork} from '../workspace/workspace.ts';
import {writeResults} from './write-results.ts';

/** Whether the work of a task has to be let through, and was not. */
export function isGated({ledger: {state}}: Pick<Execution, 'ledger'>, id: TaskId): boolean {
  const task = state.taskById.get(id) as Task;
  const current = taskState(state, id);
  // An attempt ends as what it began as, whatever the plan says meanwhile.
  if (current.status !== 'in_progress' || current.phase !== 'execute' || current.integrates !== undefined) return false;
  if (!isKiro(task)) return false;
  return gateOf(state.plan, task, 'execute').required;
}

/** Put finished work aside until its completion is approved. */
export async function awaitCompletion(
  execution: Pick<Execution, 'ledger' | 'surroundings' | 'workspace'>,
  place: AttemptPlace,
  {work, checks}: {work: FrozenWork | undefined; checks: readonly CheckResult[]},
): Promise<void> {
  const {taskId: task_id, attempt} = place;
  const files = work?.changedFiles ?? [];
  const deliverables = await writeResults(execution, place, {checks, files, commit: undefined});
  keepDocuments(execution.surroundings.paths.home, execution.ledger.state.id, deliverables);
  await execution.workspace.workplaceOf(place).keep(work);
  execution.ledger.record({
    event: 'kiro_phase_updated',
    details: {task_id, attempt, phase: 'execute', status: 'waiting_approval', deliverables},
  });
}

/** Take over what the plan names for the last phase besides what the program writes, as far as it is there and sound. */
export async function takeOwnDocuments(
  execution: Pick<Execution, 'ledger' | 'surroundings' | 'workspace'>,
  place: AttemptPlace,
): Promise<void> {
  const {phase, integrates} = runningTask(execution.ledger.state, place.taskId);
  const task = execution.ledger.state.taskById.get(place.taskId) as Task;
  if (phase !== 'execute' || !isKiro(task) || integrates !== undefined) return;
  for (const name of documentsToWrite(task, phase)) {
    const of = {id: execution.ledger.state.id, task: withDocuments(task, [name]), phase};
    await acceptDocuments(execution.surroundings.paths.home, execution.workspace.workplaceOf(place).home, of);
  }
}

/** What keeps the documents that a person has written from being taken, in words that follow the task's name. */
export async function handedInProblem(
  {state, paths}: {state: MilestoneState; paths: HomePaths},
  id: TaskId,
): Promise<string | undefined> {
  const task = state.taskById.get(id) as Task;
  const phase = phaseInWork(state, id);
  if (phase === undefined) return undefined;
  return documentProblem(paths.home, {id: state.id, task: withDocuments(task, documentsToWrite(task, phase)), phase});
}

/** The task, where its last phase leaves these documents. */
function withDocuments(task: Task, deliverables: string[]): Task {
  const {enabled = true, phases} = task.kiro_workflow ?? {};
  return {...task, kiro_workflow: {enabled, phases: {...phases, execute: {...phases?.execute, deliverables}}}};
}
