import {stoppedOutcome} from '../drivers/driver.ts';
import type {CheckResult, Outcome} from '../events/event.ts';
import type {ExecutionContext} from '../execution/context.ts';
import {runningTask} from '../execution/running-task.ts';
import type {TaskId} from '../plan/plan.ts';
import type {StopSignal} from '../platform/processes/stop-signal.ts';
import type {AttemptPlace} from '../workspace/workspace.ts';
import {block, complete, giveUp} from './attempt-end.ts';
import {awaitCompletion, isGated} from './completion-gate.ts';
import {checksOf, redCheck, verify} from './verify.ts';
import {voidIfChanged} from './void-changed.ts';

/** A person says that a manual task is done. What can be checked is the branch: that is where his work would be. */
export async function completeByHand(context: ExecutionContext, id: TaskId): Promise<void> {
  const {attempt, slot} = runningTask(context, id);
  const place: AttemptPlace = {taskId: id, attempt, slot};
  const signal = context.attempts.begin(id, attempt);
  try {
    await context.mergeQueue.run(async () => {
      const head = await context.workspace.integration?.readHead();
      if (head && head.kind !== 'head') return block(context, place, {...head, type: 'branch_rewritten'});
      const checks = await verifyOnBranch(context, place, signal);
      const outcome = endOf(checks, signal) ?? voidIfChanged(context, id);
      if (outcome) return giveUp(context, place, outcome);
      if (isGated(context, id)) return awaitCompletion(context, place, {work: undefined, checks});
      return complete(context, place, {checks});
    });
  } finally {
    context.attempts.end(id, attempt);
  }
}

/** Run the checks of what was done elsewhere. The caller has the merge queue, and its slot, to himself. */
export async function verifyOnBranch(
  context: ExecutionContext,
  place: AttemptPlace,
  signal: StopSignal,
): Promise<CheckResult[]> {
  if (checksOf(context, place.taskId).length === 0) return [];
  const {integration} = context.workspace;
  const head = await integration?.readHead();
  const isThere = integration && head?.kind === 'head';
  const cwd = isThere ? await integration.checkOutCommit(head.commit) : context.workspace.folderOf(0);
  return verify(context, place, {on: 'merged', cwd, signal});
}

function endOf(checks: readonly CheckResult[], signal: StopSignal): Outcome | undefined {
  return signal.aborted ? stoppedOutcome(signal) : redCheck(checks);
}
