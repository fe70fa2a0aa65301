import type {CheckResult} from '../../events/details/checks.ts';
import type {Execution} from '../../execution/execution.ts';
import type {AttemptPlace} from '../../workspace/workspace.ts';
import {complete, giveUp} from '../attempt-end.ts';
import {voidIfChanged} from '../void-changed.ts';

/** There is nothing to merge. */
export async function completeUnmerged(
  execution: Pick<Execution, 'ledger' | 'surroundings' | 'workspace'>,
  place: AttemptPlace,
  checks: readonly CheckResult[],
): Promise<void> {
  const voided = voidIfChanged(execution, place.taskId);
  if (voided) return giveUp(execution, place, voided);
  // What the checks have written does not stay where others work.
  await execution.workspace.workplaceOf(place).leave();
  return complete(execution, place, {checks});
}
