import type {Execution} from '../execution/execution.ts';
import type {TaskId} from '../plan/plan.ts';
import {diskUsage} from '../platform/disk-space.ts';
import {exceeded} from '../scheduler/budget.ts';
import {isLiftedByResume, resolution} from '../state/blockers.ts';
import type {Blocker} from '../state/milestone.ts';

/** Below this share a disk that was too full is good again. */
const ROOMY_DISK = 0.88;

/** Look at the machine anew before blockers are re-checked: programs may have been installed meanwhile. */
export function recheckAnew({ledger: {state}, inForce: {drivers}}: Pick<Execution, 'inForce' | 'ledger'>): void {
  if ([...state.blockers.values()].some(({type}) => type === 'driver_missing')) drivers.refresh();
}

/** Whether what opened a blocker has gone by itself. Looks only: no check is run, nothing is started. */
export async function recheck(
  execution: Pick<Execution, 'inForce' | 'ledger' | 'slotsFolder' | 'workspace'>,
  blocker: Blocker,
): Promise<boolean> {
  const {workspace} = execution;
  const {state} = execution.ledger;
  switch (blocker.type) {
    case 'disk_space':
      return (diskUsage(execution.slotsFolder) ?? 1) < ROOMY_DISK;
    case 'quota':
      return !(blocker.driver !== undefined && blocker.driver in state.pausedDrivers);
    case 'plan_invalid':
      return state.refused === undefined;
    case 'driver_missing':
      return blocker.taskId !== undefined && !isSomebodyMissing(execution, blocker.taskId);
    case 'budget':
      return isSomethingLeft(execution, blocker.taskId);
    case 'baseline_red':
      return !execution.inForce.needsBaseline || (await hasMoved(execution, state.baseline?.head));
    case 'branch_rewritten':
      return (await workspace.branch?.head())?.kind === 'head';
    case 'branch_checked_out':
      return (await workspace.branch?.canFollow()) ?? false;
    case 'merge_conflict':
    case 'test_failures':
      return blocker.taskId === undefined || state.tasks.get(blocker.taskId)?.status !== 'failed';
    default:
      // Somebody has to answer, log in or mend the code.
      return false;
  }
}

/** The plan may have been given a larger budget. */
function isSomethingLeft(execution: Pick<Execution, 'inForce' | 'ledger'>, id: TaskId | undefined): boolean {
  const {settings} = execution.inForce;
  const {state} = execution.ledger;
  if (exceeded(settings.budget ?? {}, state.spending.used) !== undefined) return false;
  if (id === undefined) return true;
  return exceeded(execution.inForce.settingsOf(id).budget ?? {}, state.tasks.get(id)?.history.used ?? {}) === undefined;
}

/** Whether somebody has put commits on the branch since the base was checked. */
async function hasMoved({workspace}: Pick<Execution, 'workspace'>, checked: string | undefined): Promise<boolean> {
  const head = await workspace.branch?.head();
  return head?.kind === 'head' && head.commit !== checked;
}

/** Whoever does the task, or reviews it. */
function isSomebodyMissing(execution: Pick<Execution, 'inForce'>, id: TaskId): boolean {
  const reviewer = execution.inForce.taskOf(id).review?.driver;
  const isReviewable = reviewer === undefined || execution.inForce.drivers.get(reviewer).kind === 'driver';
  return execution.inForce.driverOf(id).kind === 'missing' || !isReviewable;
}

/** Whoever resumes says that what is in the way may be mended. Of the branch that can be seen without a try. */
export async function liftBlockers(execution: Execution): Promise<void> {
  const {ledger, lifetime} = execution;
  const {state} = ledger;
  for (const blocker of [...state.blockers.values()]) {
    const isBranch = blocker.type === 'branch_rewritten';
    const isLifted = isBranch ? await recheck(execution, blocker) : isLiftedByResume(blocker);
    if (isLifted && !lifetime.ending) ledger.record(resolution(state, blocker));
  }
  if (lifetime.ending) return;
  for (const driver of Object.keys(state.pausedDrivers)) ledger.record({event: 'driver_resumed', details: {driver}});
}
