// Requests are answered by whoever holds the lock: here by one of their senders, because no executor does.

import fs from 'node:fs';
import {MilestoneError} from '../errors.ts';
import type {MilestoneEvent} from '../events/event.ts';
import type {LogPosition} from '../events/log-position.ts';
import {readLog} from '../events/read-log.ts';
import type {Ground} from '../execution/execution.ts';
import {type CommandOptions, type HeldMilestone, hold} from '../milestone/hold.ts';
import {refuseLogBehind} from '../milestone/unrecorded-commits.ts';
import {AgentSessions} from '../projections/agent-sessions.ts';
import {answering, answerLeftovers, answerRequests, type Inbox} from '../requests/answer-requests.ts';
import {decideRequest} from '../requests/decide-request.ts';
import type {Decision} from '../requests/decision.ts';
import {finishRequest, isInInbox, sendRequest} from '../requests/inbox.ts';
import type {Request} from '../requests/request.ts';
import {isOver, taskState} from '../state/milestone.ts';
import {isByHand} from '../state/task.ts';
import {adoptReading} from './plan-watch.ts';
import {onGround} from './prepare-execution.ts';
import {clearAway, endDeadAttempts} from './recover.ts';
import {whereRefusals} from './workers-usable.ts';

/**
 * Answer all that lies in the inbox, in place of an executor. A request that fails here is not left for another.
 * @param request The sender's own, which lies there or is answered.
 * @param from Where the log ended before it was sent.
 * @returns The event that answers it, which may be somebody else's.
 * @throws {MilestoneError} as `hold`; `LOG_BEHIND`; the rejection, where there is no log that could tell of it.
 */
export function answerInbox(request: Request, from: LogPosition, options: CommandOptions): Promise<MilestoneEvent> {
  return hold({...options, purpose: 'command'}, async held => {
    const {paths, id, state} = held;
    try {
      const earlier = findAnswer(paths.log(id), from, request);
      if (earlier) return earlier;
      // Somebody may have emptied the inbox.
      if (!isInInbox(paths.inbox(id), request)) sendRequest(paths.inbox(id), request);
      return state.activation ? await answerAll(held, request, options) : await answerPlanned(held, request);
    } finally {
      finishRequest(paths.inbox(id), request);
    }
  });
}

/** The log may not exist yet. */
function findAnswer(logFile: string, from: LogPosition, {request_id}: Request): MilestoneEvent | undefined {
  if (!fs.existsSync(logFile)) return undefined;
  for (const {event} of readLog(logFile, {from})) if (event.details.request_id === request_id) return event;
  return undefined;
}

/** There is no log yet; only a cancel begins one. */
async function answerPlanned(held: HeldMilestone, request: Request): Promise<MilestoneEvent> {
  const {state, read} = held;
  const decision = decideRequest(state, request);
  if (decision.kind === 'rejected') throw new MilestoneError(decision.code, decision.reason, {hint: decision.hint});
  const [event] = decision.events;
  const whole =
    event.event === 'milestone_cancelled'
      ? {...event, details: {...event.details, plan: state.plan, imported: read.imported.tasks}}
      : event;
  const answered = answerTo(held, request);
  await held.record([answering(request, whole)]);
  return answered();
}

async function answerAll(held: HeldMilestone, request: Request, options: CommandOptions): Promise<MilestoneEvent> {
  const {state, paths} = held;
  if ('task_id' in request || request.kind === 'retry') await refuseLogBehind(held);
  if (state.session) new AgentSessions(paths).settle(state.session.id, Object.keys(state.agents));
  return onGround(held, {...options, isIdle: isIdle(held)}, ground => answerOn(ground, held, request));
}

async function answerOn(ground: Ground, held: HeldMilestone, request: Request): Promise<MilestoneEvent> {
  const {state} = held;
  const inbox = inboxOf(held, ground, request);
  const answered = answerTo(held, request);
  await adoptEdits(held, ground);
  await answerLeftovers(ground, inbox);
  await answerRequests(ground, inbox);
  if (state.status === 'cancelled') await clearAway(ground);
  await ground.ledger.durable();
  await held.flush();
  held.bringBack();
  return answered();
}

/** The event that answers a request, once it is on disk. */
function answerTo(held: HeldMilestone, {request_id}: Request): () => MilestoneEvent {
  let answer: MilestoneEvent | undefined;
  held.openLog().onDurable(events => {
    answer ??= events.find(event => event.details.request_id === request_id);
  });
  return () => {
    if (answer) return answer;
    throw new Error('a request that lay in the inbox has no answer');
  };
}

/** A checkout that attempts share is taken, and touched, only when one of them has left something in it. */
function isIdle({state}: HeldMilestone): boolean {
  return state.activation?.isolation === 'shared' && state.running.size === 0;
}

function inboxOf({paths, id, sessionId}: HeldMilestone, ground: Ground, own: Request): Inbox {
  return {
    folder: paths.inbox(id),
    logFile: paths.log(id),
    sessionId,
    own: own.request_id,
    wayTo: {kind: 'alone', end: (decision, request) => clearTheWay(ground, decision, request)},
  };
}

/**
 * What the decision interrupts are attempts of a dead executor. After a pause, the resume settles what was integrated,
 * and checks what a person has done.
 */
async function clearTheWay(ground: Ground, {interrupt}: Decision & {kind: 'accepted'}, {kind}: Request): Promise<void> {
  const {state} = ground.ledger;
  const isForResume = (id: string) => {
    const task = taskState(state, id);
    if (task.status !== 'in_progress') return false;
    return task.stage === 'integrating' || (isByHand(task) && task.stage === 'claimed');
  };
  const ids = interrupt === 'all' ? [...state.running] : [interrupt as string];
  await endDeadAttempts(ground, kind === 'pause' ? ids.filter(id => !isForResume(id)) : ids);
}

/** The plan file may have been edited while nobody looked. With attempts to be settled first, that waits for the resume. */
async function adoptEdits(held: HeldMilestone, ground: Ground): Promise<void> {
  const {state, read} = held;
  if (state.running.size > 0 || isOver(state.status)) return;
  await adoptReading(ground.ledger, read, {refusals: whereRefusals(held, ground.inForce)});
}
