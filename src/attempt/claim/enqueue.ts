import type {CheckResult} from '../../events/details/checks.ts';
import {removedTestLines} from '../../events/removed-tests.ts';
import type {Execution} from '../../execution/execution.ts';
import {runningTask} from '../../execution/running-task.ts';
import type {AttemptPlace, Branch, FrozenWork} from '../../workspace/workspace.ts';
import {commitMessage} from '../commit-message.ts';
import {keepDraftsOf} from '../keep-drafts.ts';

export interface Passed {
  branch: Branch;
  work: FrozenWork;
  checks: readonly CheckResult[];
  /** Nobody needs what lies in the slot any more, and nobody has looked at it. */
  isVacated: boolean;
}

/** Put checked work that was let through into the merge queue. From here on it needs neither its slot nor a place. */
export async function enqueue(
  execution: Pick<Execution, 'inForce' | 'jobs' | 'ledger' | 'lifetime' | 'mergeQueue' | 'surroundings' | 'workspace'>,
  place: AttemptPlace,
  {branch, work, checks, isVacated}: Passed,
): Promise<void> {
  const {taskId: task_id, attempt} = place;
  keepDraftsOf(execution, place);
  // The work is pinned since it was frozen. Before the slot is given to the next one, who waits for it then.
  if (isVacated)
    execution.jobs.start(`slot ${place.slot}`, async () =>
      execution.workspace.workplaceOf(place).vacate?.(execution.lifetime.signal),
    );
  const message = work.message ?? messageOf(execution, place, checks);
  const commit = work.hasChanges ? await branch.pin(place, work, message) : undefined;
  if (commit !== undefined) execution.mergeQueue.works.set(commit, {...work, commit, message});
  execution.ledger.record({event: 'task_queued', details: {task_id, attempt, ...(commit !== undefined && {commit})}});
}

/** What the commit of an attempt says. */
export function messageOf(
  execution: Pick<Execution, 'inForce' | 'ledger'>,
  place: AttemptPlace,
  checks: readonly CheckResult[],
): string {
  const {settings} = execution.inForce;
  const {state} = execution.ledger;
  const task = state.taskById.get(place.taskId);
  const {claim, removedTests: removed = []} = runningTask(execution.ledger.state, place.taskId);
  return commitMessage({
    template: settings.git.message,
    milestone: state.id,
    task: {id: place.taskId, title: task?.title ?? place.taskId, ...(task?.type !== undefined && {type: task.type})},
    attempt: place.attempt,
    execution: state.activation?.executionId ?? '',
    ...claim,
    removedTests: removedTestLines(removed, REMOVED_TESTS_NAMED),
    checks,
  });
}

/** Files in a commit's message of which it is said that tests of theirs are gone. */
const REMOVED_TESTS_NAMED = 50;
