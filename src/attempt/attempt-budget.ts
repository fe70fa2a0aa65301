// What an attempt may use and has used.

import type {AgentTraits, DriverResult} from '../drivers/driver.ts';
import type {Usage} from '../events/event.ts';
import type {ExecutionContext} from '../execution/context.ts';
import type {Budget, TaskId} from '../plan/plan.ts';
import {exceeded, type Reservation, reserve} from '../scheduler/budget.ts';
import {taskState} from '../state/milestone.ts';
import {addUsage} from '../state/usage.ts';
import type {AttemptPlace} from '../workspace/workspace.ts';
import type {PlannedAttempt} from './run-attempt.ts';

/** What an agent that starts now on a task may use. */
export function reservationFor(context: ExecutionContext, id: TaskId, agent: AgentTraits): Reservation {
  const {state, settings, ready} = context;
  const {used, reserved} = state.spending;
  return reserve({
    limit: settings.budget,
    used,
    reserved: Object.values(reserved),
    taskLimit: context.settingsOf(id).budget,
    taskUsed: taskState(state, id).history.used ?? {},
    places: Math.max(1, Math.min(settings.maxParallel - state.running.size, ready.size)),
    reportsCost: agent.reportsCost,
  });
}

/** What is said of an attempt that has nothing left. */
export function usedUp(key: keyof Budget): string {
  return `used up what it had reserved (${key})`;
}

export function minutesMs({minutes}: Budget): number {
  return minutes === undefined ? Number.POSITIVE_INFINITY : minutes * 60_000;
}

/** A time that is over because no more minutes were reserved is no failure. */
export function outOfTime(
  context: ExecutionContext,
  {place, budget}: PlannedAttempt,
  result: DriverResult,
): DriverResult {
  if (result.kind !== 'ended' || result.outcome.kind !== 'failed' || result.outcome.cause !== 'timeout') return result;
  if (minutesMs(budget) >= context.settingsOf(place.taskId).timeoutMs) return result;
  return {...result, outcome: {kind: 'budget', message: usedUp('minutes')}};
}

/** A part of an attempt that an agent has done. */
export interface Spent {
  /** What it had reserved. */
  budget: Budget;
  result: DriverResult;
  seen: {usage?: Usage; hasBegun?: boolean};
  ms: number;
}

/**
 * Put on record what an agent has used: what was reported, else what was last seen; minutes are the program's own. Of one
 * that was cut off what nobody has seen counts as used up.
 */
export function settleBudget(
  context: ExecutionContext,
  {taskId: task_id, attempt}: AttemptPlace,
  {budget, result, seen, ms}: Spent,
): void {
  const known: Usage = {...(result.usage ?? seen.usage), minutes: ms / 60_000};
  const isUnknown = Object.keys(budget).some(key => known[key as keyof Budget] === undefined);
  const isLost = isUnknown && seen.hasBegun && wasCutOff(result);
  const basis = isLost ? 'reserved' : result.usage ? 'reported' : 'observed';
  const used = isLost ? {...budget, ...known} : known;
  context.record({event: 'budget_settled', details: {task_id, attempt, used, basis}});
}

function wasCutOff(result: DriverResult): boolean {
  if (result.kind === 'claimed') return false;
  const {outcome} = result;
  if (outcome.kind === 'failed') return outcome.cause === 'timeout' || outcome.cause === 'stalled';
  return outcome.kind === 'interrupted' || outcome.kind === 'cancelled' || outcome.kind === 'budget';
}

/**
 * With `on_exceed: stop`, end the coding agents at work as soon as the milestone's budget is used up, by what was settled
 * and what is seen of them.
 */
export function stopOverspent({settings, state, attempts, drivers}: ExecutionContext): void {
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
