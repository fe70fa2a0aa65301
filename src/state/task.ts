// What is known of a task; how events change it is in fold-task.ts.

import type {Claim, Delivered, Denial, LivesAt, RemovedTest} from '../events/details/attempt.ts';
import type {CheckResult} from '../events/details/checks.ts';
import type {Usage} from '../events/details/driver.ts';
import type {Outcome} from '../events/details/outcome.ts';
import type {Timestamp} from '../events/timestamp.ts';
import type {ImportedTask, KiroPhase, TaskId} from '../plan/plan.ts';
import type {KiroState} from './kiro.ts';

/** Which attempt at which task of the milestone. */
export interface AttemptId {
  taskId: TaskId;
  attempt: number;
}

/** What is known of a task whatever its status. */
export interface TaskHistory {
  /** Number of the last attempt; never reused, not after a reset, nor when the task comes back into the plan. */
  attempts: number;
  /** Counted since the last reset; they bound the retries. */
  counters: AttemptCounters;
  /** When the first attempt started. */
  startedAt?: Timestamp;
  /** The own time of its attempts (`ownMs`) together, in milliseconds. */
  tookMs?: number;
  /** How the last attempt that did not succeed ended. */
  failure?: {cause: string; message: string};
  /** The last attempt that has ended, and what it leaves to the next one. */
  last?: LastAttempt;
  /** What a person answered to what attempts asked. */
  answers?: Array<{question: string; answer: string}>;
  /** What its own check said of the commit that an attempt started from. */
  before?: {base: string; check: CheckResult};
  /** What all attempts have used, as far as it is known. */
  used?: Usage;
  /** The part of it that is an estimate. */
  estimated?: Usage;
  /** The part of `used` that belongs to the conversation of the last attempt. */
  usedInConversation?: Usage;
  /** Of a kiro task whose first phase has begun. */
  kiro?: KiroState;
}

interface Remembered {
  history: TaskHistory;
}

export interface LastAttempt {
  attempt: number;
  /** Where it has worked; a coding agent's, with its folder. */
  slot?: number;
  folder?: string;
  driver: string;
  phase?: KiroPhase;
  /** Of a coding agent; the next attempt may go on with it. */
  conversation?: string;
  /** It was given to workers; where its conversation lives, if that is known. */
  wasAway?: true;
  livesAt?: LivesAt;
  /** Attempts whose work it was to start from, the latest first: of those that left none, the one before. */
  from?: number[];
  /** Absent: it did its work, which now waits. */
  outcome?: Outcome;
  claim?: Claim;
  denials?: Denial[];
  /** Red ones. */
  failedChecks?: CheckResult[];
}

export interface AttemptCounters {
  started: number;
  failures: number;
  conflicts: number;
  /** Times that the provider was busy. */
  overloads: number;
  /** Times that the executor died while an attempt was running. */
  deaths: number;
  /** Times that its own check was red in the same way as before any work. */
  redBefore?: number;
  /** Files that it changed and may not. */
  outside?: string[];
  /** It changed one of them again. */
  isOutsideAgain?: true;
}

export type Stage = 'starting' | 'working' | 'claimed' | 'integrating';

export interface PendingTask extends Remembered {
  status: 'pending';
  /** Not to be started before this time. */
  notBefore?: Timestamp;
  /** To be started only when nothing else runs. */
  alone?: boolean;
  /** An attempt ended so, and what follows from it is not in the log yet. */
  undecided?: {attempt: number; outcome: Outcome};
}

/** How far an attempt has got, and when. */
export interface AttemptMarks {
  /** Its driver is at work: here, or at a worker. */
  workingAt?: Timestamp;
  claimedAt?: Timestamp;
  /** Its own checks were green. */
  verifiedAt?: Timestamp;
  /** It waits to be merged, since then: its work, where there is any. */
  queued?: {at: Timestamp; commit?: string};
}

export interface RunningTask extends Remembered, AttemptMarks {
  status: 'in_progress';
  stage: Stage;
  attempt: number;
  /** Absent where a person works by hand. */
  slot?: number;
  /** Of a coding agent. */
  folder?: string;
  token: string;
  driver: string;
  /** Whose login and quota it uses, where `driver` is another name for it. */
  provider?: string;
  startedAt: Timestamp;
  /** Who started it. */
  session: string;
  /** Of a kiro task. */
  phase?: KiroPhase;
  /** Of a coding agent, as soon as it is known. */
  conversation?: string;
  /** Attempt whose work it started from. */
  continues?: number;
  /** No driver works: the work of this earlier attempt is integrated. */
  integrates?: number;
  alone?: boolean;
  process?: {pid: number; started: string | null};
  /** It works at a worker, or waits for one. */
  dispatched?: Dispatched;
  /** What its worker has handed in. */
  delivered?: Delivered;
  claim?: Claim;
  /** Number of the event that claimed it. */
  claimSeq?: number;
  /** Green checks are on record for this attempt. */
  checked?: boolean;
  /** Checks that were run for it, as last recorded. */
  checks?: CheckResult[];
  integrating?: {commit: string; onto: string; tip?: string};
  /** What its agent has used is on record; after the claim, what its reviewer has. */
  settled?: true;
  removedTests?: RemovedTest[];
}

/** An attempt that was given to workers. */
export interface Dispatched {
  job: string;
  queue: string;
  /** What the names of all refs of its work begin with. */
  ref: string;
  labels: readonly string[];
  /** Who has it, as soon as he has said so. */
  worker?: string;
  /** Where its conversation lives: where it goes on with one, or as soon as its worker has said so. */
  livesAt?: LivesAt;
}

/** The worker that has an attempt; null as long as none has said so, undefined for one that is made here. */
export function workerOf({dispatched, delivered}: RunningTask): string | null | undefined {
  return dispatched && (dispatched.worker ?? delivered?.worker ?? null);
}

/** Whether a person does it by hand. */
export function isByHand({slot}: Pick<RunningTask, 'slot'>): boolean {
  return slot === undefined;
}

/** What is kept of a check when its task is done. */
export type DoneCheck = Pick<CheckResult, 'command' | 'ok' | 'duration_ms' | 'flaky'>;

export interface CompletedTask extends Remembered {
  status: 'completed';
  completedAt?: Timestamp;
  /** Its work was done by then, and waited to be merged. */
  queuedAt?: Timestamp;
  commit?: string;
  checked: boolean;
  /** Those that were run last on its work. */
  checks?: readonly DoneCheck[];
  /** What its driver said of it. */
  summary?: string;
  removedTests?: RemovedTest[];
}

/** A task as the log tells it; each variant carries exactly what is true then. */
export type TaskState =
  | PendingTask
  | RunningTask
  | CompletedTask
  | (Remembered & {status: 'failed'; cause: string; message: string})
  | (Remembered & {status: 'blocked'; blockerId: string})
  | (Remembered & {status: 'skipped'; reason?: string});

export type TaskStatus = TaskState['status'];

/** Statuses as they are shown: a kiro task is `kiro_managed` from its first phase to its last. */
export type ShownStatus = TaskStatus | 'kiro_managed';

/** The status of a task for others. */
export function shownStatus({status, history}: TaskState): ShownStatus {
  return history.kiro && (status === 'pending' || status === 'in_progress') ? 'kiro_managed' : status;
}

export const NO_COUNTERS: AttemptCounters = {started: 0, failures: 0, conflicts: 0, overloads: 0, deaths: 0};

/** A task of which nothing has happened: most of them, in a large plan. */
export const UNTOUCHED: TaskState = {status: 'pending', history: {attempts: 0, counters: NO_COUNTERS}};

/** A task of which nothing has happened, or what a plan brought along at its first activation. */
export function initialTask(imported?: ImportedTask, checked = false): TaskState {
  if (imported === undefined) return UNTOUCHED;
  const history: TaskHistory = {...UNTOUCHED.history};
  if (imported.started_at !== undefined) history.startedAt = imported.started_at;
  if (imported.status === 'skipped') return {status: 'skipped', history};
  if (imported.status !== 'completed') return {status: 'pending', history};
  return {
    status: 'completed',
    history,
    checked,
    ...(imported.completed_at !== undefined && {completedAt: imported.completed_at}),
    ...(imported.commit !== undefined && {commit: imported.commit}),
  };
}

/** A task that was taken out of the plan and put back: it begins anew behind its last attempt. */
export function returnedTask(attempts: number): TaskState {
  return {status: 'pending', history: {attempts, counters: NO_COUNTERS}};
}

/** Whether what depends on the task may go on. */
export function isSatisfied(task: TaskState): boolean {
  return task.status === 'completed' || task.status === 'skipped';
}

/** Whether what depends on the task cannot go on before somebody does something about it. */
export function isStuck(task: TaskState): boolean {
  return task.status === 'failed' || task.status === 'blocked';
}

/** A task that the plan does not lead through phases any more. */
export function withoutPhases({kiro: _, ...history}: TaskHistory): TaskHistory {
  return history;
}
