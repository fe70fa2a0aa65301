// The state of a milestone: its plan in force plus the fold of its log.
//
// S1. Only `applyEvent` changes a MilestoneState; whoever holds one treats it as read-only.
// S2. The work of one event does not grow with the number of tasks (but for the events that carry a plan), so the
//     container is changed in place, while every TaskState in it is an immutable value.
// S3. What is derived from tasks (counts, unmet, progressSum) changes in `setTask` alone.

import {MilestoneError} from '../errors.ts';
import type {
  BlockerType,
  DriverPause,
  MilestoneEvent,
  NewEvent,
  PauseCode,
  PlanChange,
  Timestamp,
  Usage,
} from '../events/event.ts';
import {isKiro, KIRO_PHASES, type PhaseWeights, phaseWeights} from '../milestone/kiro.ts';
import type {Budget, ImportedState, KiroPhase, MilestoneId, Plan, Task, TaskId} from '../milestone/plan.ts';
import {taskProgress} from './progress.ts';
import {
  addUsage,
  applyToTask,
  initialTask,
  isSatisfied,
  isTaskEvent,
  type ShownStatus,
  shownStatus,
  type TaskState,
  withoutPhases,
} from './task.ts';

/** `failing`: its last tick failed, and it tries again. */
export type AgentStatus = 'running' | 'failing' | 'stopped';

export type MilestoneStatus = ImportedState['status'];

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
  /** Agents with `permissions: full` may do anything. */
  yolo?: true;
  /** Nobody is asked at the gates. */
  autoGates?: true;
  ended?: {at: Timestamp; exit: number; reason: string};
}

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
  activation?: Activation;
  session?: SessionInfo;
  /** The plan in force. */
  plan: Plan;
  taskById: Map<TaskId, Task>;
  tasks: Map<TaskId, TaskState>;
  dependants: Map<TaskId, TaskId[]>;
  /** For each task the number of its dependencies that are not satisfied. */
  unmet: Map<TaskId, number>;
  /** Ids of the tasks in progress. */
  running: Set<TaskId>;
  counts: Record<ShownStatus, number>;
  /** Ids of the tasks that go through the phases. */
  kiroTasks: Set<TaskId>;
  weights: PhaseWeights;
  /** Completed without a green check on record. */
  unchecked: number;
  /** Sum of the progress of all tasks, each 0 to 100. */
  progressSum: number;
  /** As last recorded by `progress_updated`. */
  recordedProgress?: {percentage: number; completed_tasks: number; total_tasks: number};
  blockers: Map<string, Blocker>;
  /** Drivers that rest. */
  pausedDrivers: Record<string, PausedDriver>;
  /** What went wrong with a driver since it last did some work, times in a row. */
  driverTroubles: Record<string, DriverTroubles>;
  spending: Spending;
  /** Whether the checks were green before anything was changed. */
  baseline?: {ok: boolean; head?: string};
  /** When the averages of the phases last changed. */
  kiroChangedAt?: Timestamp;
  /** Problems of the plan file as it stands on disk, when it was refused. */
  refused?: string[];
  finalCheck?: {head?: string; ok: boolean};
  /** Of the last session. */
  agents: Record<string, AgentStatus>;
  branchCreated: boolean;
  /** The last commit that this execution put on the branch. */
  head?: string;
  /** The last five events, oldest first. */
  recent: MilestoneEvent[];
}

const RECENT_EVENTS = 5;

function noCounts(): Record<ShownStatus, number> {
  return {pending: 0, in_progress: 0, kiro_managed: 0, completed: 0, failed: 0, blocked: 0, skipped: 0};
}

/** The state before the first event: the plan, and what its file says of completed tasks. */
export function initialState(plan: Plan, imported: ImportedState['tasks'] = {}): MilestoneState {
  const state: MilestoneState = {
    id: plan.id,
    seq: 0,
    status: 'planned',
    plan,
    taskById: new Map(),
    tasks: new Map(),
    dependants: new Map(),
    unmet: new Map(),
    running: new Set(),
    counts: noCounts(),
    kiroTasks: new Set(),
    weights: phaseWeights(undefined),
    unchecked: 0,
    progressSum: 0,
    blockers: new Map(),
    pausedDrivers: {},
    driverTroubles: {},
    spending: {used: {}, reserved: {}},
    branchCreated: false,
    agents: {},
    recent: [],
  };
  adoptPlan(state, plan, id => initialTask(imported[id]));
  return state;
}

/**
 * Fold one recorded event into the state, in place.
 * @throws {MilestoneError} `LOG_CORRUPT` when the event cannot follow what came before.
 */
export function applyEvent(state: MilestoneState, event: MilestoneEvent): void {
  if (event.seq !== state.seq + 1) throw misplaced(event, `comes after number ${state.seq}`);
  if (isTaskEvent(event)) {
    const task = state.tasks.get(event.details.task_id);
    if (!task) throw misplaced(event, `names the unknown task \`${event.details.task_id}\``);
    setTask(state, event.details.task_id, applyToTask(task, event));
    if (state.kiroTasks.has(event.details.task_id)) state.kiroChangedAt = event.timestamp;
    applyToDrivers(state, event, task);
  }
  applyToMilestone(state, event);
  state.seq = event.seq;
  state.timestamp = event.timestamp;
  state.recent.push(withoutPlan(event));
  if (state.recent.length > RECENT_EVENTS) state.recent.shift();
}

/** A task's state; the id must be one of the plan's. */
export function taskState(state: MilestoneState, id: TaskId): TaskState {
  const task = state.tasks.get(id);
  if (!task) throw new Error(`no task ${id} in milestone ${state.id}`);
  return task;
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

/** The plan after a recorded change. */
export function changedPlan(plan: Plan, change: PlanChange): Plan {
  const byId = new Map(plan.tasks.map(task => [task.id, task]));
  for (const [id, task] of Object.entries(change.tasks ?? {})) {
    if (task) byId.set(id, task);
    else byId.delete(id);
  }
  const order = change.order ?? [...byId.keys()];
  return {...(change.milestone ?? plan), tasks: order.flatMap(id => byId.get(id) ?? [])};
}

function applyToMilestone(state: MilestoneState, event: MilestoneEvent): void {
  switch (event.event) {
    case 'milestone_activated': {
      const {details} = event;
      adoptPlan(state, details.plan, id => initialTask(details.imported[id]));
      state.status = 'in_progress';
      state.activation = {
        executionId: details.execution_id,
        at: event.timestamp,
        isolation: details.isolation,
        ...(details.branch !== undefined && {branch: details.branch}),
        ...(details.base !== undefined && {base: details.base}),
        ...(details.base_name !== undefined && {baseName: details.base_name}),
      };
      break;
    }
    case 'branch_created':
      state.branchCreated = true;
      state.head = event.details.base;
      break;
    case 'task_completed':
      if (event.details.commit !== undefined) state.head = event.details.commit;
      break;
    case 'plan_changed':
      delete state.refused;
      adoptPlan(state, changedPlan(state.plan, event.details.change), id => state.tasks.get(id) ?? initialTask());
      break;
    case 'plan_refused':
      state.refused = event.details.problems;
      break;
    case 'milestone_paused':
      state.status = 'paused';
      state.paused = {code: event.details.code, reason: event.details.reason};
      break;
    case 'milestone_resumed':
      state.status = 'in_progress';
      delete state.paused;
      delete state.blockedReason;
      break;
    case 'milestone_blocked':
      state.status = 'blocked';
      state.blockedReason = event.details.reason;
      break;
    case 'milestone_completed':
      state.status = 'completed';
      state.completedAt = event.timestamp;
      state.blockers.clear();
      if (event.details.commit !== undefined) state.commit = event.details.commit;
      break;
    case 'milestone_cancelled': {
      const {plan, imported} = event.details;
      if (plan) adoptPlan(state, plan, id => initialTask(imported?.[id]));
      state.status = 'cancelled';
      break;
    }
    case 'session_started':
      state.session = {
        id: event.session_id,
        startedAt: event.timestamp,
        ...(event.details.yolo && {yolo: true}),
        ...((event.details.gates ?? state.plan.settings.gates) === 'auto' && {autoGates: true}),
      };
      state.agents = {};
      break;
    case 'session_ended':
      if (state.session)
        state.session = {
          ...state.session,
          ended: {at: event.timestamp, exit: event.details.exit, reason: event.details.reason},
        };
      break;
    case 'agent_registered':
      state.agents[event.details.agent] = 'running';
      break;
    case 'agent_failed':
      state.agents[event.details.agent] = 'failing';
      break;
    case 'agent_stopped':
      state.agents[event.details.agent] = 'stopped';
      break;
    case 'progress_updated':
      state.recordedProgress = event.details;
      break;
    case 'final_checked':
      state.finalCheck = {
        ok: event.details.ok,
        ...(event.details.head !== undefined && {head: event.details.head}),
      };
      break;
    case 'baseline_checked':
      state.baseline = {ok: event.details.ok, head: event.details.head};
      break;
    case 'budget_reserved':
      state.spending.reserved[event.details.task_id] = event.details.amount;
      break;
    case 'budget_settled':
      delete state.spending.reserved[event.details.task_id];
      state.spending.used = addUsage(state.spending.used, event.details.used);
      break;
    case 'driver_paused': {
      const {driver, reason, message, resets_at} = event.details;
      state.pausedDrivers[driver] = {
        reason,
        message,
        since: event.timestamp,
        ...(resets_at !== undefined && {resetsAt: resets_at}),
      };
      // However many attempts met it at the same time.
      if (reason !== 'auth') countTrouble(state, driver, 'quota');
      break;
    }
    case 'driver_resumed':
      delete state.pausedDrivers[event.details.driver];
      break;
    case 'blockers_escalated':
      for (const id of event.details.ids) {
        const blocker = state.blockers.get(id);
        if (blocker) state.blockers.set(id, {...blocker, escalated: true});
      }
      break;
    case 'blocker_detected': {
      const {id, type, message, hint, task_id, driver} = event.details;
      state.blockers.set(id, {
        id,
        type,
        message,
        hint,
        since: event.timestamp,
        ...(task_id !== undefined && {taskId: task_id}),
        ...(driver !== undefined && {driver}),
      });
      break;
    }
    case 'blocker_resolved':
      state.blockers.delete(event.details.id);
      break;
    case 'task_reset':
    case 'task_skipped':
      for (const blocker of state.blockers.values())
        if (blocker.taskId === event.details.task_id) state.blockers.delete(blocker.id);
      break;
  }
}

/** Troubles count until the driver has done some work. */
function applyToDrivers(state: MilestoneState, event: MilestoneEvent, before: TaskState): void {
  if (before.status !== 'in_progress') return;
  const driver = before.provider ?? before.driver;
  if (event.event === 'task_claimed') delete state.driverTroubles[driver];
  if (event.event !== 'attempt_ended') return;
  const {outcome} = event.details;
  if (outcome.kind === 'question' || outcome.kind === 'budget') delete state.driverTroubles[driver];
  if (outcome.kind === 'auth') countTrouble(state, outcome.driver ?? driver, 'auth');
}

function countTrouble(state: MilestoneState, driver: string, kind: keyof DriverTroubles): void {
  const troubles = state.driverTroubles[driver] ?? {auth: 0, quota: 0};
  state.driverTroubles[driver] = {...troubles, [kind]: troubles[kind] + 1};
}

/** Put a plan in force; every task of it gets the state that `stateOf` gives. */
export function adoptPlan(state: MilestoneState, plan: Plan, stateOf: (id: TaskId) => TaskState): void {
  const next = plan.tasks.map(task => [task.id, stateOf(task.id)] as const);
  state.plan = plan;
  state.taskById = new Map(plan.tasks.map(task => [task.id, task]));
  state.tasks = new Map();
  state.running = new Set();
  state.dependants = new Map();
  state.unmet = new Map();
  state.counts = noCounts();
  state.kiroTasks = new Set(plan.tasks.flatMap(task => (isKiro(task) ? task.id : [])));
  state.weights = phaseWeights(plan.kiro_configuration);
  state.unchecked = 0;
  state.progressSum = 0;
  for (const task of plan.tasks) {
    const dependencies = new Set(task.dependencies);
    state.unmet.set(task.id, dependencies.size);
    for (const dependency of dependencies) {
      const dependants = state.dependants.get(dependency);
      if (dependants) dependants.push(task.id);
      else state.dependants.set(dependency, [task.id]);
    }
  }
  for (const [id, task] of next) setTask(state, id, task);
}

function setTask(state: MilestoneState, id: TaskId, next: TaskState): void {
  const before = state.tasks.get(id);
  if (before === next) return;
  const task = forgetsPhases(state, id, next) ? {...next, history: withoutPhases(next.history)} : next;
  state.tasks.set(id, task);
  if (before) count(state, before, -1);
  count(state, task, 1);
  if (task.status === 'in_progress') state.running.add(id);
  else state.running.delete(id);
  const change = Number(isSatisfied(task)) - Number(before !== undefined && isSatisfied(before));
  if (change === 0) return;
  for (const dependant of state.dependants.get(id) ?? [])
    state.unmet.set(dependant, (state.unmet.get(dependant) ?? 0) - change);
}

/** The plan may say that a task is no kiro task any more; an attempt that runs ends as what it began as. */
function forgetsPhases({kiroTasks}: MilestoneState, id: TaskId, {status, history}: TaskState): boolean {
  return history.kiro !== undefined && !kiroTasks.has(id) && ['pending', 'failed', 'blocked'].includes(status);
}

function count(state: MilestoneState, task: TaskState, by: 1 | -1): void {
  state.counts[shownStatus(task)] += by;
  state.progressSum += by * taskProgress(task, state.weights);
  if (task.status === 'completed' && !task.checked) state.unchecked += by;
}

/** The event without the tasks of a plan in it, which are in the state anyway. */
function withoutPlan(event: MilestoneEvent): MilestoneEvent {
  if (event.event !== 'milestone_activated' && event.event !== 'milestone_cancelled') return event;
  const {plan} = event.details;
  return plan ? ({...event, details: {...event.details, plan: {...plan, tasks: []}}} as MilestoneEvent) : event;
}

function misplaced(event: MilestoneEvent, why: string): MilestoneError {
  return new MilestoneError(
    'LOG_CORRUPT',
    `the event log does not fit together: \`${event.event}\` (number ${event.seq}) ${why}`,
    {
      hint: 'milestone doctor',
    },
  );
}
