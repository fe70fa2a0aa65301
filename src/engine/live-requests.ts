import type {NewEvent} from '../events/event.ts';
import {readLastEvents} from '../events/read-log.ts';
import type {TaskId} from '../milestone/plan.ts';
import {taskState} from '../state/milestone.ts';
import type {Execution} from './execution.ts';
import {finishRequest, leftoverRequests, takeRequests} from './inbox.ts';
import type {Request} from './request.ts';
import {decideRequest} from './request-decision.ts';

/** Answers of a dead executor are looked for among this many events. */
const ANSWERS_KEPT = 1_000;
const LOOK_AGAIN_MS = 20;
const NEVER = new AbortController().signal;

export interface Inbox {
  folder: string;
  logFile: string;
  sessionId: string;
}

/** Answer what has come since the last look. Every request gets exactly one event that names it. */
export async function answerRequests(execution: Execution, inbox: Inbox): Promise<void> {
  for (const request of takeRequests(inbox.folder).requests) await answer(execution, inbox, request);
}

/** Answer what a dead executor had taken, unless it did. */
export async function answerLeftovers(execution: Execution, inbox: Inbox): Promise<void> {
  const {requests} = leftoverRequests(inbox.folder);
  if (requests.length === 0) return;
  const answered = answersIn(inbox.logFile);
  for (const request of requests) {
    if (answered.has(request.request_id)) finishRequest(inbox.folder, request);
    else await answer(execution, inbox, request);
  }
}

/** Ids of the requests that the end of a log answers. */
export function answersIn(logFile: string): Set<string> {
  const answers = readLastEvents(logFile, ANSWERS_KEPT, event => event.details.request_id !== undefined);
  return new Set(answers.map(({event}) => event.details.request_id as string));
}

async function answer(execution: Execution, inbox: Inbox, request: Request): Promise<void> {
  const {state} = execution;
  const decision =
    request.session_id !== undefined && request.session_id !== inbox.sessionId
      ? {kind: 'rejected' as const, reason: `session \`${request.session_id}\` has ended`}
      : decideRequest(state, request);
  if (decision.kind === 'rejected')
    execution.record(answering(request, {event: 'request_rejected', details: {reason: decision.reason}}));
  else if (decision.interrupt !== undefined && decision.interrupt !== 'all')
    return answerAfterInterrupt(execution, inbox, request, decision.interrupt);
  else {
    const [first, ...rest] = decision.events as [NewEvent, ...NewEvent[]];
    execution.record(answering(request, first), ...rest);
    if (decision.interrupt === 'all')
      execution.attempts.interruptAll({kind: 'cancelled', message: `was interrupted by \`${request.kind}\``});
  }
  await execution.durable();
  finishRequest(inbox.folder, request);
}

/** The attempt in the way ends first; its task does not start again meanwhile. */
function answerAfterInterrupt(execution: Execution, inbox: Inbox, request: Request, id: TaskId): void {
  const {ready, attempts, jobs, state, clock} = execution;
  ready.hold(id);
  jobs.start(`request ${request.request_id}`, async () => {
    while (taskState(state, id).status === 'in_progress') {
      attempts.interrupt(id, {kind: 'cancelled', message: `was interrupted by \`${request.kind}\``});
      await jobs.ended(`attempt ${id}`, `integrate ${id}`);
      await clock.sleep(LOOK_AGAIN_MS, NEVER);
    }
    // It may have completed before it could be interrupted.
    const decision = decideRequest(state, request);
    const event: NewEvent =
      decision.kind === 'accepted'
        ? (decision.events[0] as NewEvent)
        : {event: 'request_rejected', details: {reason: decision.reason}};
    execution.record(answering(request, event));
    ready.release(id);
    await execution.durable();
    finishRequest(inbox.folder, request);
  });
}

function answering(request: Request, event: NewEvent): NewEvent {
  return {...event, details: {...event.details, request_id: request.request_id}} as NewEvent;
}
