// A request is answered by the command itself, with the lock in hand, because no executor is there to do it.

import path from 'node:path';
import {MilestoneError} from '../errors.ts';
import type {MilestoneEvent, NewEvent} from '../events/event.ts';
import type {EventLog} from '../events/log.ts';
import type {LogPosition} from '../events/log-position.ts';
import {readLog} from '../events/read-log.ts';
import type {Ground} from '../execution/execution.ts';
import {broughtBack, type OpenMilestone} from '../milestone/open-milestone.ts';
import {recordAll} from '../milestone/record.ts';
import {type CommandOptions, withLog, withMilestone} from '../milestone/with-milestone.ts';
import {ensureHomeFiles} from '../plan/file/home.ts';
import {AgentSessions} from '../projections/agent-sessions.ts';
import {answer, answering, answerLeftovers, answerRequests, factsOf, type Inbox} from '../requests/answer-requests.ts';
import {type Decision, decideRequest, type Rejection} from '../requests/decide-request.ts';
import {finishRequest} from '../requests/inbox.ts';
import type {Request} from '../requests/request.ts';
import {isOver, type MilestoneState, taskState} from '../state/milestone.ts';
import {isByHand} from '../state/task.ts';
import {plainWorkspace} from '../workspace/plain-workspace.ts';
import {adoptReading} from './plan-watch.ts';
import {prepareGround} from './prepare-execution.ts';
import {clearAway, endDeadAttempts} from './recover.ts';

export interface AloneOptions extends CommandOptions {
  /** Where the log ended before the request was sent to an executor that died; absent when it was not sent. */
  sentAfter?: LogPosition | undefined;
}

/**
 * Act on a request in place of the executor. Whatever else lies in the inbox came earlier and is answered first.
 * @returns The event that answers it, which may be a dead executor's.
 * @throws {MilestoneError} as `openMilestone`; the rejection, of which nothing is recorded.
 */
export function actAlone(request: Request, options: AloneOptions): Promise<MilestoneEvent> {
  return withMilestone(options, async opened => {
    const {state, paths, id} = opened;
    const earlier = options.sentAfter && findAnswer(paths.log(id), options.sentAfter, request);
    // Answered, or from here on nobody's but ours.
    if (options.sentAfter) finishRequest(paths.inbox(id), request);
    if (earlier) return earlier;
    const act = state.activation ? actOnActivated : actOnPlanned;
    const answered = await act(opened, request, options);
    broughtBack(opened);
    if ('kind' in answered) throw new MilestoneError(answered.code, answered.reason, {hint: answered.hint});
    return answered;
  });
}

function findAnswer(logFile: string, from: LogPosition, {request_id}: Request): MilestoneEvent | undefined {
  for (const {event} of readLog(logFile, {from})) if (event.details.request_id === request_id) return event;
  return undefined;
}

/** There is no log yet; only a cancel begins one. */
async function actOnPlanned(
  opened: OpenMilestone,
  request: Request,
  options: AloneOptions,
): Promise<MilestoneEvent | Rejection> {
  const {state, read, paths} = opened;
  const decision = decideRequest(state, request);
  if (decision.kind === 'rejected') return decision;
  const [event] = decision.events;
  const whole =
    event.event === 'milestone_cancelled'
      ? {...event, details: {...event.details, plan: state.plan, imported: read.imported.tasks}}
      : event;
  ensureHomeFiles(paths.home);
  return withLog(opened, options, log => recordAnswer(opened, log, answering(request, whole)));
}

async function recordAnswer({state}: OpenMilestone, log: EventLog, event: NewEvent): Promise<MilestoneEvent> {
  let recorded: MilestoneEvent | undefined;
  log.onDurable(([first]) => {
    recorded = first;
  });
  await recordAll(log, state, [event]);
  return recorded as MilestoneEvent;
}

function actOnActivated(
  opened: OpenMilestone,
  request: Request,
  options: AloneOptions,
): Promise<MilestoneEvent | Rejection> {
  return withLog(opened, options, async log => {
    const {state, paths} = opened;
    if (state.session) new AgentSessions(paths).settle(state.session.id, Object.keys(state.agents));
    const ground = prepareGround(opened, log, {...options, workspace: idlePlace(opened)});
    const inbox = inboxOf(opened, ground);
    let answered: MilestoneEvent | undefined;
    log.onDurable(events => {
      answered ??= events.find(event => event.details.request_id === request.request_id);
    });
    await adoptEdits(opened, ground);
    await answerLeftovers(ground, inbox);
    await answerRequests(ground, inbox);
    const whole = withoutExecutor(request, state);
    const decision = decideRequest(state, whole, await factsOf(ground, whole));
    if (decision.kind === 'accepted') await answer(ground, inbox, whole);
    if (state.status === 'cancelled') await clearAway(ground);
    return decision.kind === 'accepted' ? (answered as MilestoneEvent) : decision;
  });
}

/** Nobody is there to let attempts end of themselves: what a dead executor left running is ended at once. */
function withoutExecutor(request: Request, {running}: MilestoneState): Request {
  return request.kind === 'pause' && running.size > 0 ? {...request, now: true} : request;
}

/** A checkout that attempts share is taken, and touched, only when one of them has left something in it. */
function idlePlace({state, paths}: OpenMilestone) {
  const isIdle = state.activation?.isolation === 'shared' && state.running.size === 0;
  return isIdle ? plainWorkspace(path.dirname(paths.home)) : undefined;
}

function inboxOf({paths, id, sessionId}: OpenMilestone, ground: Ground): Inbox {
  return {
    folder: paths.inbox(id),
    logFile: paths.log(id),
    sessionId,
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
async function adoptEdits({state, read}: OpenMilestone, {ledger}: Ground): Promise<void> {
  if (state.running.size === 0 && !isOver(state.status)) await adoptReading(ledger, read);
}
