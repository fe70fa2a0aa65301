import {checkBaseline} from '../attempt/baseline.ts';
import {startAttempt} from '../attempt/start-attempt.ts';
import type {Agent} from '../execution/agent-loop.ts';
import type {ExecutionContext} from '../execution/context.ts';
import {isHeld} from '../execution/holds.ts';
import type {TaskId} from '../plan/plan.ts';

/** How soon to look again for what another milestone uses. */
const RETRY_USES_MS = 1_000;

/** Starts what the scheduler chose, and owns an attempt up to `task_claimed`. */
export const taskExecutor: Agent = {
  name: 'task-executor',
  restMs: Number.POSITIVE_INFINITY,
  wakesOn: [
    'milestone_activated',
    'milestone_resumed',
    'plan_changed',
    'task_completed',
    'task_retry_scheduled',
    'task_failed',
    'task_skipped',
    'task_reset',
    'attempt_ended',
    'blocker_detected',
    'blocker_resolved',
    'kiro_phase_updated',
    'kiro_phase_transition',
    'kiro_approval_granted',
    'kiro_approval_rejected',
    'kiro_approval_voided',
    'driver_paused',
    'driver_resumed',
    'baseline_checked',
    'budget_settled',
  ],
  tick(context) {
    if (isHeld(context)) return;
    if (context.needsBaseline && context.ready.waiting.size > 0)
      context.jobs.start('baseline', () => checkBaseline(context));
    startWhatIsReady(context);
  },
};

function startWhatIsReady(context: ExecutionContext): void {
  const {ready, settings, uses} = context;
  let busy = uses.busyElsewhere;
  for (;;) {
    const chosen = ready.choose(settings.maxParallel, busy);
    if (chosen.every(id => start(context, id))) return;
    busy = uses.busyElsewhere;
    context.lookAgain(RETRY_USES_MS);
  }
}

/** @returns False when another milestone has what the task uses. */
function start(context: ExecutionContext, id: TaskId): boolean {
  const {state, uses} = context;
  if (isHeld(context)) return true;
  if (!uses.take(id, context.settingsOf(id).uses)) return false;
  startAttempt(context, id);
  // A gate or the budget may have kept it back.
  if (!state.running.has(id)) uses.release(id);
  return true;
}
