// One attempt at a worker, from `attempt_dispatched` to `task_claimed` or `attempt_ended`:
//
//   base offered ─> order sent ─> whatever is reported ─> over: what was handed in is taken, once
//                        ^                           └──> lost, cancelled: interrupted, goes on from what was pushed last
//   found in the log by the next executor ───────────────^

import {type DriverResult, stoppedOutcome} from '../../drivers/driver.ts';
import type {DriverChoice} from '../../drivers/registry.ts';
import type {Delivered, Denial} from '../../events/details/attempt.ts';
import type {Outcome} from '../../events/details/outcome.ts';
import type {Execution} from '../../execution/execution.ts';
import {redacted, redactTexts} from '../../execution/redacted.ts';
import {remoteOrder} from '../../execution/remote-order.ts';
import {runningTask} from '../../execution/running-task.ts';
import {commitTree} from '../../git/commit.ts';
import type {Repository} from '../../git/git.ts';
import type {TaskId} from '../../plan/plan.ts';
import type {StopSignal} from '../../platform/processes/stop-signal.ts';
import {taskState} from '../../state/milestone.ts';
import type {Dispatched} from '../../state/task.ts';
import type {AttemptOrder, Handover, Order, RemoteCommit, Standing} from '../../workers/port.ts';
import {sendPatiently, untilOver} from '../../workers/remote-jobs.ts';
import type {RemoteWork} from '../../workers/remote-work.ts';
import {findKeptWork} from '../../workspace/kept-work.ts';
import type {AttemptPlace} from '../../workspace/workspace.ts';
import {agentInput} from '../agent-input.ts';
import {AgentWatch, deniedOutcome, type Seen} from '../agent-watch.ts';
import {minutesMs, settleBudget, stopOverspent, wasAtWork} from '../attempt-budget.ts';
import type {PlannedAttempt} from '../planned-attempt.ts';
import {checksKey, checksOf} from '../verify.ts';
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

async function makeOrder(execution: Execution, planned: PlannedAttempt): Promise<Order | {refused: Outcome}> {
  const {place, task, choice} = planned;
  const {ledger, inForce, workspace} = execution;
  const parts = {ledger, inForce, remote: execution.remote as RemoteWork, repo: execution.repo as Repository};
  const head = await workspace.branch?.head();
  if (head?.kind !== 'head') {
    const message = head?.blocker.message ?? 'there is no branch';
    if (head) ledger.openBlocker(head.blocker);
    return {refused: {kind: 'cancelled', message}};
  }
  const settings = inForce.settingsOf(place.taskId);
  const {base, work} = await originOf(execution, planned, head.commit);
  const timeoutMs = Math.min(settings.timeoutMs, minutesMs(planned.budget));
  return {
    ...(await remoteOrder(parts, dispatchedOf(execution, place) as Dispatched, base)),
    kind: 'attempt',
    task,
    attempt: place.attempt,
    ...(work && {work}),
    driver: driverOf(execution, choice),
    ...(await agentOf(execution, planned)),
    shell: settings.shell,
    limits: {timeoutMs: finite(timeoutMs), silentMs: finite(settings.silentMs)},
    checks: checksOf(execution, place.taskId).map(check => ({shell: inForce.settings.shell, ...check})),
    asked: checksKey(checksOf(execution, place.taskId)),
  };
}

/** What it starts from: the head of the branch, and what an earlier attempt has left. */
async function originOf(
  execution: Execution,
  {place, next}: PlannedAttempt,
  head: string,
): Promise<{base: RemoteCommit; work?: RemoteCommit}> {
  const remote = execution.remote as RemoteWork;
  const repo = execution.repo as Repository;
  const {id} = execution.ledger.state;
  const {ref} = await remote.offerBase(head);
  for (const attempt of next.from) {
    const kept = await findKeptWork(repo, {id, task: place.taskId, attempt}, head);
    if (!kept) continue;
    const message = `origin(milestone-${id}): ${place.taskId}, attempt ${place.attempt}\n`;
    const commit = await commitTree(repo, {tree: kept.tree, parents: [kept.base], message});
    return {base: {ref, commit: kept.base}, work: await remote.offerOrigin(place, commit)};
  }
  return {base: {ref, commit: head}};
}

function driverOf({inForce}: Pick<Execution, 'inForce'>, {name}: DriverChoice): AttemptOrder['driver'] {
  const entry = inForce.drivers.entryOf(name);
  return {name, ...(entry && {entry})};
}

async function agentOf(execution: Execution, planned: PlannedAttempt): Promise<Pick<AttemptOrder, 'agent'>> {
  const {choice} = planned;
  if (choice.kind !== 'driver' || !choice.driver.agent) return {};
  const {observe: _, schema: __, freshPrompt, ...agent} = await agentInput(execution, planned, choice, () => {});
  const {livesAt} = planned.next;
  return {agent: {...agent, ...(freshPrompt && {freshPrompt: await freshPrompt()}), ...(livesAt && {livesAt})}};
}

function finite(ms: number): number | null {
  return Number.isFinite(ms) ? ms : null;
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

function dispatchedOf({ledger}: Pick<Execution, 'ledger'>, {taskId}: AttemptPlace): Dispatched | undefined {
  const task = taskState(ledger.state, taskId);
  return task.status === 'in_progress' ? task.dispatched : undefined;
}

function reservedOf({ledger}: Pick<Execution, 'ledger'>, id: TaskId) {
  const {reserved} = ledger.state.spending;
  return (Object.hasOwn(reserved, id) ? reserved[id] : undefined) ?? {};
}
