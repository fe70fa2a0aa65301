import {handedInProblem} from '../attempt/completion-gate.ts';
import type {NewEvent, Outcome} from '../events/event.ts';
import {readLastEvents} from '../events/read-log.ts';
import type {Execution} from '../execution/execution.ts';
import type {TaskId} from '../plan/plan.ts';
import {type Decision, type DecisionFacts, decideRequest, rejectionEvent} from './decide-request.ts';
import {finishRequest, leftoverRequests, takeRequests} from './inbox.ts';
import {judgeSender} from './judge-sender.ts';
import type {Ask, Request} from './request.ts';

/** Answers of a dead executor are looked for among this many events. */
const ANSWERS_KEPT = 1_000;
const LOOK_AGAIN_MS = 20;
const NEVER = new AbortController().signal;

export interface Inbox {
  folder: string;
  logFile: string;
  sessionId: string;
  /** Ends the attempts that a decision interrupts, where they are not this process's own. */
  clearTheWay?(decision: Decision & {kind: 'accepted'}, request: Request): Promise<void>;
}

/** Answer what has come since the last look. Every request gets exactly one event that names it. */
export async function answerRequests(execution: Execution, inbox: Inbox): Promise<void> {
  const {requests, junk} = takeRequests(inbox.folder);
  for (const request of requests) await judgeAndAnswer(execution, inbox, request);
  // Its sender may be waiting.
  for (const {reason, request_id} of junk)
    if (request_id !== undefined) execution.record({event: 'request_rejected', details: {reason, request_id}});
}

/** Answer what a dead executor had taken, unless it did. */
export async function answerLeftovers(execution: Execution, inbox: Inbox): Promise<void> {
  const {requests} = leftoverRequests(inbox.folder);
  if (requests.length === 0) return;
  const answered = answersIn(inbox.logFile);
  for (const request of requests) {
    if (answered.has(request.request_id)) finishRequest(inbox.folder, request);
    else await judgeAndAnswer(execution, inbox, request);
  }
}

/** What lies in the inbox may have been put there by anybody. */
async function judgeAndAnswer(execution: Execution, inbox: Inbox, request: Request): Promise<void> {
  const refusal = await judgeSender(execution.paths.home, request);
  if (!refusal) return answer(execution, inbox, request);
  execution.record(...answerOf(request, refusal));
  await execution.durable();
  finishRequest(inbox.folder, request);
}

/** Ids of the requests that the end of a log answers. */
export function answersIn(logFile: string): Set<string> {
  const answers = readLastEvents(logFile, ANSWERS_KEPT, event => event.details.request_id !== undefined);
  return new Set(answers.map(({event}) => event.details.request_id as string));
}

/** Answer one request, in the inbox or not; on disk when it resolves, unless an attempt has to end first. */
export async function answer(execution: Execution, inbox: Inbox, request: Request): Promise<void> {
  const facts = await factsOf(execution, request);
  let decision = decide(execution, inbox, request, facts);
  if (inbox.clearTheWay && decision.kind === 'accepted' && decision.interrupt !== undefined) {
    await inbox.clearTheWay(decision, request);
    decision = decide(execution, inbox, request, facts);
  }
  if (decision.kind === 'accepted' && decision.interrupt !== undefined && decision.interrupt !== 'all')
    return answerAfterInterrupt(execution, inbox, {request, facts}, decision.interrupt);
  execution.record(...answerOf(request, decision));
  if (decision.kind === 'accepted' && decision.interrupt === 'all')
    execution.attempts.interruptAll({kind: 'cancelled', message: `was interrupted by \`${request.kind}\``});
  await execution.durable();
  finishRequest(inbox.folder, request);
}

/**
 * The attempt in the way ends first; its task does not start again meanwhile, but may be taken out of the plan. An attempt
 * that died with the execution is the next session's to end, and the request, which stays taken, its to answer.
 */
function answerAfterInterrupt(
  execution: Execution,
  inbox: Inbox,
  {request, facts}: {request: Request; facts: DecisionFacts},
  id: TaskId,
): void {
  const {ready, attempts, jobs, state, clock, signal} = execution;
  ready.hold(id);
  jobs.start(`request ${request.request_id}`, async () => {
    while (state.tasks.get(id)?.status === 'in_progress') {
      const outcome: Outcome = {kind: 'cancelled', message: `was interrupted by \`${request.kind}\``};
      if (!attempts.interrupt(id, outcome) && signal.aborted) return;
      await clock.sleep(LOOK_AGAIN_MS, NEVER);
    }
    // It may have completed before it could be interrupted, or be gone.
    execution.record(...answerOf(request, decideRequest(state, request, facts)));
    ready.release(id);
    execution.agents?.wakeAll();
    await execution.durable();
    finishRequest(inbox.folder, request);
  });
}

/** What is decided is to be recorded at once: a change in between could leave no room for it. */
function decide({state}: Execution, inbox: Inbox, request: Request, facts: DecisionFacts): Decision {
  const {session_id} = request;
  if (session_id === undefined || session_id === inbox.sessionId) return decideRequest(state, request, facts);
  return {kind: 'rejected', code: 'REQUEST_REJECTED', reason: `session \`${session_id}\` has ended`};
}

/** What a decision needs to know of an execution. */
export async function factsOf(execution: Execution, ask: Ask): Promise<DecisionFacts> {
  const {state} = execution;
  const isManual = (id: TaskId) => execution.driverOf(id).kind === 'manual';
  if (ask.kind !== 'done' || !state.kiroTasks.has(ask.task_id)) return {isManual};
  return {isManual, documentProblem: await handedInProblem(execution, ask.task_id)};
}

/** All events of a decision. The last one is the answer: where it is in the log, so are the others. */
function answerOf(request: Request, decision: Decision): NewEvent[] {
  const events = decision.kind === 'accepted' ? [...decision.events] : [rejectionEvent(decision)];
  const last = events.pop() as NewEvent;
  return [...events, answering(request, last)];
}

/** The event, as the answer to a request. */
export function answering(request: Pick<Request, 'request_id'>, event: NewEvent): NewEvent {
  return {...event, details: {...event.details, request_id: request.request_id}} as NewEvent;
}
