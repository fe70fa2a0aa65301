import type {CheckResult} from '../events/details/checks.ts';
import type {Execution} from '../execution/execution.ts';
import type {MilestoneId} from '../plan/plan.ts';
import {firstLine} from '../platform/first-line.ts';
import {exitCodeText} from '../platform/processes/start-group.ts';
import {canComplete} from '../scheduler/what-remains.ts';
import type {TaskState} from '../state/task.ts';
import type {BranchHead} from '../workspace/workspace.ts';
import {checkHead} from './check-head.ts';

/** What is outside a milestone, and counts for its end. */
export interface World {
  /** Take up what was edited in the plan file since the last look at it. Resolves to false when it could not be read. */
  pollPlan(): Promise<boolean>;
  /** Active milestones that wait for this one. */
  dependents(): Promise<MilestoneId[]>;
}

/**
 * All tasks are done: check the whole once more where the plan asks for it, then complete the milestone. Whatever has
 * changed meanwhile, the agents look again in a moment.
 */
export async function finish(execution: Execution, world: World): Promise<void> {
  // Nothing else moves the branch meanwhile, or works in the folder in which the final check runs.
  await execution.mergeQueue.run(head => tryToFinish(execution, world, head));
  // Events of this job woke the progress-monitor while it was still under way, and so in vain.
  if (!execution.lifetime.ending) execution.timers.after(AGAIN_MS, () => undefined);
}

/** A file that cannot be read now may be readable in a moment. */
const AGAIN_MS = 100;

async function tryToFinish(execution: Execution, world: World, found: BranchHead | undefined): Promise<void> {
  const {settings} = execution.inForce;
  const {state} = execution.ledger;
  if (!canComplete(state)) return;
  const tasks = [...state.tasks.values()];
  const head = usable(execution, found);
  if (head === 'unusable') return;
  const checks = await checkFinally(execution, head);
  const dependents = await world.dependents();
  // An edit that takes a running task away waits for its end, and so maybe for the merge queue, which is ours.
  if (execution.lifetime.ending || !canComplete(state)) return;
  if (!(await world.pollPlan())) return;
  const isUnmoved = usable(execution, await execution.workspace.branch?.head()) === head;
  // The plan may have grown, a task may have been reset and the branch may have moved while the check ran.
  if (execution.lifetime.ending || !isUnmoved || !isSame(tasks, [...state.tasks.values()]) || !canComplete(state))
    return;
  if (state.status !== 'in_progress' || execution.inForce.settings.verifyFinal !== settings.verifyFinal) return;
  if (!checks.every(check => check.ok)) return openFinalRed(execution, checks);
  execution.ledger.record({
    event: 'milestone_completed',
    details: {dependents, ...(head !== undefined && {commit: head})},
  });
  execution.lifetime.end({exit: 0, reason: 'completed'});
}

/** The head of the branch; undefined where there is none. */
function usable({ledger}: Pick<Execution, 'ledger'>, head: BranchHead | undefined): string | undefined | 'unusable' {
  if (head?.kind !== 'rewritten') return head?.commit;
  ledger.openBlocker(head.blocker);
  return 'unusable';
}

function isSame(before: readonly TaskState[], now: readonly TaskState[]): boolean {
  return before.length === now.length && before.every((task, index) => task === now[index]);
}

/** Run the final check and put it on record, unless it was green on this head already. */
async function checkFinally(execution: Execution, head: string | undefined): Promise<CheckResult[]> {
  const {settings} = execution.inForce;
  const {state} = execution.ledger;
  const {signal} = execution.lifetime;
  // Without git nothing says whether the files are still those that were checked.
  const isGreen =
    head !== undefined &&
    state.finalCheck?.ok === true &&
    state.finalCheck.head === head &&
    state.finalCheck.command === settings.verifyFinal;
  if (settings.verifyFinal === undefined || isGreen) return [];
  const where = {about: 'final', labels: execution.inForce.checkLabels} as const;
  const checks = await checkHead(execution, {name: 'final', command: settings.verifyFinal}, head, where);
  // What is at work has yet to end: then there is something to be done after all.
  if (!checks) return [];
  if (signal.aborted || execution.lifetime.ending) return [];
  const ok = checks.every(check => check.ok);
  execution.ledger.record({event: 'final_checked', details: {ok, checks, ...(head !== undefined && {head})}});
  return checks;
}

function openFinalRed(execution: Pick<Execution, 'ledger'>, checks: readonly CheckResult[]): void {
  const red = checks.find(check => !check.ok);
  execution.ledger.openBlocker({
    type: 'final_red',
    message: `the final check \`${firstLine(red?.command ?? '')}\` failed${red?.exit_code == null ? '' : ` with ${exitCodeText(red.exit_code)}`}`,
    hint: `mend what it found on the branch or add a task, then \`milestone resume ${execution.ledger.state.id}\``,
  });
}
