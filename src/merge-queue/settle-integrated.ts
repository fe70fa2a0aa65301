import {complete} from '../attempt/attempt-end.ts';
import type {Execution} from '../execution/execution.ts';
import {runningTask} from '../execution/running-task.ts';
import type {TaskId} from '../plan/plan.ts';
import type {AttemptPlace} from '../workspace/workspace.ts';

/** Complete a task whose commit is on the branch, although the log does not say so. @returns Whether it is. */
export async function settleIntegrated(
  execution: Pick<Execution, 'ledger' | 'surroundings' | 'workspace'>,
  id: TaskId,
): Promise<boolean> {
  const {workspace, ledger} = execution;
  const {branch} = workspace;
  const {attempt, slot, integrating} = runningTask(ledger.state, id);
  if (!branch || !integrating || !(await branch.isIntegrated(integrating.commit))) return false;
  const {commit, onto} = integrating;
  const place: AttemptPlace = {taskId: id, attempt, slot};
  // A person may have put the branch back into the middle of a round.
  const isWhole = integrating.tip !== undefined && (await branch.isIntegrated(integrating.tip));
  const tip = isWhole ? integrating.tip : undefined;
  await branch.follow(onto, tip ?? commit);
  // What lies beside the work does not stay where others work.
  await workspace.workplaceOf(place).leave();
  await complete(execution, place, {checks: [], commit, tip, adopted: true});
  return true;
}
