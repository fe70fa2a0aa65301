// What the end of an attempt makes of its task.

import type {Denial} from '../events/details/attempt.ts';
import type {Outcome} from '../events/details/outcome.ts';
import type {MilestoneEvent} from '../events/event.ts';
import type {Timestamp} from '../events/timestamp.ts';
import {withPhase} from './kiro.ts';
import type {SessionInfo} from './milestone.ts';
import {ownMs, stagesOf} from './stage-times.ts';
import {
  type AttemptCounters,
  isByHand,
  type LastAttempt,
  type RunningTask,
  type TaskHistory,
  type TaskState,
} from './task.ts';

/** The task after an attempt that did not complete it; what follows is in the next event. */
export function afterAttempt(
  task: RunningTask,
  outcome: Outcome,
  {at, denials}: {at: Timestamp; denials: Denial[] | undefined},
): TaskState {
  const counters = {...task.history.counters};
  if (outcome.kind === 'failed') countFailure(counters, outcome);
  if (outcome.kind === 'conflict') counters.conflicts++;
  if (outcome.kind === 'overload') counters.overloads++;
  // A night of waiting for a quota is not the task's fault; its driver rests ever longer in between. What only looks like
  // one and says no time may be the work itself, and would be paid for again and again.
  if (outcome.kind === 'quota' && !(outcome.guessed && outcome.resets_at === undefined)) counters.started--;
  if (outcome.kind === 'interrupted' && outcome.executor_died && task.stage !== 'integrating') counters.deaths++;
  const cause = outcome.kind === 'failed' ? outcome.cause : outcome.kind;
  return {
    status: 'pending',
    // Budget and cancelled ends have no event after them; every other end is decided by the next event.
    ...(!hasNoSequel(outcome) && {undecided: {attempt: task.attempt, outcome}}),
    history: {
      ...reopened(withTime(task, {at, isCompleted: false})),
      counters,
      failure: {cause, message: outcome.message},
      last: lastAttempt(task, outcome, denials),
    },
  };
}

/** The history with the own time of an attempt that ends. */
export function withTime(task: RunningTask, {at, isCompleted}: {at: Timestamp; isCompleted: boolean}): TaskHistory {
  const {history, startedAt} = task;
  const stages = stagesOf(task, {ready: Date.parse(startedAt), end: Date.parse(at), isCompleted});
  return {...history, tookMs: (history.tookMs ?? 0) + ownMs(stages)};
}

/**
 * When something came to pass that was recorded: an attempt that the next executor found, and on which nobody worked any
 * more, ended when its own was last heard of.
 */
export function cameToPassAt(
  {session}: {session?: SessionInfo},
  task: TaskState | undefined,
  {event, timestamp, session_id}: MilestoneEvent,
): Timestamp {
  const isLocal = task?.status === 'in_progress' && !isByHand(task) && !task.dispatched;
  if (event !== 'attempt_ended' || !isLocal || !session || task.session === session_id) return timestamp;
  const heardAt = task.session === session.id ? session.heardAt : session.before;
  return heardAt !== undefined && heardAt < timestamp ? heardAt : timestamp;
}

/** What it fails on again is told from what it fails on. */
function countFailure(counters: AttemptCounters, {files, red_before}: Extract<Outcome, {kind: 'failed'}>): void {
  counters.failures++;
  if (red_before !== undefined) counters.redBefore = (counters.redBefore ?? 0) + 1;
  if (!files) return;
  const {outside = []} = counters;
  if (files.some(file => outside.includes(file))) counters.isOutsideAgain = true;
  counters.outside = [...new Set([...outside, ...files])];
}

function hasNoSequel({kind}: Outcome): boolean {
  return kind === 'cancelled' || kind === 'budget';
}

/** What an attempt leaves to the next one. */
export function lastAttempt(task: RunningTask, outcome?: Outcome, denials?: Denial[]): LastAttempt {
  const failedChecks = task.checks?.filter(check => !check.ok) ?? [];
  const denied = denials ?? task.claim?.denials;
  const from = workBefore(task);
  return {
    attempt: task.attempt,
    ...(task.folder !== undefined && {slot: task.slot, folder: task.folder}),
    driver: task.driver,
    ...(task.phase !== undefined && {phase: task.phase}),
    ...(task.conversation !== undefined && {conversation: task.conversation}),
    ...(task.dispatched && {wasAway: true}),
    ...(task.dispatched?.livesAt && {livesAt: task.dispatched.livesAt}),
    ...(from.length > 0 && {from}),
    ...(outcome && {outcome}),
    ...(task.claim && {claim: task.claim}),
    ...(denied && denied.length > 0 && {denials: denied}),
    ...(failedChecks.length > 0 && {failedChecks}),
  };
}

function workBefore({continues, history}: RunningTask): number[] {
  if (continues === undefined) return [];
  return [continues, ...(history.last?.attempt === continues ? (history.last.from ?? []) : [])];
}

/** The last phase was over, but the task was not completed: the attempt has ended all the same. */
function reopened(history: TaskHistory): TaskHistory {
  const {kiro} = history;
  if (kiro?.phases.execute.status !== 'completed') return history;
  return {...history, kiro: withPhase(kiro, 'execute', {status: 'in_progress'})};
}
