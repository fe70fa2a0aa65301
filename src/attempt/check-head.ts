import type {Check} from '../drivers/run-checks.ts';
import type {CheckResult} from '../events/event.ts';
import type {Execution} from '../execution/execution.ts';

/**
 * Run a check of the whole where the head of the branch lies checked out. The caller has the merge queue to himself.
 * @param head Undefined outside git.
 * @returns Undefined when it cannot be run now: an attempt is at work in the only place there is.
 * @throws {MilestoneError} `TREE_DIRTY`
 */
export async function checkHead(
  execution: Pick<Execution, 'checks' | 'lifetime' | 'workspace'>,
  check: Check,
  head: string | undefined,
): Promise<CheckResult[] | undefined> {
  const {workspace} = execution;
  const {signal} = execution.lifetime;
  const runIn = (cwd: string) =>
    execution.checks.run([check], {place: undefined, slot: workspace.mergeSlot, cwd, signal});
  return workspace.checkAt(head, runIn);
}
