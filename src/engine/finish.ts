import type {CheckResult} from '../events/event.ts';
import {tasksCompleted} from '../state/milestone.ts';
import {firstLine} from '../text/first-line.ts';
import type {ExecutionContext} from './context.ts';

/** All tasks are done: check the whole once more where the plan asks for it, then complete the milestone. */
export async function finish(context: ExecutionContext): Promise<void> {
  const {state, workspace, settings, signal} = context;
  const head = await readHead(context);
  if (head === undefined && workspace.integration) return;
  if (settings.verifyFinal !== undefined && !isGreen(context, head)) {
    const checks = await checkFinally(context, head);
    if (signal.aborted || context.ending) return;
    const ok = checks.every(check => check.ok);
    context.record({event: 'final_checked', details: {ok, checks, ...(head !== undefined && {head})}});
    if (!ok) return openFinalRed(context, checks);
  }
  const dependents = await context.dependents();
  // The plan may have grown, and a task may have been reset, while the check ran.
  if (tasksCompleted(state) !== state.tasks.size || state.status !== 'in_progress' || context.ending) return;
  context.record({
    event: 'milestone_completed',
    details: {dependents, ...(head !== undefined && {commit: head})},
  });
  context.end({exit: 0, reason: 'completed'});
}

async function readHead(context: ExecutionContext): Promise<string | undefined> {
  const {integration} = context.workspace;
  if (!integration) return undefined;
  const head = await integration.readHead();
  if (head.kind === 'head') return head.commit;
  context.openBlocker({type: 'branch_rewritten', message: head.message, hint: head.hint});
  return undefined;
}

function isGreen({state}: ExecutionContext, head: string | undefined): boolean {
  return state.finalCheck?.ok === true && state.finalCheck.head === head;
}

async function checkFinally(context: ExecutionContext, head: string | undefined): Promise<CheckResult[]> {
  const {workspace, settings, signal} = context;
  const cwd =
    workspace.integration && head !== undefined
      ? await workspace.integration.checkOutCommit(head)
      : workspace.folderOf(0);
  return context.runChecks([{name: 'final', command: settings.verifyFinal as string}], {
    place: undefined,
    slot: settings.maxParallel,
    cwd,
    signal,
  });
}

function openFinalRed(context: ExecutionContext, checks: readonly CheckResult[]): void {
  const red = checks.find(check => !check.ok);
  context.openBlocker({
    type: 'final_red',
    message: `the final check \`${firstLine(red?.command ?? '')}\` failed${red?.exit_code == null ? '' : ` with exit code ${red.exit_code}`}`,
    hint: 'mend what it found on the branch or add a task, then `milestone resume`',
  });
}
