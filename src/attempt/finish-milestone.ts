import type {CheckResult} from '../events/event.ts';
import type {ExecutionContext} from '../execution/context.ts';
import {firstLine} from '../platform/first-line.ts';
import {exitCodeText} from '../platform/processes/start-group.ts';
import {canComplete} from '../scheduler/what-remains.ts';
import type {TaskState} from '../state/task.ts';
import {checkHead} from './check-head.ts';

/**
 * All tasks are done: check the whole once more where the plan asks for it, then complete the milestone. Whatever has
 * changed meanwhile, the agents look again in a moment.
 */
export async function finish(context: ExecutionContext): Promise<void> {
  // Nothing else moves the branch meanwhile, or works in the folder in which the final check runs.
  await context.mergeQueue.run(() => tryToFinish(context));
  // Events of this job woke the progress-monitor while it was still under way, and so in vain.
  if (!context.ending) context.after(AGAIN_MS, () => undefined);
}

/** A file that cannot be read now may be readable in a moment. */
const AGAIN_MS = 100;

async function tryToFinish(context: ExecutionContext): Promise<void> {
  const {state, settings} = context;
  if (!canComplete(state)) return;
  const tasks = [...state.tasks.values()];
  const head = await readHead(context);
  if (head === 'unusable') return;
  const checks = await checkFinally(context, head);
  const dependents = await context.dependents();
  // An edit that takes a running task away waits for its end, and so maybe for the merge queue, which is ours.
  if (context.ending || !canComplete(state)) return;
  if (!(await context.lookAtPlan())) return;
  const isUnmoved = (await readHead(context)) === head;
  // The plan may have grown, a task may have been reset and the branch may have moved while the check ran.
  if (context.ending || !isUnmoved || !isSame(tasks, [...state.tasks.values()]) || !canComplete(state)) return;
  if (state.status !== 'in_progress' || context.settings.verifyFinal !== settings.verifyFinal) return;
  if (!checks.every(check => check.ok)) return openFinalRed(context, checks);
  context.record({
    event: 'milestone_completed',
    details: {dependents, ...(head !== undefined && {commit: head})},
  });
  context.end({exit: 0, reason: 'completed'});
}

/** The head of the branch; undefined where there is none. */
async function readHead(context: ExecutionContext): Promise<string | undefined | 'unusable'> {
  const {integration} = context.workspace;
  if (!integration) return undefined;
  const head = await integration.readHead();
  if (head.kind === 'head') return head.commit;
  context.openBlocker({type: 'branch_rewritten', message: head.message, hint: head.hint});
  return 'unusable';
}

function isSame(before: readonly TaskState[], now: readonly TaskState[]): boolean {
  return before.length === now.length && before.every((task, place) => task === now[place]);
}

/** Run the final check and put it on record, unless it was green on this head already. */
async function checkFinally(context: ExecutionContext, head: string | undefined): Promise<CheckResult[]> {
  const {settings, signal, state} = context;
  // Without git nothing says whether the files are still those that were checked.
  const isGreen =
    head !== undefined &&
    state.finalCheck?.ok === true &&
    state.finalCheck.head === head &&
    state.finalCheck.command === settings.verifyFinal;
  if (settings.verifyFinal === undefined || isGreen) return [];
  const checks = await checkHead(context, {name: 'final', command: settings.verifyFinal}, head);
  // What is at work has yet to end: then there is something to be done after all.
  if (!checks) return [];
  if (signal.aborted || context.ending) return [];
  const ok = checks.every(check => check.ok);
  context.record({event: 'final_checked', details: {ok, checks, ...(head !== undefined && {head})}});
  return checks;
}

function openFinalRed(context: ExecutionContext, checks: readonly CheckResult[]): void {
  const red = checks.find(check => !check.ok);
  context.openBlocker({
    type: 'final_red',
    message: `the final check \`${firstLine(red?.command ?? '')}\` failed${red?.exit_code == null ? '' : ` with ${exitCodeText(red.exit_code)}`}`,
    hint: `mend what it found on the branch or add a task, then \`milestone resume ${context.state.id}\``,
  });
}
