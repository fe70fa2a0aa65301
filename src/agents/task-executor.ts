import {checkBaseline} from '../attempt/baseline.ts';
import {freeSlots, startAttempt} from '../attempt/start-attempt.ts';
import type {Agent} from '../execution/agent-loop.ts';
import type {Execution} from '../execution/execution.ts';
import {isHalted} from '../execution/halted.ts';
import type {TaskId} from '../plan/plan.ts';

/** How soon to look again for what another milestone uses. */
const RETRY_USES_MS = 1_000;

/** Starts what the scheduler chose, and owns an attempt up to `task_claimed`. */
export function taskExecutor(execution: Execution): Agent {
  return {
    name: 'task-executor',
    everyMs: Number.POSITIVE_INFINITY,
    wakesOn: ['plan', 'go', 'turn', 'queue', 'done', 'trouble', 'relief', 'standing', 'spending'],
    tick() {
      if (isHalted(execution)) return;
      if (execution.inForce.needsBaseline && execution.ready.waiting.size > 0) checkBeforeWork(execution);
      startWhatIsReady(execution);
    },
  };
}

/** Check the base, and make the slots of those who wait for that ready meanwhile. */
function checkBeforeWork(execution: Execution): void {
  const {inForce, jobs, lifetime, ready, workspace} = execution;
  if (jobs.has('baseline')) return;
  jobs.start('baseline', () => checkBaseline(execution));
  const slots = freeSlots(execution, Math.min(inForce.settings.maxParallel, ready.waiting.size));
  jobs.start('slots', async () => workspace.makeReady?.(slots, lifetime.signal));
}

function startWhatIsReady(execution: Execution): void {
  const {ready, uses} = execution;
  const {settings} = execution.inForce;
  let busy = uses.busyElsewhere;
  for (;;) {
    const chosen = ready.choose(settings.maxParallel, busy);
    if (chosen.every(id => start(execution, id))) return;
    busy = uses.busyElsewhere;
    execution.timers.retryBusy(RETRY_USES_MS);
  }
}

/** @returns False when another milestone has what the task uses. */
function start(execution: Execution, id: TaskId): boolean {
  const {uses} = execution;
  const {state} = execution.ledger;
  if (isHalted(execution)) return true;
  if (!uses.take(id, execution.inForce.settingsOf(id).uses)) return false;
  startAttempt(execution, id);
  // A gate or the budget may have kept it back.
  if (!state.running.has(id)) uses.release(id);
  return true;
}
