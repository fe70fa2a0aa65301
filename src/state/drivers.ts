// What the work of drivers makes of a milestone's state: what they have used, and what goes wrong with them in a row.

import type {EventDetails, EventOf, MilestoneEvent} from '../events/event.ts';
import type {DriverTroubles, MilestoneState, Spending} from './milestone.ts';
import type {TaskState} from './task.ts';
import {addUsage} from './usage.ts';

/** A driver rests from now on. */
export function pauseDriver(state: MilestoneState, {timestamp, details}: EventOf<'driver_paused'>): void {
  const {driver, reason, message, resets_at} = details;
  state.pausedDrivers[driver] = {
    reason,
    message,
    since: timestamp,
    ...(resets_at !== undefined && {resetsAt: resets_at}),
  };
  // However many attempts met it at the same time.
  if (reason !== 'auth') countTrouble(state, driver, 'quota');
}

/** Add what an attempt has used to what all have. */
export function settleSpending(
  spending: Spending,
  {used, basis, estimated = {}, driver}: EventDetails['budget_settled'],
): void {
  spending.used = addUsage(spending.used, used);
  spending.estimated = addUsage(spending.estimated, estimated);
  if (basis === 'reported' && driver !== undefined)
    spending.reported[driver] = addUsage(spending.reported[driver], used);
}

/** Troubles count until the driver has done some work. */
export function applyToTroubles(state: MilestoneState, event: MilestoneEvent, before: TaskState): void {
  if (before.status !== 'in_progress') return;
  const driver = before.provider ?? before.driver;
  if (event.event === 'task_claimed') delete state.driverTroubles[driver];
  if (event.event !== 'attempt_ended') return;
  const {outcome} = event.details;
  if (outcome.kind === 'question' || outcome.kind === 'budget') delete state.driverTroubles[driver];
  if (outcome.kind === 'auth') countTrouble(state, outcome.driver ?? driver, 'auth');
}

function countTrouble(state: MilestoneState, driver: string, kind: keyof DriverTroubles): void {
  const troubles = state.driverTroubles[driver] ?? {auth: 0, quota: 0};
  state.driverTroubles[driver] = {...troubles, [kind]: troubles[kind] + 1};
}
