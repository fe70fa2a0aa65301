import {handedInProblem} from '../attempt/completion-gate.ts';
import type {Outcome} from '../events/details/outcome.ts';
import type {NewEvent} from '../events/event.ts';
import {readLastEvents} from '../events/read-log.ts';
import type {Execution, Ground} from '../execution/execution.ts';
import type {Ledger} from '../execution/ledger.ts';
import type {TaskId} from '../plan/plan.ts';
import {isAlive, ownIdentity} from '../platform/processes/identity.ts';
import type {MilestoneState} from '../state/milestone.ts';
import {type DecisionFacts, decideRequest} from './decide-request.ts';
import {type Decision, type Rejection, rejectionEvent} from './decision.ts';
import {finishRequest, leftoverRequests, takeRequests} from './inbox.ts';
import {descendsFromAttempt} from './inside-attempt.ts';
import type {Ask, Request} from './request.ts';

/** Answers of a dead executor are looked for among this many events. */
const ANSWERS_KEPT = 1_000;

/** What it takes to answer a request. */
export type Answering = Pick<Ground, 'ledger' | 'inForce' | 'surroundings'>;

export interface Inbox {
  folder: string;
  logFile: string;
  sessionId: string;
  /** The request of whoever answers: its sender still waits, also when the session that it was sent to has ended. */
  own?: string;
  /** How to end the attempts that a decision interrupts, if it interrupts any. */
  wayTo: Live | Alone;
}

/** Attempts are this process's own, and go on meanwhile. */
export type Live = {kind: 'live'} & Pick<Execution, 'attempts' | 'ready' | 'jobs' | 'timers' | 'lifetime'>;

/** Attempts are a dead executor's. */
export interface Alone {
  kind: 'alone';
  end(decision: Decision & {kind: 'accepted'}, request: Request): Promise<void>;
}

/** Answer what has come since the last look. Every request gets exactly one event that names it. */
export async function answerRequests(answerer: Answering, inbox: Inbox): Promise<void> {
  const {requests, junk} = takeRequests(inbox.folder);
  for (const request of requests) await judgeAndAnswer(answerer, inbox, request);
  // Its sender may be waiting.
  for (const {reason, request_id} of junk)
    if (request_id !== undefined) answerer.ledger.record({event: 'request_rejected', details: {reason, request_id}});
}

/** Answer what a dead executor had taken, unless it did. */
export async function answerLeftovers(answerer: Answering, inbox: Inbox): Promise<void> {
  const {requests} = leftoverRequests(inbox.folder);
  if (requests.length === 0) return;
  const answered = answersIn(inbox.logFile);
  for (const request of requests) {
    if (answered.has(request.request_id)) finishRequest(inbox.folder, request);
    else await judgeAndAnswer(answerer, inbox, request);
  }
}

/** What lies in the inbox may have been put there by anybody. */
async function judgeAndAnswer(answerer: Answering, inbox: Inbox, request: Request): Promise<void> {
  const refusal = await judgeSender(answerer.surroundings.paths.home, request);
  if (!refusal) return answer(answerer, inbox, request);
  answerer.ledger.record(...answerOf(request, refusal));
  await answerer.ledger.durable();
  finishRequest(inbox.folder, request);
}

/** Ids of the requests that the end of a log answers. */
export function answersIn(logFile: string): Set<string> {
  const answers = readLastEvents(logFile, ANSWERS_KEPT, event => event.details.request_id !== undefined);
  return new Set(answers.map(({event}) => event.details.request_id as string));
}

/** Answer one request; on disk when it resolves, unless an attempt has to end first. */
async function answer(answerer: Answering, inbox: Inbox, asked: Request): Promise<void> {
  const {ledger} = answerer;
  const {wayTo} = inbox;
  const request = wayTo.kind === 'alone' ? withoutExecutor(asked, ledger.state) : asked;
  const facts = await factsOf(answerer, request);
  let decision = decide(ledger.state, inbox, request, facts);
  if (wayTo.kind === 'alone' && decision.kind === 'accepted' && decision.interrupt !== undefined) {
    await wayTo.end(decision, request);
    decision = decide(ledger.state, inbox, request, facts);
  }
  const interrupt = decision.kind === 'accepted' ? decision.interrupt : undefined;
  if (wayTo.kind === 'live' && interrupt !== undefined && interrupt !== 'all')
    return answerAfterInterrupt(ledger, wayTo, {inbox, request, facts}, interrupt);
  ledger.record(...answerOf(request, decision));
  if (wayTo.kind === 'live' && interrupt === 'all') wayTo.attempts.interruptAll(id => endOf(request, ledger.state, id));
  await ledger.durable();
  finishRequest(inbox.folder, request);
}

/** Nobody is there to let attempts end of themselves: what a dead executor left running is ended at once. */
function withoutExecutor(request: Request, {running}: MilestoneState): Request {
  return request.kind === 'pause' && running.size > 0 ? {...request, now: true} : request;
}

/** What waits in the merge queue is done and loses nothing by a pause: the next execution finds it there. */
function endOf(request: Request, {queued}: MilestoneState, id: TaskId): Outcome {
  if (request.kind !== 'pause' || !queued.has(id)) return interruptedBy(request);
  return {kind: 'interrupted', message: 'was interrupted by `pause`', executor_died: false};
}

function interruptedBy({kind}: Request): Outcome {
  return {kind: 'cancelled', message: `was interrupted by \`${kind}\``};
}

/**
 * The attempt in the way ends first; its task does not start again meanwhile, but may be taken out of the plan. An attempt
 * that died with the execution is the next session's to end, and the request, which stays taken, its to answer.
 */
function answerAfterInterrupt(
  ledger: Ledger,
  {ready, attempts, jobs, timers, lifetime}: Live,
  {inbox, request, facts}: {inbox: Inbox; request: Request; facts: DecisionFacts},
  id: TaskId,
): void {
  ready.defer(id);
  jobs.start(`request ${request.request_id}`, async () => {
    if (!(await attempts.endRunning(id, interruptedBy(request), lifetime.signal))) return;
    // It may have completed before it could be interrupted, or be gone.
    ledger.record(...answerOf(request, decideRequest(ledger.state, request, facts)));
    ready.release(id);
    timers.wake();
    await ledger.durable();
    finishRequest(inbox.folder, request);
  });
}

/** What is decided is to be recorded at once: a change in between could leave no room for it. */
function decide(state: MilestoneState, inbox: Inbox, request: Request, facts: DecisionFacts): Decision {
  const {session_id, request_id} = request;
  const isMeant = session_id === undefined || session_id === inbox.sessionId || request_id === inbox.own;
  if (isMeant) return decideRequest(state, request, facts);
  return {kind: 'rejected', code: 'REQUEST_REJECTED', reason: `session \`${session_id}\` has ended`};
}

/** What a decision needs to know besides the state. */
async function factsOf({ledger, inForce, surroundings}: Answering, ask: Ask): Promise<DecisionFacts> {
  const {state} = ledger;
  const isManual = (id: TaskId) => inForce.driverOf(id).kind === 'manual';
  if (ask.kind !== 'done' || !state.kiroTasks.has(ask.task_id)) return {isManual};
  return {isManual, documentProblem: await handedInProblem({state, paths: surroundings.paths}, ask.task_id)};
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

/** What lets something pass that waits for a person. */
const DECISIONS: ReadonlyArray<Ask['kind']> = ['approve', 'reject', 'answer', 'skip'];

/**
 * Whether a request comes from somebody who may send it: nobody inside an attempt may, and a decision needs a sender
 * who is there. Of a sender on another host or in another container nothing is known, and he is believed; so is whoever
 * names another process as the sender, which is no accident.
 */
async function judgeSender(home: string, {kind, sender}: Request): Promise<Rejection | undefined> {
  const isThere = () => sender !== undefined && isAlive(sender, ownIdentity());
  if (sender && isThere() === true && (await descendsFromAttempt(home, sender.pid)))
    return refuseSender('it was sent from inside an attempt, and decisions are for people', kind);
  // Of who ends while he is looked at, nothing was seen.
  if (!isThere() && DECISIONS.includes(kind))
    return refuseSender(
      sender ? 'whoever sent it was gone before it was answered' : 'it does not say who sent it',
      kind,
    );
  return undefined;
}

function refuseSender(reason: string, kind: Ask['kind']): Rejection {
  return {
    kind: 'rejected',
    code: 'REQUEST_REJECTED',
    reason,
    hint: `run \`milestone ${kind === 'done' ? 'task done' : kind}\` in a terminal of your own`,
  };
}
