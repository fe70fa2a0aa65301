// What an attempt may use and has used.

import type {AgentTraits, DriverResult, Reckoning} from '../drivers/driver.ts';
import type {Execution} from '../execution/execution.ts';
import type {Budget, TaskId} from '../plan/plan.ts';
import {estimateUsage, exceeded, type Reservation, reserve} from '../scheduler/budget.ts';
import {roomTaken, taskState} from '../state/milestone.ts';
import type {AttemptId} from '../state/task.ts';
import {addUsage} from '../state/usage.ts';
import type {PlannedAttempt} from './planned-attempt.ts';

/** What an agent that starts now on a task may use. */
export function reservationFor(
  execution: Pick<Execution, 'inForce' | 'ledger' | 'ready'>,
  id: TaskId,
  agent: AgentTraits,
): Reservation {
  const {ready} = execution;
  const {settings} = execution.inForce;
  const {state} = execution.ledger;
  const {used, reserved} = state.spending;
  return reserve({
    limit: settings.budget,
    used,
    reserved: Object.values(reserved),
    taskLimit: execution.inForce.settingsOf(id).budget,
    taskUsed: taskState(state, id).history.used ?? {},
    room: Math.max(1, Math.min(settings.maxParallel - roomTaken(state), ready.size)),
    reportsCost: agent.reportsCost,
  });
}

/** What is said of an attempt that has nothing left. */
export function usedUp(key: keyof Budget): string {
  return `used up what it had reserved (${key})`;
}

/** The minutes of a budget in milliseconds; no end where it bounds none. */
export function minutesMs({minutes}: Budget): number {
  return minutes === undefined ? Number.POSITIVE_INFINITY : minutes * 60_000;
}

/** A time that is over because no more minutes were reserved is no failure. */
export function outOfTime(
  execution: Pick<Execution, 'inForce'>,
  {place, budget}: PlannedAttempt,
  result: DriverResult,
): DriverResult {
  if (result.kind !== 'ended' || result.outcome.kind !== 'failed' || result.outcome.cause !== 'timeout') return result;
  if (minutesMs(budget) >= execution.inForce.settingsOf(place.taskId).timeoutMs) return result;
  return {...result, outcome: {kind: 'budget', message: usedUp('minutes')}};
}

/** A part of an attempt that an agent has done. */
export interface Spent {
  /** Whose login and prices they are. */
  driver: string;
  /** What it had reserved. */
  budget: Budget;
  /** What it has let be known. */
  reckoning: Reckoning;
  /** It was at work when it ended: unless it has said its sum, there is more than was seen. */
  isCutOff: boolean;
  /** The program's own measure. */
  minutes: number;
}

/** Put on record what an agent has used: what it reported, else what was seen and an estimate of the rest. */
export function settleBudget(
  execution: Pick<Execution, 'ledger'>,
  {taskId: task_id, attempt}: AttemptId,
  {driver, budget, reckoning, isCutOff, minutes}: Spent,
): void {
  const {usage: seen = {}, isPartial, priced} = reckoning;
  const isWhole = reckoning.usage !== undefined && !isPartial;
  const reported = execution.ledger.state.spending.reported[driver];
  const {used, estimated} =
    isWhole || !isCutOff
      ? {used: {...seen, minutes}, estimated: {}}
      : estimateUsage({seen, priced, minutes, reported, reserved: budget});
  const isEstimate = Object.keys(estimated).length > 0;
  const basis = isEstimate ? 'estimated' : isWhole ? 'reported' : 'observed';
  const details = {task_id, attempt, used, basis, ...(isEstimate && {estimated}), driver} as const;
  execution.ledger.record({event: 'budget_settled', details});
}

/** Whether an agent was ended at work, or ended by itself after it was seen to work; whom the provider refuses does none. */
export function wasAtWork(result: DriverResult, hasBegun: boolean | undefined): boolean {
  if (!hasBegun || result.kind === 'claimed') return false;
  const {outcome, usage} = result;
  if (outcome.kind === 'failed')
    return outcome.cause === 'timeout' || outcome.cause === 'stalled' || usage !== undefined;
  return outcome.kind === 'interrupted' || outcome.kind === 'cancelled' || outcome.kind === 'budget';
}

/**
 * With `on_exceed: stop`, end the coding agents at work as soon as the milestone's budget is used up, by what was settled
 * and what is seen of them.
 */
export function stopOverspent({
  inForce: {settings, drivers},
  ledger: {state},
  attempts,
}: Pick<Execution, 'attempts' | 'inForce' | 'ledger'>): void {
  const {budget, onExceed} = settings;
  if (!budget || onExceed !== 'stop') return;
  const key = exceeded(budget, [...attempts.usages.values()].reduce(addUsage, state.spending.used));
  if (key === undefined) return;
  for (const id of state.running) {
    const task = taskState(state, id);
    if (task.status !== 'in_progress' || (task.stage !== 'starting' && task.stage !== 'working')) continue;
    const choice = drivers.get(task.driver);
    if (choice.kind !== 'driver' || !choice.driver.agent) continue;
    attempts.interrupt(id, {kind: 'budget', message: `was stopped: the budget of the milestone is used up (${key})`});
  }
}
