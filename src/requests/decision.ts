// What may come of a request, and what refuses one whatever it asks for. Pure.

import type {RejectionCode} from '../events/details/milestone.ts';
import type {NewEvent} from '../events/event.ts';
import type {TaskId} from '../plan/plan.ts';
import {didYouMean} from '../plan/suggest.ts';
import {isOver, type MilestoneState, taskState} from '../state/milestone.ts';
import {shownStatus} from '../state/task.ts';

export interface Rejection {
  kind: 'rejected';
  code: RejectionCode;
  reason: string;
  hint?: string;
}

/** What answers a request: events, after the attempts that stand in the way have been interrupted. */
export type Decision = {kind: 'accepted'; events: [NewEvent, ...NewEvent[]]; interrupt?: 'all' | TaskId} | Rejection;

/** The event that tells the sender of a request that nothing came of it. */
export function rejectionEvent({code, reason, hint}: Rejection): NewEvent {
  return {event: 'request_rejected', details: {reason, code, ...(hint !== undefined && {hint})}};
}

/**
 * What keeps anything from being done to a task.
 * @param done Completes "no task of it can be …".
 */
export function refuseTaskWork(state: MilestoneState, id: TaskId | undefined, done: string): Rejection | undefined {
  if (id !== undefined && !state.tasks.has(id)) return unknownTask(state, id);
  if (state.status === 'planned') {
    const hint = `\`milestone activate ${state.id}\` or \`milestone execute ${state.id}\` starts it`;
    return {...wrongStatus(state, `no task of it can be ${done} yet`), hint};
  }
  return isOver(state.status) ? wrongStatus(state, `no task of it can be ${done}`) : undefined;
}

function unknownTask(state: MilestoneState, id: TaskId): Rejection {
  const hint = didYouMean(id, state.tasks.keys()) ?? `see \`milestone status ${state.id}\``;
  return {kind: 'rejected', code: 'UNKNOWN_TASK', reason: `milestone \`${state.id}\` has no task \`${id}\``, hint};
}

export function accept(...events: NewEvent[]): Decision & {kind: 'accepted'} {
  return {kind: 'accepted', events: events as [NewEvent, ...NewEvent[]]};
}

/** @param consequence Completes "milestone … is …, so …". */
export function wrongStatus({id, status}: MilestoneState, consequence: string): Rejection {
  return {kind: 'rejected', code: 'WRONG_STATUS', reason: `milestone \`${id}\` is ${status}, so ${consequence}`};
}

/** @param why Completes "task … is …: …". */
export function rejectTask(state: MilestoneState, id: TaskId, why: string): Rejection {
  const status = shownStatus(taskState(state, id));
  return {kind: 'rejected', code: 'REQUEST_REJECTED', reason: `task \`${id}\` is ${status}: ${why}`};
}
