import {diskUsage} from '../platform/disk-space.ts';
import type {Blocker} from '../state/milestone.ts';
import type {ExecutionContext} from './context.ts';

/** Below this share a disk that was too full is good again. */
const ROOMY_DISK = 0.88;

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
    case 'driver_missing': {
      if (blocker.taskId === undefined) return false;
      context.drivers.refresh();
      return context.driverOf(blocker.taskId).kind !== 'missing';
    }
    case 'branch_rewritten':
      return (await workspace.integration?.readHead())?.kind === 'head';
    case 'branch_checked_out':
      return (await workspace.integration?.canFollow()) ?? false;
    case 'merge_conflict':
    case 'test_failures':
      return blocker.taskId === undefined || state.tasks.get(blocker.taskId)?.status !== 'failed';
    default:
      // Somebody has to answer, log in, raise a budget or mend the code.
      return false;
  }
}
