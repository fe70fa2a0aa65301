import type {ExecutionContext} from '../execution/context.ts';
import type {TaskId} from '../plan/plan.ts';
import {diskUsage} from '../platform/disk-space.ts';
import {exceeded} from '../scheduler/budget.ts';
import type {Blocker} from '../state/milestone.ts';

/** Below this share a disk that was too full is good again. */
const ROOMY_DISK = 0.88;

/** Look at the machine anew before blockers are re-checked: programs may have been installed meanwhile. */
export function lookAnew({state, drivers}: ExecutionContext): void {
  if ([...state.blockers.values()].some(({type}) => type === 'driver_missing')) drivers.refresh();
}

/** Whether what opened a blocker has gone by itself. Looks only: no check is run, nothing is started. */
export async function recheck(context: ExecutionContext, blocker: Blocker): Promise<boolean> {
  const {state, workspace} = context;
  switch (blocker.type) {
    case 'disk_space':
      return (diskUsage(context.slotsFolder) ?? 1) < ROOMY_DISK;
    case 'quota':
      return !(blocker.driver !== undefined && blocker.driver in state.pausedDrivers);
    case 'plan_invalid':
      return state.refused === undefined;
    case 'driver_missing':
      return blocker.taskId !== undefined && !isSomebodyMissing(context, blocker.taskId);
    case 'budget':
      return isSomethingLeft(context, blocker.taskId);
    case 'baseline_red':
      return !context.needsBaseline || (await hasMoved(context, state.baseline?.head));
    case 'branch_rewritten':
      return (await workspace.integration?.readHead())?.kind === 'head';
    case 'branch_checked_out':
      return (await workspace.integration?.canFollow()) ?? false;
    case 'merge_conflict':
    case 'test_failures':
      return blocker.taskId === undefined || state.tasks.get(blocker.taskId)?.status !== 'failed';
    default:
      // Somebody has to answer, log in or mend the code.
      return false;
  }
}

/** The plan may have been given a larger budget. */
function isSomethingLeft(context: ExecutionContext, id: TaskId | undefined): boolean {
  const {state, settings} = context;
  if (exceeded(settings.budget ?? {}, state.spending.used) !== undefined) return false;
  if (id === undefined) return true;
  return exceeded(context.settingsOf(id).budget ?? {}, state.tasks.get(id)?.history.used ?? {}) === undefined;
}

/** Whether somebody has put commits on the branch since the base was checked. */
async function hasMoved({workspace}: ExecutionContext, checked: string | undefined): Promise<boolean> {
  const head = await workspace.integration?.readHead();
  return head?.kind === 'head' && head.commit !== checked;
}

/** Whoever does the task, or reviews it. */
function isSomebodyMissing(context: ExecutionContext, id: TaskId): boolean {
  const reviewer = context.taskOf(id).review?.driver;
  const isReviewable = reviewer === undefined || context.drivers.get(reviewer).kind === 'driver';
  return context.driverOf(id).kind === 'missing' || !isReviewable;
}
