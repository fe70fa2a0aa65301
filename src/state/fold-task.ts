//                       task_started                     task_claimed     task_queued, task_integrating
//   pending ────────────────────────────> in_progress: starting ─> working ─> claimed ─> integrating
//    ^  ^  ^                                   │                                            │
//    │  │  └─ task_retry_scheduled ─ attempt_ended ─ task_failed ────────> failed           │ task_completed
//    │  │                                   └────── blocker_detected ────> blocked          v
//    │  └───────────────────────── blocker_resolved ───────────────────────┘            completed
//    └──────────────── task_reset (failed, blocked, skipped, completed) ──────── skipped <── task_skipped

import {MilestoneError} from '../errors.ts';
import type {CheckResult} from '../events/details/checks.ts';
import type {Usage} from '../events/details/driver.ts';
import type {EventOf, KiroEvent, MilestoneEvent, TaskEvent} from '../events/event.ts';
import type {Timestamp} from '../events/timestamp.ts';
import {afterAttempt, lastAttempt, withTime} from './ended-attempt.ts';
import {applyToKiro, newKiro, withPhase} from './kiro.ts';
import {startedAttempt, withoutConversation} from './started-attempt.ts';
import {
  type DoneCheck,
  NO_COUNTERS,
  type RunningTask,
  type TaskHistory,
  type TaskState,
  withoutPhases,
} from './task.ts';
import {addUsage} from './usage.ts';

/**
 * Fold one recorded event into a task. The only place where a task changes status.
 * @param at When it came to pass, where that is known better than when it was recorded (`cameToPassAt`).
 * @throws {MilestoneError} `LOG_CORRUPT` when the event cannot follow what the log said before.
 */
export function applyToTask(task: TaskState, event: TaskEvent, at: Timestamp = event.timestamp): TaskState {
  const {history} = task;
  switch (event.event) {
    case 'task_started':
      if (task.status !== 'pending' || task.undecided || !isNext(history, event.details.attempt)) break;
      return startedAttempt(task, event);
    case 'task_conversation':
      if (!isRunning(task, event)) break;
      return {...task, conversation: event.details.conversation, history: withoutConversation(history)};
    case 'attempt_dispatched': {
      if (!isRunning(task, event)) break;
      const {job, queue, ref, labels, lives_at: livesAt} = event.details;
      return {...task, dispatched: {job, queue, ref, labels, ...(livesAt && {livesAt})}};
    }
    case 'task_working': {
      if (!isRunning(task, event)) break;
      const {pid, process_started: started, worker, lives_at: livesAt} = event.details;
      const living = worker !== undefined &&
        task.dispatched && {dispatched: {...task.dispatched, worker, ...(livesAt && {livesAt})}};
      return {...task, stage: 'working', workingAt: event.timestamp, process: {pid, started}, ...living};
    }
    case 'task_claimed':
      if (!isRunning(task, event) || task.stage === 'integrating') break;
      return {
        ...withoutSettled(task),
        stage: 'claimed',
        claimedAt: event.timestamp,
        claim: event.details.result,
        claimSeq: event.seq,
        ...(event.details.delivered && {delivered: event.details.delivered}),
      };
    case 'tests_removed':
      if (!isRunning(task, event)) break;
      return {...task, removedTests: event.details.files};
    case 'task_verified':
      if (!isRunning(task, event)) break;
      return {
        ...task,
        checks: rememberFlaky(event.details.checks, task.checks),
        ...(event.details.ok && event.details.checks.length > 0 && {checked: true}),
        ...(event.details.ok && event.details.on === 'worktree' && {verifiedAt: event.timestamp}),
      };
    case 'task_queued': {
      if (!isRunning(task, event) || task.stage !== 'claimed') break;
      const {commit} = event.details;
      return {...task, stage: 'integrating', queued: {at: event.timestamp, ...(commit !== undefined && {commit})}};
    }
    case 'task_integrating': {
      if (!isRunning(task, event)) break;
      const {commit, onto, tip} = event.details;
      return {
        ...task,
        stage: 'integrating',
        // Earlier versions queued nothing: what was to be moved is the work.
        queued: task.queued ?? {at: event.timestamp, commit},
        integrating: {commit, onto, ...(tip !== undefined && {tip})},
      };
    }
    case 'task_completed':
      if (!isRunning(task, event) && !event.details.adopted) break;
      return completed(task, event);
    case 'attempt_ended':
      if (!isRunning(task, event)) break;
      return afterAttempt(task, event.details.outcome, {at, denials: event.details.denials});
    case 'task_retry_scheduled':
      if (task.status !== 'pending') break;
      return {
        status: 'pending',
        history,
        ...(event.details.retry_at > event.timestamp && {notBefore: event.details.retry_at}),
        ...(event.details.alone && {alone: true}),
      };
    case 'task_failed':
      if (task.status !== 'pending') break;
      return {status: 'failed', cause: event.details.cause, message: event.details.message, history: blocked(history)};
    case 'task_skipped':
      if (task.status === 'in_progress' || task.status === 'completed') break;
      return {status: 'skipped', history, ...(event.details.reason !== undefined && {reason: event.details.reason})};
    case 'task_reset':
      if (task.status === 'in_progress') break;
      return {status: 'pending', history: restarted(task)};
    case 'blocker_detected':
      if (task.status === 'failed') return task;
      if (task.status !== 'pending') break;
      return {status: 'blocked', blockerId: event.details.id, history: blocked(history)};
    case 'blocker_resolved':
      return task.status === 'blocked' ? {status: 'pending', history: restarted(task)} : task;
    case 'blocker_answered': {
      const {question, answer} = event.details;
      return {...task, history: {...history, answers: [...(history.answers ?? []), {question, answer}]}};
    }
    case 'budget_settled':
      return {
        ...task,
        history: withUsage(task, event.details),
        ...(task.status === 'in_progress' && {settled: true}),
      };
    case 'kiro_workflow_started':
      if (task.status !== 'pending' || history.kiro) break;
      return {...task, history: {...history, kiro: newKiro()}};
    case 'kiro_phase_updated':
    case 'kiro_phase_transition':
    case 'kiro_approval_requested':
    case 'kiro_approval_granted':
    case 'kiro_approval_rejected':
    case 'kiro_approval_voided':
    case 'kiro_workflow_completed': {
      const next = applyWorkflow(task, event);
      if (!next) break;
      return next;
    }
    case 'check_compared':
      return {...task, history: {...history, before: {base: event.details.base, check: event.details.check}}};
    case 'auto_commit':
    case 'task_dependency_blocker':
    case 'budget_reserved':
      return task;
    default:
      return event satisfies never;
  }
  throw new MilestoneError(
    'LOG_CORRUPT',
    `the event log has \`${event.event}\` (number ${event.seq}) for task \`${event.details.task_id}\`, which is ${describe(task)}`,
    {hint: 'milestone doctor'},
  );
}

function completed(task: TaskState, {timestamp, details}: EventOf<'task_completed'>): TaskState {
  const running = task.status === 'in_progress' ? task : undefined;
  return {
    status: 'completed',
    completedAt: timestamp,
    ...(running?.queued && {queuedAt: running.queued.at}),
    checked: details.checked,
    ...(details.commit !== undefined && {commit: details.commit}),
    ...(running?.claim?.summary !== undefined && {summary: running.claim.summary}),
    ...(running?.removedTests && {removedTests: running.removedTests}),
    ...(running?.checks && running.checks.length > 0 && {checks: running.checks.map(doneCheck)}),
    history: {
      ...(running ? withTime(running, {at: timestamp, isCompleted: true}) : task.history),
      attempts: Math.max(task.history.attempts, details.attempt),
    },
  };
}

/** Whether an event is about one task of the plan. */
export function isTaskEvent(event: MilestoneEvent): event is TaskEvent {
  return 'task_id' in event.details && event.details.task_id !== undefined;
}

/** A log may also count anew what was put back into the plan. */
function isNext({attempts, startedAt}: TaskHistory, attempt: number): boolean {
  return attempt === attempts + 1 || (attempt === 1 && startedAt === undefined);
}

function isRunning(task: TaskState, event: {details: {attempt: number}}): task is RunningTask {
  return task.status === 'in_progress' && task.attempt === event.details.attempt;
}

function applyWorkflow(task: TaskState, event: KiroEvent): TaskState | undefined {
  const {history} = task;
  const kiro = history.kiro && applyToKiro(history.kiro, event);
  if (!kiro) return undefined;
  // Each phase has its own tries.
  if (kiro.phase !== history.kiro?.phase) return {...task, history: {...history, kiro, counters: NO_COUNTERS}};
  const isEnd = event.event === 'kiro_phase_updated' && event.details.attempt !== undefined;
  if (!isEnd || task.status === 'completed') return {...task, history: {...history, kiro}};
  if (task.status !== 'in_progress' || task.attempt !== event.details.attempt) return undefined;
  if (event.details.phase === 'execute' && event.details.status === 'completed')
    return {...task, history: {...history, kiro}};
  return {
    status: 'pending',
    history: {...withTime(task, {at: event.timestamp, isCompleted: false}), kiro, last: lastAttempt(task)},
  };
}

/** The phase stops where the task does. */
function blocked(history: TaskHistory): TaskHistory {
  const {kiro} = history;
  if (kiro?.phases[kiro.phase].status !== 'in_progress') return history;
  return {...history, kiro: withPhase(kiro, kiro.phase, {status: 'blocked'})};
}

/** Counted anew; no gate is passed by it. What is done again goes through all phases again. */
function restarted({status, history}: TaskState): TaskHistory {
  if (status === 'completed') return {...withoutPhases(history), counters: NO_COUNTERS};
  const {kiro} = history;
  const isBlocked = kiro?.phases[kiro.phase].status === 'blocked';
  return {
    ...history,
    counters: NO_COUNTERS,
    ...(kiro && isBlocked && {kiro: withPhase(kiro, kiro.phase, {status: 'pending'})}),
  };
}

function withoutSettled({settled: _, ...task}: RunningTask) {
  return task;
}

/** What is used after the claim is not the author's but the reviewer's. */
function withUsage(task: TaskState, {used, estimated}: {used: Usage; estimated?: Usage}): TaskHistory {
  const {history} = task;
  const isAuthors = task.status === 'in_progress' && (task.stage === 'starting' || task.stage === 'working');
  return {
    ...history,
    used: addUsage(history.used, used),
    ...(estimated && {estimated: addUsage(history.estimated, estimated)}),
    ...(isAuthors && {usedInConversation: addUsage(history.usedInConversation, used)}),
  };
}

function describe(task: TaskState): string {
  return task.status === 'in_progress' ? `in attempt ${task.attempt} (${task.stage})` : task.status;
}

/** What was red once and green on the same files stays flaky, however often it is green later in the attempt. */
function rememberFlaky(checks: readonly CheckResult[], before: readonly CheckResult[] = []): CheckResult[] {
  const flaky = new Set(before.filter(check => check.flaky).map(({command}) => command));
  return checks.map(check => (check.ok && flaky.has(check.command) ? {...check, flaky: true} : check));
}

function doneCheck({command, ok, duration_ms, flaky}: CheckResult): DoneCheck {
  return {command, ok, duration_ms, ...(flaky && {flaky})};
}
