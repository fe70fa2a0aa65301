// One attempt at a worker, from `attempt_dispatched` to `task_claimed` or `attempt_ended`:
//
//   base offered ─> order sent ─> whatever is reported ─> over: what was handed in is taken, once
//                        ^                           └──> lost, cancelled: interrupted, goes on from what was pushed last
//   found in the log by the next executor ───────────────^

import {type DriverResult, stoppedOutcome} from '../../drivers/driver.ts';
import type {Delivered, Denial} from '../../events/details/attempt.ts';
import type {Outcome} from '../../events/details/outcome.ts';
import type {Execution} from '../../execution/execution.ts';
import {redacted, redactTexts} from '../../execution/redacted.ts';
import {runningTask} from '../../execution/running-task.ts';
import type {TaskId} from '../../plan/plan.ts';
import type {StopSignal} from '../../platform/processes/stop-signal.ts';
import type {Dispatched} from '../../state/task.ts';
import type {Handover, Standing} from '../../workers/port.ts';
import {sendPatiently, untilOver} from '../../workers/remote-jobs.ts';
import type {RemoteWork} from '../../workers/remote-work.ts';
import type {AttemptPlace} from '../../workspace/workspace.ts';
import {AgentWatch, deniedOutcome, type Seen} from '../agent-watch.ts';
import {settleBudget, stopOverspent, wasAtWork} from '../attempt-budget.ts';
import type {PlannedAttempt} from '../planned-attempt.ts';
import {dispatchedOf, makeOrder} from './make-order.ts';
import {takeReport} from './take-report.ts';

/** What was printed may come so much later than what was handed in. */
const LATE_MS = 20_000;
/** After which nobody waits for it any more: what reports is a hint. */
const LAST_WORD_MS = 3_000;

/** Give an attempt to the workers; resolves when its end is recorded. */
export async function runRemote(execution: Execution, planned: PlannedAttempt): Promise<void> {
  try {
    await execution.attempts.during(planned.place, async stop => {
      // Recorded before it is sent: whoever comes next knows what to ask for.
      await execution.ledger.durable();
      const refused = await send(execution, planned, stop);
      if (refused) return end(execution, planned.place, refused);
      await follow(execution, planned.place, stop);
    });
  } finally {
    stopOverspent(execution);
  }
}

/** Take up an attempt that an executor which is gone has given to the workers. */
export async function takeUpRemote(execution: Execution, id: TaskId): Promise<void> {
  const {attempt, slot} = runningTask(execution.ledger.state, id);
  const place: AttemptPlace = {taskId: id, attempt, slot};
  try {
    await execution.attempts.during(place, stop => follow(execution, place, stop));
  } finally {
    stopOverspent(execution);
  }
}

/** @returns Why it cannot be sent at all. */
function send(execution: Execution, planned: PlannedAttempt, stop: StopSignal): Promise<Outcome | undefined> {
  const {clock, warn} = execution;
  return sendPatiently(execution.remote as RemoteWork, {
    make: () => makeOrder(execution, planned),
    clock,
    stop,
    onAway: why => warn(`task \`${planned.place.taskId}\` cannot be sent yet: ${why}`),
  });
}

/** Until it is over, whoever began it. */
async function follow(execution: Execution, place: AttemptPlace, stop: StopSignal): Promise<void> {
  const remote = execution.remote as RemoteWork;
  const ref = dispatchedOf(execution, place) as Dispatched;
  const seen: Seen = {denials: []};
  const budget = reservedOf(execution, place.taskId);
  const watch = new AgentWatch(execution, {place, budget}, seen);
  const heard = new AbortController();
  const stopListening = remote.listen(ref.job, report => {
    takeReport(execution, place, report, watch.observe);
    if (report.kind === 'over') heard.abort();
  });
  try {
    const standing = await untilOver(remote, ref, {
      clock: execution.clock,
      stop,
      attempts: execution.attempts,
      isBrokenOff: () => execution.lifetime.ending?.error !== undefined,
    });
    if (standing === 'left') return;
    // The last report: all that was printed is here by then.
    const enough = AbortSignal.any([heard.signal, execution.attempts.hurry]);
    if (standing?.kind === 'over') await execution.clock.sleep(LAST_WORD_MS, enough).catch(() => undefined);
    await settle(execution, place, {
      result: resultOf(standing, stop, dispatchedOf(execution, place)?.worker),
      standing,
      seen,
    });
  } finally {
    execution.timers.after(LATE_MS, stopListening);
  }
}

/** How the attempt ended, as a driver here would say it. */
function resultOf(standing: Standing | undefined, stop: StopSignal, worker: string | undefined): DriverResult {
  if (standing?.kind === 'over' && standing.handover.result.kind !== 'checked') return standing.handover.result;
  if (stop.aborted) return {kind: 'ended', outcome: stoppedOutcome(stop)};
  return {kind: 'ended', outcome: lostOutcome(standing, worker)};
}

function lostOutcome(standing: Standing | undefined, worker?: string): Outcome {
  const lost = {kind: 'interrupted', executor_died: false} as const;
  switch (standing?.kind) {
    case 'unknown':
      return {...lost, message: 'was interrupted: it had not been sent to a worker yet'};
    case 'cancelled':
      return {...lost, message: 'was interrupted: somebody cancelled its job'};
    case 'lost':
      return {
        ...lost,
        message: `was interrupted: ${worker === undefined ? 'its worker' : `the worker \`${worker}\``} was lost (${standing.why})`,
        worker_lost: true,
      };
    default:
      return {...lost, message: 'was interrupted: nobody knows what has become of it', worker_lost: true};
  }
}

interface Settled {
  result: DriverResult;
  standing: Standing | undefined;
  seen: Seen;
}

/** Put on record how it ended, unless somebody else has. */
async function settle(execution: Execution, place: AttemptPlace, {result, standing, seen}: Settled): Promise<void> {
  const {ledger, clock} = execution;
  const {redactor} = execution.surroundings;
  if (!ledger.isCurrent(place)) return;
  const task = runningTask(ledger.state, place.taskId);
  const known = redacted(redactor, result);
  if (execution.inForce.drivers.traitsOf(task.driver))
    settleBudget(execution, place, {
      driver: execution.inForce.drivers.providerOf(task.driver),
      budget: reservedOf(execution, place.taskId),
      reckoning: known,
      isCutOff: wasAtWork(known, task.stage === 'working'),
      minutes: task.stage === 'working' ? (clock.now() - Date.parse(task.startedAt)) / 60_000 : 0,
    });
  const delivered = standing?.kind === 'over' ? deliveredOf(standing) : undefined;
  if (known.kind === 'claimed' && delivered)
    return ledger.record({
      event: 'task_claimed',
      details: {task_id: place.taskId, attempt: place.attempt, result: known.claim, delivered},
    });
  const outcome = known.kind === 'claimed' ? lostOutcome(undefined) : known.outcome;
  await end(execution, place, deniedOutcome(outcome, seen), seen.denials);
}

async function end(
  execution: Execution,
  place: AttemptPlace,
  outcome: Outcome,
  denials: readonly Denial[] = [],
): Promise<void> {
  const {ledger, workspace, surroundings} = execution;
  if (!ledger.isCurrent(place)) return;
  await workspace.workplaceOf(place).keep();
  if (!ledger.isCurrent(place)) return;
  ledger.endAttempt(place, outcome, redactTexts(surroundings.redactor, [...denials]));
}

function deliveredOf({delivery, handover}: {delivery: number; handover: Handover}): Delivered | undefined {
  const {work, worker} = handover;
  return work && {worker, delivery, ...work};
}

function reservedOf({ledger}: Pick<Execution, 'ledger'>, id: TaskId) {
  const {reserved} = ledger.state.spending;
  return (Object.hasOwn(reserved, id) ? reserved[id] : undefined) ?? {};
}
