import {stoppedOutcome} from '../drivers/driver.ts';
import type {CheckResult} from '../events/details/checks.ts';
import type {Outcome} from '../events/details/outcome.ts';
import type {Execution} from '../execution/execution.ts';
import {runningTask} from '../execution/running-task.ts';
import type {TaskId} from '../plan/plan.ts';
import type {StopSignal} from '../platform/processes/stop-signal.ts';
import type {AttemptPlace} from '../workspace/workspace.ts';
import {block, complete, giveUp} from './attempt-end.ts';
import {awaitCompletion, isGated} from './completion-gate.ts';
import {checksOf, redCheck, verify} from './verify.ts';
import {voidIfChanged} from './void-changed.ts';

/**
 * A person says that a manual task is done. What can be checked is the branch: that is where his work would be. With what
 * waits to be merged it is checked in one go, unless somebody has to let it through afterwards.
 */
export async function completeByHand(execution: Execution, id: TaskId): Promise<void> {
  const {attempt, slot} = runningTask(execution.ledger.state, id);
  const place: AttemptPlace = {taskId: id, attempt, slot};
  if (execution.workspace.branch && !isGated(execution, id))
    return execution.ledger.record({event: 'task_queued', details: {task_id: id, attempt}});
  await execution.attempts.during(place, signal =>
    execution.mergeQueue.run(async head => {
      if (head && head.kind !== 'head') return block(execution, place, head.blocker);
      const checks = await verifyOnBranch(execution, place, {head: head?.commit, signal});
      const outcome = endOf(checks, signal) ?? voidIfChanged(execution, id);
      if (outcome) return giveUp(execution, place, outcome);
      if (isGated(execution, id)) return awaitCompletion(execution, place, {work: undefined, checks});
      return complete(execution, place, {checks});
    }),
  );
}

/** Run the checks of what was done elsewhere on the head of the branch, which the merge queue has handed out. */
export async function verifyOnBranch(
  execution: Pick<Execution, 'checks' | 'inForce' | 'ledger' | 'workspace'>,
  place: AttemptPlace,
  {head, signal}: {head: string | undefined; signal: StopSignal},
): Promise<CheckResult[]> {
  if (checksOf(execution, place.taskId).length === 0) return [];
  const {branch} = execution.workspace;
  const isThere = branch && head !== undefined;
  const cwd = isThere ? await branch.checkOutCommit(head) : execution.workspace.workplaceOf(place).folder;
  return verify(execution, place, {on: 'merged', cwd, signal});
}

function endOf(checks: readonly CheckResult[], signal: StopSignal): Outcome | undefined {
  return signal.aborted ? stoppedOutcome(signal) : redCheck(checks);
}
