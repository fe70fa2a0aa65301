// How a command changes a milestone, whoever executes it:
//
//   request ──> a file in the inbox ──> answered by whoever holds the lock ──> one event in the log ──> its sender
//                     │
//                     ├── an executor does ── silent for 10 s, not taken ──> withdrawn, NO_ANSWER
//                     └── nobody does ──> the sender takes the lock, and answers all that lies there
//
// Q1. Exactly one event answers a request, whoever dies: it lies in the inbox until its answer is on disk, and whoever
//     takes it up looks in the log first.
// Q2. Whoever is told that it failed does not expect it to be done later: then it is taken back.

import fs from 'node:fs';
import {MilestoneError} from '../errors.ts';
import type {MilestoneEvent} from '../events/event.ts';
import {LOG_START, type LogPosition} from '../events/log-position.ts';
import {readLastEvents, readLog} from '../events/read-log.ts';
import {readExecutor} from '../lock/executor.ts';
import {type Holder, isAtWork, NOBODY} from '../lock/lock-holder.ts';
import {locatePlan} from '../milestone/find-milestone.ts';
import type {CommandOptions} from '../milestone/hold.ts';
import {ensureHomeFiles, type HomePaths, homePaths} from '../plan/file/home.ts';
import {ownIdentity} from '../platform/processes/identity.ts';
import {createRedactor} from '../platform/redact.ts';
import {isInInbox, sendRequest, withdrawRequest} from '../requests/inbox.ts';
import {type Ask, newRequest, type Request} from '../requests/request.ts';

export interface Answer {
  requestId: string;
  /** The event that carries the request's id. */
  event: MilestoneEvent;
  /** Who acted: a live executor, or this process for want of one. */
  by: 'executor' | 'command';
}

/** The keys of a request that hold a person's own words. */
const SAID = new Set(['reason', 'text', 'comment', 'summary']);
const POLL_MS = 50;
const OWNER_POLL_MS = 500;
/** How long an executor may leave a request untaken. */
const PATIENCE_MS = 10_000;
/** How long it may work on one that it took: the attempt in the way is asked to end before it is made to. */
const TAKEN_PATIENCE_MS = 120_000;

/**
 * Have a request answered.
 * @throws {MilestoneError} `UNKNOWN_MILESTONE`, `NO_ANSWER`, `LOCKED`; `WRONG_STATUS`, `UNKNOWN_TASK` or
 * `REQUEST_REJECTED` when it was rejected.
 */
export async function ask(what: Ask, options: CommandOptions): Promise<Answer> {
  const {home, id, clock} = options;
  const paths = homePaths(home);
  locatePlan(paths, id);
  const executor = () => executorOf(readExecutor(home, id));
  const request = newRequest(withoutSecrets(what, options.callerEnv), clock, {
    sender: ownIdentity(),
    ...sessionMeant(what, executor()),
  });
  const sent = {request, from: endOf(paths.log(id))};
  ensureHomeFiles(home);
  sendRequest(paths.inbox(id), request);
  try {
    for (;;) {
      const holder = executor();
      if (isAtWork(holder.who)) {
        const answer = await waitForExecutor({sent, holder, executor, paths, options});
        if (answer) return accepted(answer, request, 'executor');
      }
      const event = await answerUnlessTaken(sent, options, executor);
      if (event) return accepted(event, request, 'command');
    }
  } catch (error) {
    withdrawRequest(paths.inbox(id), request);
    throw error;
  }
}

/** What a person says is written down, like all else. */
function withoutSecrets(ask: Ask, env: CommandOptions['callerEnv']): Ask {
  const {redactText} = createRedactor(env);
  const entries = Object.entries(ask).map(([key, value]) => [key, SAID.has(key) ? redactText(value) : value]);
  return Object.fromEntries(entries) as Ask;
}

/** The event of an answer, or what the request was rejected for. */
function accepted(event: MilestoneEvent, {request_id}: Request, by: Answer['by']): Answer {
  if (event.event !== 'request_rejected') return {requestId: request_id, event, by};
  const {code = 'REQUEST_REJECTED', reason, hint} = event.details;
  throw new MilestoneError(code, reason, {hint});
}

/** Whoever cannot be named cannot be asked either. */
function executorOf(holder: Holder): Holder {
  return holder.owner ? holder : NOBODY;
}

/** @returns Undefined when an executor took the lock before we could. */
async function answerUnlessTaken(
  {request, from}: Sent,
  options: CommandOptions,
  executor: () => Holder,
): Promise<MilestoneEvent | undefined> {
  const {answerInbox} = await import('./caretaker.ts');
  try {
    return await answerInbox(request, from, options);
  } catch (error) {
    if (error instanceof MilestoneError && error.code === 'LOCKED' && isAtWork(executor().who)) return undefined;
    throw error;
  }
}

/** A request as it was first sent; whoever takes the lock over finds it, or its answer, and it is not sent anew. */
interface Sent {
  request: Request;
  /** Where the log ended before. */
  from: LogPosition;
}

interface Sending {
  sent: Sent;
  holder: Holder;
  executor(): Holder;
  paths: HomePaths;
  options: CommandOptions;
}

/**
 * Wait for the answer to a request; it is sent again when it is neither there nor answered.
 * @returns Undefined when the executor is gone.
 */
async function waitForExecutor(sending: Sending): Promise<MilestoneEvent | undefined> {
  const {sent, holder, executor, paths, options} = sending;
  const {request, from} = sent;
  const {clock, signal, id} = options;
  const folder = paths.inbox(id);
  const search = answerSearch(paths.log(id), from, request.request_id);
  // In this order: it is answered before it is removed.
  if (!isInInbox(folder, request) && !search()) sendRequest(folder, request);
  const sentAt = clock.elapsed();
  let isTaken = false;
  for (let polledAt = sentAt; ; ) {
    const answer = search();
    if (answer) return answer;
    const now = clock.elapsed();
    if (now - polledAt >= OWNER_POLL_MS) {
      polledAt = now;
      if (!isAtWork(executor().who)) return undefined;
    }
    if (!isTaken && now - sentAt >= PATIENCE_MS) {
      if (withdrawRequest(folder, request)) throw noAnswer(holder, 'did not answer within 10 s; nothing was changed');
      isTaken = true;
    }
    if (now - sentAt >= TAKEN_PATIENCE_MS) throw noAnswer(holder, 'took the request, but has not answered it yet');
    await clock.sleep(POLL_MS, signal);
  }
}

/** What a pause is about is the session that runs now: a later one is not to stop for it. */
function sessionMeant({kind}: Ask, {who, owner}: Holder): {session_id?: string} {
  return kind === 'pause' && isAtWork(who) && owner?.session_id !== undefined ? {session_id: owner.session_id} : {};
}

/** Where a log ends; it may not exist yet. */
function endOf(logFile: string): LogPosition {
  if (!fs.existsSync(logFile)) return LOG_START;
  const [last] = readLastEvents(logFile, 1);
  return last ? {offset: last.offset, seq: last.event.seq} : LOG_START;
}

/** Looks for the answer among what has come since it was last called. */
function answerSearch(logFile: string, from: LogPosition, requestId: string): () => MilestoneEvent | undefined {
  let position = from;
  return () => {
    if (fs.statSync(logFile, {throwIfNoEntry: false})?.size === position.offset || !fs.existsSync(logFile))
      return undefined;
    const reader = readLog(logFile, {from: position});
    for (const {event} of reader) if (event.details.request_id === requestId) return event;
    position = reader.position;
    return undefined;
  };
}

function noAnswer({owner}: Holder, what: string): MilestoneError {
  return new MilestoneError('NO_ANSWER', `the executor (process ${owner?.pid} on \`${owner?.host}\`) ${what}`, {
    hint: `if it hangs, end it with \`kill ${owner?.pid}\` and try again`,
  });
}
