import type {Check} from '../drivers/run-checks.ts';
import type {CheckResult, ChecksPurpose} from '../events/details/checks.ts';
import type {Execution} from '../execution/execution.ts';

/**
 * Run a check of the whole where the head of the branch lies checked out. The caller has the merge queue to himself.
 * @param options.labels Of the worker that runs it; undefined: it is run here.
 * @returns Undefined when it cannot be run now: an attempt is at work in the only place there is.
 * @throws {MilestoneError} `TREE_DIRTY`
 */
export async function checkHead(
  execution: Pick<Execution, 'checks' | 'lifetime' | 'remoteChecks' | 'workspace'>,
  check: Check,
  head: string | undefined,
  {about, labels}: {about: ChecksPurpose; labels: readonly string[] | undefined},
): Promise<CheckResult[] | undefined> {
  const {workspace, remoteChecks} = execution;
  const {signal} = execution.lifetime;
  if (labels && remoteChecks && head !== undefined) {
    const groups = [{place: undefined, checks: [check]}];
    const [results = []] = await remoteChecks.run({about, groups, tip: head, labels, signal});
    return results;
  }
  const runIn = (cwd: string) =>
    execution.checks.run([check], {place: undefined, slot: workspace.mergeSlot, cwd, signal});
  return workspace.checkAt(head, runIn);
}
