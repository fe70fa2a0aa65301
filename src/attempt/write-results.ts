import {soundDeliverables, writeDocument} from '../documents/documents.ts';
import {implementationSummary, testResults} from '../documents/result-texts.ts';
import type {CheckResult} from '../events/details/checks.ts';
import type {Deliverable} from '../events/details/kiro.ts';
import type {Execution} from '../execution/execution.ts';
import {runningTask} from '../execution/running-task.ts';
import {deliverablesOf, documentsToWrite, OWN_DOCUMENTS} from '../plan/kiro-plan.ts';
import type {Task} from '../plan/plan.ts';
import type {AttemptId} from '../state/task.ts';

/**
 * Write what the last phase leaves from what was run and what git shows; what an agent wrote under these names is
 * replaced.
 * @returns All documents of the phase.
 * @throws {MilestoneError} `DISK_FULL`, `READ_ONLY`, `IO_FAILED`.
 */
export async function writeResults(
  execution: Pick<Execution, 'ledger' | 'surroundings' | 'workspace'>,
  {taskId, attempt}: AttemptId,
  {checks, ...changed}: {checks: readonly CheckResult[]; files: readonly string[]; commit: string | undefined},
): Promise<Deliverable[]> {
  const {workspace} = execution;
  const {state} = execution.ledger;
  const {paths, redactor} = execution.surroundings;
  const task = state.taskById.get(taskId) as Task;
  const of = {id: state.id, task, phase: 'execute' as const};
  const wanted = deliverablesOf(task, 'execute');
  const {claim, slot} = runningTask(execution.ledger.state, taskId);
  const texts: Record<string, () => string> = {
    'test-results.md': () => testResults(task, attempt, checks),
    'implementation-summary.md': () =>
      implementationSummary(task, {
        ...claim,
        changes: slot === undefined ? {from: 'hand'} : workspace.branch ? {from: 'git', ...changed} : {from: 'nowhere'},
      }),
  };
  const own = OWN_DOCUMENTS.filter(name => wanted.includes(name)).map(name =>
    writeDocument(paths.home, of, name, redactor.redactText(texts[name]!())),
  );
  // Without slots of their own attempts write into the home itself, and nothing has been sifted yet.
  return [...own, ...(await soundDeliverables(paths.home, of, documentsToWrite(task, 'execute')))];
}
