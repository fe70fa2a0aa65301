import {chooseDriver} from '../drivers/registry.ts';
import type {ExecutionContext} from '../engine/context.ts';
import {runAttempt} from '../engine/run-attempt.ts';
import type {Task} from '../milestone/plan.ts';
import {newToken} from '../platform/tokens.ts';
import {taskState} from '../state/milestone.ts';
import type {Agent} from './agent.ts';

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
  ],
  tick(context) {
    if (isHeld(context)) return;
    const {state, ready, settings, uses} = context;
    let busy = uses.busyElsewhere;
    for (;;) {
      const chosen = ready.choose(settings.maxParallel, busy);
      const refused = chosen.find(id => !uses.take(id, context.settingsOf(id).uses));
      for (const id of chosen) {
        if (id === refused) break;
        start(context, state.taskById.get(id) as Task);
      }
      if (refused === undefined) return;
      busy = uses.busyElsewhere;
      context.lookAgain(RETRY_USES_MS);
    }
  },
};

/** Whether nothing may start at the moment. */
export function isHeld(context: ExecutionContext): boolean {
  const {state, ending, settings} = context;
  if (ending || state.status !== 'in_progress') return true;
  if (settings.onBlocker === 'stop' && (state.counts.failed > 0 || state.blockers.size > 0)) return true;
  for (const blocker of state.blockers.values()) if (blocker.taskId === undefined) return true;
  return false;
}

function start(context: ExecutionContext, task: Task): void {
  const {history} = taskState(context.state, task.id);
  const place = {taskId: task.id, attempt: history.attempts + 1, slot: freeSlot(context)};
  const token = newToken();
  const {name: driver} = chooseDriver(task, context.settingsOf(task.id));
  context.record({
    event: 'task_started',
    details: {task_id: task.id, attempt: place.attempt, slot: place.slot, token, driver},
  });
  // Named by its number: the job of the attempt before may not have settled yet.
  context.jobs.start(`attempt ${task.id}.${place.attempt}`, () => runAttempt(context, task, place, token));
}

/** The lowest slot that no task in progress holds. */
function freeSlot({state}: ExecutionContext): number {
  const held = new Set<number>();
  for (const id of state.running) {
    const task = taskState(state, id);
    if (task.status === 'in_progress') held.add(task.slot);
  }
  let slot = 0;
  while (held.has(slot)) slot++;
  return slot;
}
