import type {NewEvent, RejectionCode} from '../events/event.ts';
import type {TaskId} from '../milestone/plan.ts';
import {didYouMean} from '../milestone/suggest.ts';
import {type MilestoneState, taskState} from '../state/milestone.ts';
import type {Ask} from './request.ts';

export interface Rejection {
  kind: 'rejected';
  code: RejectionCode;
  reason: string;
  hint?: string;
}

/** What answers a request: events, after the attempts that stand in the way have been interrupted. */
export type Decision = {kind: 'accepted'; events: [NewEvent, ...NewEvent[]]; interrupt?: 'all' | TaskId} | Rejection;

/** Decide what a request comes to in this state. Pure; the live executor and a command without one both ask here. */
export function decideRequest(state: MilestoneState, ask: Ask): Decision {
  switch (ask.kind) {
    case 'pause':
      return decidePause(state, ask.now);
    case 'cancel':
      return decideCancel(state, ask.reason ?? 'cancelled by request');
    case 'resume':
      if (state.status === 'paused') return accept({event: 'milestone_resumed', details: {}});
      return wrongStatus(state, 'it cannot be resumed');
    case 'retry':
      return decideRetry(state, ask.task_id);
    case 'skip':
      return decideSkip(state, ask.task_id, ask.reason);
    default:
      return ask satisfies never;
  }
}

/** The event that tells the sender of a request that nothing came of it. */
export function rejectionEvent({code, reason, hint}: Rejection): NewEvent {
  return {event: 'request_rejected', details: {reason, code, ...(hint !== undefined && {hint})}};
}

function decidePause(state: MilestoneState, now: boolean): Decision {
  if (state.status !== 'in_progress' && !(state.status === 'paused' && state.running.size > 0))
    return wrongStatus(state, 'it cannot be paused');
  const reason = now ? 'paused by request, at once' : 'paused by request';
  const decision = accept({event: 'milestone_paused', details: {code: 'requested', reason, ...(now && {now})}});
  return now ? {...decision, interrupt: 'all'} : decision;
}

function decideCancel(state: MilestoneState, reason: string): Decision {
  if (state.status === 'completed' || state.status === 'cancelled') return wrongStatus(state, 'it cannot be cancelled');
  return {...accept({event: 'milestone_cancelled', details: {reason}}), interrupt: 'all'};
}

function decideRetry(state: MilestoneState, id: TaskId | undefined): Decision {
  const refusal = refuseTaskWork(state, id, 'retried');
  if (refusal) return refusal;
  const isRetriable = (task: TaskId) => ['failed', 'blocked'].includes(taskState(state, task).status);
  if (id !== undefined && !isRetriable(id))
    return rejectTask(state, id, 'only a failed or blocked task can be retried');
  const ids = id === undefined ? [...state.tasks.keys()].filter(isRetriable) : [id];
  const events = ids.map<NewEvent>(task_id => ({event: 'task_reset', details: {task_id, reason: 'retry'}}));
  // A blocker that holds everything is looked at afresh as well.
  if (id === undefined)
    for (const blocker of state.blockers.values())
      if (blocker.taskId === undefined) events.push({event: 'blocker_resolved', details: {id: blocker.id}});
  const [first, ...rest] = events;
  if (!first) return {kind: 'rejected', code: 'REQUEST_REJECTED', reason: 'no task has failed or is blocked'};
  return accept(first, ...rest);
}

function decideSkip(state: MilestoneState, id: TaskId, reason: string | undefined): Decision {
  const refusal = refuseTaskWork(state, id, 'skipped');
  if (refusal) return refusal;
  const {status} = taskState(state, id);
  if (status === 'completed' || status === 'skipped') return rejectTask(state, id, 'there is nothing left to skip');
  const decision = accept({event: 'task_skipped', details: {task_id: id, ...(reason !== undefined && {reason})}});
  return status === 'in_progress' ? {...decision, interrupt: id} : decision;
}

function refuseTaskWork(state: MilestoneState, id: TaskId | undefined, done: string): Rejection | undefined {
  if (id !== undefined && !state.tasks.has(id)) return unknownTask(state, id);
  if (state.status === 'planned') {
    const hint = `\`milestone activate ${state.id}\` or \`milestone execute ${state.id}\` starts it`;
    return {...wrongStatus(state, `no task of it can be ${done} yet`), hint};
  }
  const isOver = state.status === 'completed' || state.status === 'cancelled';
  return isOver ? wrongStatus(state, `no task of it can be ${done}`) : undefined;
}

function unknownTask(state: MilestoneState, id: TaskId): Rejection {
  const hint = didYouMean(id, state.tasks.keys()) ?? `see \`milestone status ${state.id}\``;
  return {kind: 'rejected', code: 'UNKNOWN_TASK', reason: `milestone \`${state.id}\` has no task \`${id}\``, hint};
}

function accept(...events: [NewEvent, ...NewEvent[]]): Decision & {kind: 'accepted'} {
  return {kind: 'accepted', events};
}

function wrongStatus({id, status}: MilestoneState, consequence: string): Rejection {
  return {kind: 'rejected', code: 'WRONG_STATUS', reason: `milestone \`${id}\` is ${status}, so ${consequence}`};
}

function rejectTask(state: MilestoneState, id: TaskId, why: string): Rejection {
  const {status} = taskState(state, id);
  return {kind: 'rejected', code: 'REQUEST_REJECTED', reason: `task \`${id}\` is ${status}: ${why}`};
}
