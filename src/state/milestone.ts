// The state of a milestone: its plan in force plus the fold of its log.
//
// S1. Only `applyEvent` changes a MilestoneState; whoever holds one treats it as read-only.
// S2. The work of one event does not grow with the number of tasks (but for the events that carry a plan), so the
//     container is changed in place, while every TaskState in it is an immutable value.
// S3. What is derived from tasks (counts, unmet, progressSum, sets of ids) changes in `setTask` alone, what is derived
//     from blockers in `open-blockers.ts`.

import type {BlockerType} from '../events/details/blocker.ts';
import type {DriverPause, Usage} from '../events/details/driver.ts';
import type {Landing, PauseCode} from '../events/details/milestone.ts';
import type {RepositoryChange} from '../events/details/repository.ts';
import type {MilestoneEvent, NewEvent} from '../events/event.ts';
import type {Timestamp} from '../events/timestamp.ts';
import {KIRO_PHASES, type PhaseWeights} from '../plan/kiro-plan.ts';
import type {Budget, ImportedState, KiroPhase, MilestoneId, Plan, Task, TaskId} from '../plan/plan.ts';
import type {ShownStatus, TaskState} from './task.ts';

/** `failing`: its last tick failed, and it tries again. */
export type AgentStatus = 'running' | 'failing' | 'stopped';

export type MilestoneStatus = ImportedState['status'];

/** Whether nothing of a milestone will run any more, unless somebody brings it back. */
export function isOver(status: MilestoneStatus | undefined): boolean {
  return status === 'completed' || status === 'cancelled';
}

export interface Blocker {
  id: string;
  type: BlockerType;
  message: string;
  hint: string;
  taskId?: TaskId;
  /** It holds what this driver would do, and nothing else. */
  driver?: string;
  since: Timestamp;
  /** Whoever has to act was told. */
  escalated?: boolean;
}

export interface DriverTroubles {
  auth: number;
  quota: number;
}

/** Why a driver rests, and until when, if that is known. */
export interface PausedDriver {
  reason: DriverPause;
  message: string;
  since: Timestamp;
  resetsAt?: Timestamp;
}

/** What attempts have used, and what running ones may use yet. */
export interface Spending {
  used: Usage;
  /** The part of it that is an estimate. */
  estimated: Usage;
  /** By driver: what attempts have reported that came to their end. */
  reported: Record<string, Usage>;
  /** By task; an attempt reserves before it starts. */
  reserved: Record<TaskId, Budget>;
}

export interface Activation {
  executionId: string;
  at: Timestamp;
  isolation: 'worktree' | 'shared' | 'none';
  branch?: string;
  base?: string;
  baseName?: string;
}

export interface SessionInfo {
  id: string;
  startedAt: Timestamp;
  /** Number of the folder that it worked in. */
  home?: string;
  /** When it recorded something last. */
  heardAt: Timestamp;
  /** The same of the one before. */
  before?: Timestamp;
  /** Agents with `permissions: full` may do anything. */
  yolo?: true;
  /** Nobody is asked at the gates. */
  autoGates?: true;
  /** Files that lay in the user's checkout alone when it began: how many, and the first of them. */
  uncommitted?: {count: number; names: string[]};
  ended?: {at: Timestamp; exit: number; reason: string};
}

/** Something beside the work of tasks that a person may want to know for as long as the milestone is there. */
export type Aside = {at: Timestamp} & (
  | {kind: 'repository_changed'; change: RepositoryChange}
  | {kind: 'slot_kept'; slot: number; ref: string}
);

export interface MilestoneState {
  readonly id: MilestoneId;
  /** Number and time of the last event folded; 0 and undefined before the first. */
  seq: number;
  timestamp?: Timestamp;
  status: MilestoneStatus;
  paused?: {code: PauseCode; reason: string};
  blockedReason?: string;
  completedAt?: Timestamp;
  /** Head of the branch when the milestone completed. */
  commit?: string;
  /** On its way into a branch of the user's: whether it got there, that branch says. */
  landing?: Landing;
  /** The last time that it got there. */
  landed?: Landing;
  /** It was not completed then: the branch lacks what says that it is. */
  landedInPart?: true;
  activation?: Activation;
  /** Something of it was given to workers: the remote and their database have what is to go with it. */
  sentOut?: true;
  session?: SessionInfo;
  /** Time in which somebody executed it, in milliseconds. */
  executedMs: number;
  /** The plan in force. */
  plan: Plan;
  taskById: Map<TaskId, Task>;
  tasks: Map<TaskId, TaskState>;
  /** Tasks that were taken out of the plan after they had been tried, with the number of their last attempt. */
  removed: Map<TaskId, number>;
  dependants: Map<TaskId, TaskId[]>;
  /** For each task the number of its dependencies that are not satisfied. */
  unmet: Map<TaskId, number>;
  /** For each task the number of those that depend on it and are not satisfied. */
  waiting: Map<TaskId, number>;
  /** Ids of the tasks in progress. */
  running: Set<TaskId>;
  /** Of these the ones that are merged and checked together; those of the last time, when none are. */
  round?: readonly TaskId[];
  /** Of these the ones whose work waits to be merged, or is being merged. */
  queued: Set<TaskId>;
  counts: Record<ShownStatus, number>;
  /** Ids of the tasks that failed or are blocked. */
  stuck: Set<TaskId>;
  /** Ids of the failed tasks that hold others up, or do not fit the branch, and have no blocker. */
  unexplained: Set<TaskId>;
  /** What is held by what it depends on and is not on record as such; each as `heldKey` names it. */
  unreported: Set<string>;
  /** Ids of the tasks that go through the phases. */
  kiroTasks: Set<TaskId>;
  /** Ids of the kiro tasks whose next step is the program's, and of those that somebody is asked to let through. */
  nextStep: Record<'program' | 'person', Set<TaskId>>;
  weights: PhaseWeights;
  /** Completed without a green check on record. */
  unchecked: number;
  /** Sum of the progress of all tasks, each 0 to 100. */
  progressSum: number;
  /** As last recorded by `progress_updated`. */
  recordedProgress?: {percentage: number; completed_tasks: number; total_tasks: number; at?: Timestamp};
  blockers: Map<string, Blocker>;
  /** Of these the ones of each task; under `undefined` those of no task. */
  blockersOf: Map<TaskId | undefined, Map<string, Blocker>>;
  /** Ids of the blockers of which whoever has to act was not told. */
  untold: Set<string>;
  /** Drivers that rest. */
  pausedDrivers: Record<string, PausedDriver>;
  /** What went wrong with a driver since it last did some work, times in a row. */
  driverTroubles: Record<string, DriverTroubles>;
  spending: Spending;
  /** Whether the checks were green before anything was changed. */
  baseline?: {ok: boolean; head?: string};
  /**
   * Checks of the merge queue that were sent to a worker last: what they are called there, what tells them from others, and
   * how many there have been. They are over when what they came to is on record.
   */
  checksOut?: {job: string; queue: string; asked: string; number: number; isOver: boolean};
  /** When the averages of the phases last changed. */
  kiroChangedAt?: Timestamp;
  /** Problems of the plan file as it stands on disk, when it was refused. */
  refused?: string[];
  finalCheck?: {head?: string; command: string | undefined; ok: boolean};
  /** Of the last session. */
  agents: Record<string, AgentStatus>;
  /** The last of them, oldest first. */
  asides: Aside[];
  branchCreated: boolean;
  /** The last commit that this execution put on the branch. */
  head?: string;
  /** The last five events, oldest first. */
  recent: MilestoneEvent[];
  /** The last five that say something of the work, oldest first. */
  notable: MilestoneEvent[];
}

/** A task's state; the id must be one of the plan's. */
export function taskState(state: MilestoneState, id: TaskId): TaskState {
  const task = state.tasks.get(id);
  if (!task) throw new Error(`no task ${id} in milestone ${state.id}`);
  return task;
}

/** Number of the last attempt at a task, which may be in the plan no more; undefined where the log never had it. */
export function attemptsOf(state: MilestoneState, id: TaskId): number | undefined {
  return state.tasks.get(id)?.history.attempts ?? state.removed.get(id);
}

/** The phase that a kiro task is in, or begins with; undefined for any other task. */
export function phaseInWork(state: MilestoneState, id: TaskId): KiroPhase | undefined {
  const task = taskState(state, id);
  // An attempt ends as what it began as, whatever the plan says meanwhile.
  if (task.status === 'in_progress') return task.phase;
  const {kiro} = task.history;
  return kiro ? kiro.phase : state.kiroTasks.has(id) ? KIRO_PHASES[0] : undefined;
}

/** What precedes the first attempt of a kiro task. */
export function startOfWorkflow(state: MilestoneState, task_id: TaskId): NewEvent[] {
  const isFirst = state.kiroTasks.has(task_id) && !taskState(state, task_id).history.kiro;
  return isFirst ? [{event: 'kiro_workflow_started', details: {task_id}}] : [];
}

/** Tasks completed or skipped. */
export function tasksCompleted(state: MilestoneState): number {
  return state.counts.completed + state.counts.skipped;
}

/** Attempts that take one of the places there are: work that waits to be merged needs none, but in a checkout of all. */
export function roomTaken({running, queued, activation}: MilestoneState): number {
  return activation?.isolation === 'shared' ? running.size : running.size - queued.size;
}

/**
 * When a driver that rests can work again, of those that say so.
 * @param drivers Only of these.
 */
export function pausedUntil(
  {pausedDrivers}: Pick<MilestoneState, 'pausedDrivers'>,
  drivers: readonly string[] = Object.keys(pausedDrivers),
): Timestamp | undefined {
  return drivers.flatMap(driver => pausedDrivers[driver]?.resetsAt ?? []).sort()[0];
}
