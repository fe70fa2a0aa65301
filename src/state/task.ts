//                       task_started                     task_claimed            task_integrating
//   pending ────────────────────────────> in_progress: starting ─> working ─> claimed ─> integrating
//    ^  ^  ^                                   │                                            │
//    │  │  └─ task_retry_scheduled ─ attempt_ended ─ task_failed ────────> failed           │ task_completed
//    │  │                                   └────── blocker_detected ────> blocked          v
//    │  └───────────────────────── blocker_resolved ───────────────────────┘            completed
//    └──────────────── task_reset (failed, blocked, skipped, completed) ──────── skipped <── task_skipped

import {MilestoneError} from '../errors.ts';
import type {Claim, MilestoneEvent, Outcome, TaskEvent, Timestamp} from '../events/event.ts';
import type {ImportedTask} from '../milestone/plan.ts';

/** What is known of a task whatever its status. */
export interface TaskHistory {
  /** Number of the last attempt; never reused, not even after a reset. */
  attempts: number;
  /** Counted since the last reset; they bound the retries. */
  counters: AttemptCounters;
  /** When the first attempt started. */
  startedAt?: Timestamp;
  /** How the last attempt that did not succeed ended. */
  failure?: {cause: string; message: string};
}

export interface AttemptCounters {
  started: number;
  failures: number;
  conflicts: number;
  /** Times that the executor died while an attempt was running. */
  deaths: number;
}

export type Stage = 'starting' | 'working' | 'claimed' | 'integrating';

export interface PendingTask {
  status: 'pending';
  /** Not to be started before this time. */
  notBefore?: Timestamp;
  /** To be started only when nothing else runs. */
  alone?: boolean;
  /** An attempt ended so, and what follows from it is not in the log yet. */
  undecided?: {attempt: number; outcome: Outcome};
}

export interface RunningTask {
  status: 'in_progress';
  stage: Stage;
  attempt: number;
  slot: number;
  token: string;
  driver: string;
  startedAt: Timestamp;
  alone?: boolean;
  process?: {pid: number; started: string | null};
  claim?: Claim;
  /** Green checks are on record for this attempt. */
  checked?: boolean;
  integrating?: {commit: string; onto: string};
}

export interface CompletedTask {
  status: 'completed';
  completedAt?: Timestamp;
  commit?: string;
  checked: boolean;
}

/** A task as the log tells it; each variant carries exactly what is true then. */
export type TaskState = {history: TaskHistory} & (
  | PendingTask
  | RunningTask
  | CompletedTask
  | {status: 'failed'; cause: string; message: string}
  | {status: 'blocked'; blockerId: string}
  | {status: 'skipped'; reason?: string}
);

export type TaskStatus = TaskState['status'];

const NO_COUNTERS: AttemptCounters = {started: 0, failures: 0, conflicts: 0, deaths: 0};

/** A task of which nothing has happened, or what a plan brought along at its first activation. */
export function initialTask(imported?: ImportedTask): TaskState {
  const history: TaskHistory = {attempts: 0, counters: NO_COUNTERS};
  if (imported?.started_at !== undefined) history.startedAt = imported.started_at;
  if (imported?.status === 'skipped') return {status: 'skipped', history};
  if (imported?.status !== 'completed') return {status: 'pending', history};
  return {
    status: 'completed',
    history,
    checked: false,
    ...(imported.completed_at !== undefined && {completedAt: imported.completed_at}),
    ...(imported.commit !== undefined && {commit: imported.commit}),
  };
}

/** Whether what depends on the task may go on. */
export function isSatisfied(task: TaskState): boolean {
  return task.status === 'completed' || task.status === 'skipped';
}

/**
 * Fold one recorded event into a task. The only place where a task changes status.
 * @throws {MilestoneError} `LOG_CORRUPT` when the event cannot follow what the log said before.
 */
export function applyToTask(task: TaskState, event: TaskEvent): TaskState {
  const {history} = task;
  switch (event.event) {
    case 'task_started':
      if (task.status !== 'pending' || task.undecided || event.details.attempt !== history.attempts + 1) break;
      return {
        status: 'in_progress',
        stage: 'starting',
        attempt: event.details.attempt,
        slot: event.details.slot,
        token: event.details.token,
        driver: event.details.driver,
        startedAt: event.timestamp,
        ...(task.alone && {alone: true}),
        history: {
          ...history,
          attempts: event.details.attempt,
          startedAt: history.startedAt ?? event.timestamp,
          counters: {...history.counters, started: history.counters.started + 1},
        },
      };
    case 'task_working':
      if (!isRunning(task, event)) break;
      return {...task, stage: 'working', process: {pid: event.details.pid, started: event.details.process_started}};
    case 'task_claimed':
      if (!isRunning(task, event) || task.stage === 'integrating') break;
      return {...task, stage: 'claimed', claim: event.details.result};
    case 'task_verified':
      if (!isRunning(task, event)) break;
      return event.details.ok && event.details.checks.length > 0 ? {...task, checked: true} : task;
    case 'task_integrating':
      if (!isRunning(task, event)) break;
      return {
        ...task,
        stage: 'integrating',
        integrating: {commit: event.details.commit, onto: event.details.onto},
      };
    case 'task_completed':
      if (!isRunning(task, event) && !event.details.adopted) break;
      return {
        status: 'completed',
        completedAt: event.timestamp,
        checked: event.details.checked,
        ...(event.details.commit !== undefined && {commit: event.details.commit}),
        history: {...history, attempts: Math.max(history.attempts, event.details.attempt)},
      };
    case 'attempt_ended':
      if (!isRunning(task, event)) break;
      return afterAttempt(task, event.details.outcome);
    case 'task_retry_scheduled':
      if (task.status !== 'pending') break;
      return {
        status: 'pending',
        history,
        notBefore: event.details.retry_at,
        ...(event.details.alone && {alone: true}),
      };
    case 'task_failed':
      if (task.status !== 'pending') break;
      return {status: 'failed', cause: event.details.cause, message: event.details.message, history};
    case 'task_skipped':
      if (task.status === 'in_progress' || task.status === 'completed') break;
      return {status: 'skipped', history, ...(event.details.reason !== undefined && {reason: event.details.reason})};
    case 'task_reset':
      if (task.status === 'in_progress') break;
      return {status: 'pending', history: {...history, counters: NO_COUNTERS}};
    case 'blocker_detected':
      if (task.status !== 'pending') break;
      return {status: 'blocked', blockerId: event.details.id, history};
    case 'blocker_resolved':
      return task.status === 'blocked' ? {status: 'pending', history: {...history, counters: NO_COUNTERS}} : task;
    case 'auto_commit':
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

/** Whether an event is about one task of the plan. */
export function isTaskEvent(event: MilestoneEvent): event is TaskEvent {
  return 'task_id' in event.details && event.details.task_id !== undefined;
}

function isRunning(task: TaskState, event: {details: {attempt: number}}): task is RunningTask & {history: TaskHistory} {
  return task.status === 'in_progress' && task.attempt === event.details.attempt;
}

function afterAttempt(task: RunningTask & {history: TaskHistory}, outcome: Outcome): TaskState {
  const {history} = task;
  const counters = {...history.counters};
  if (outcome.kind === 'failed') counters.failures++;
  if (outcome.kind === 'conflict') counters.conflicts++;
  if (outcome.kind === 'interrupted' && outcome.executor_died && task.stage !== 'integrating') counters.deaths++;
  const cause = outcome.kind === 'failed' ? outcome.cause : outcome.kind;
  return {
    status: 'pending',
    // Budget and cancelled ends have no event after them; every other end is decided by the next event.
    ...(outcome.kind !== 'cancelled' && {undecided: {attempt: task.attempt, outcome}}),
    history: {...history, counters, failure: {cause, message: outcome.message}},
  };
}

function describe(task: TaskState): string {
  return task.status === 'in_progress' ? `in attempt ${task.attempt} (${task.stage})` : task.status;
}
