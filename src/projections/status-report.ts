// What `milestone status` answers: one object, from which its text is made as well. Pure.

import {driverName} from '../drivers/driver-name.ts';
import {MANUAL_DRIVER} from '../drivers/manual.ts';
import type {MilestoneView} from '../engine/view.ts';
import type {MilestoneEvent, Timestamp} from '../events/event.ts';
import type {MilestoneId, Task, TaskId} from '../milestone/plan.ts';
import type {AgentStatus, MilestoneStatus} from '../state/milestone.ts';
import {milestoneProgress, taskProgress} from '../state/progress.ts';
import {isSatisfied, type Stage, type TaskState, type TaskStatus} from '../state/task.ts';
import {needsYou} from './needs-you.ts';

export interface StatusReport {
  id: MilestoneId;
  title: string;
  status: MilestoneStatus;
  file: string;
  /** Where this is known from. */
  origin: MilestoneView['origin'];
  progress: {percentage: number; tasks_completed: number; tasks_total: number};
  counts: Record<TaskStatus, number>;
  /** Completed without a green check on record. */
  unchecked: number;
  /** `alive` is null when nobody can tell from here. */
  executor: {alive: boolean | null; pid: number | null; host: string | null; session_id: string | null} | null;
  git: {branch: string | null; base: string | null; head: string | null; landed: boolean};
  /** Why it rests. */
  reason?: string;
  needs_you: Need[];
  /** The plan file says something else than the plan in force. */
  plan_edit?: {problems: string[]};
  /** Ready tasks, in the order of the plan; at most ten of them. */
  next: TaskId[];
  ready: number;
  tasks: TaskReport[];
  blockers: BlockerReport[];
  approvals: never[];
  agents: Array<{name: string; status: AgentStatus}>;
  events: MilestoneEvent[];
}

/** Something that goes on only when a person acts. */
export interface Need {
  kind: 'adopt' | 'plan' | 'failed' | 'blocker' | 'manual' | 'lock' | 'interrupted' | 'paused' | 'blocked';
  text: string;
  /** What to type. */
  command: string;
}

export interface TaskReport {
  id: TaskId;
  title: string;
  status: TaskStatus;
  stage?: Stage;
  progress: number;
  attempts: number;
  dependencies: readonly TaskId[];
  driver: string;
  commit?: string;
  checked?: boolean;
  started_at?: Timestamp;
  /** Of the attempt that is running. */
  attempt_started_at?: Timestamp;
  completed_at?: Timestamp;
  error?: {cause: string; message: string};
}

export interface BlockerReport {
  id: string;
  type: string;
  message: string;
  task_id?: TaskId;
  since: Timestamp;
  hint: string;
}

const SHOWN_READY = 10;

/** What there is to say of a milestone; linear in the number of its tasks. */
export function statusReport(view: MilestoneView): StatusReport {
  const {snapshot, origin, edit} = view;
  const {plan, kept} = snapshot;
  const driver = plan.settings.driver ?? view.projectDriver;
  const tasks = plan.tasks.map((task, place) => taskReport(task, snapshot.tasks[place] as TaskState, driver));
  const counts = countByStatus(tasks);
  const ready = kept.status === 'completed' || kept.status === 'cancelled' ? [] : readyTasks(view, tasks);
  const byItself = ready.filter(task => task.driver !== MANUAL_DRIVER);
  const manual = ready.filter(task => task.driver === MANUAL_DRIVER);
  const report: StatusReport = {
    id: view.id,
    title: plan.title,
    status: kept.status,
    file: view.file,
    origin,
    progress: {
      percentage: milestoneProgress(sumOf(tasks), tasks.length),
      tasks_completed: counts.completed + counts.skipped,
      tasks_total: tasks.length,
    },
    counts,
    unchecked: tasks.filter(task => task.status === 'completed' && !task.checked).length,
    executor: executorReport(view.executor),
    git: gitReport(view),
    ...reasonOf(view),
    needs_you: [],
    ...(edit && {plan_edit: {problems: edit.problems}}),
    next: byItself.slice(0, SHOWN_READY).map(({id}) => id),
    ready: byItself.length,
    tasks,
    blockers: snapshot.blockers.map(({taskId, ...blocker}) => ({
      ...blocker,
      ...(taskId !== undefined && {task_id: taskId}),
    })),
    approvals: [],
    agents: agentReports(view),
    events: snapshot.recent,
  };
  return {...report, needs_you: needsYou(report, manual)};
}

function taskReport(task: Task, state: TaskState, inheritedDriver: string | undefined): TaskReport {
  const {history} = state;
  const report: TaskReport = {
    id: task.id,
    title: task.title,
    status: state.status,
    progress: taskProgress(state),
    attempts: history.attempts,
    dependencies: task.dependencies ?? [],
    driver: driverName(task, inheritedDriver),
  };
  if (history.startedAt !== undefined) report.started_at = history.startedAt;
  if (state.status === 'in_progress') {
    report.stage = state.stage;
    report.driver = state.driver;
    report.attempt_started_at = state.startedAt;
  }
  if (state.status === 'completed') {
    report.checked = state.checked;
    if (state.commit !== undefined) report.commit = state.commit;
    if (state.completedAt !== undefined) report.completed_at = state.completedAt;
  }
  if (state.status === 'failed') report.error = {cause: state.cause, message: state.message};
  else if (state.status === 'blocked' && history.failure) report.error = history.failure;
  return report;
}

function countByStatus(tasks: readonly TaskReport[]): StatusReport['counts'] {
  const counts = {pending: 0, in_progress: 0, completed: 0, failed: 0, blocked: 0, skipped: 0};
  for (const {status} of tasks) counts[status]++;
  return counts;
}

function sumOf(tasks: readonly TaskReport[]): number {
  return tasks.reduce((sum, {progress}) => sum + progress, 0);
}

/** Pending tasks whose dependencies are met. */
function readyTasks({snapshot}: MilestoneView, tasks: readonly TaskReport[]): TaskReport[] {
  const pending = tasks.filter(({status}) => status === 'pending');
  if (pending.length === 0) return [];
  const satisfied = new Set(
    tasks.flatMap(({id}, place) => (isSatisfied(snapshot.tasks[place] as TaskState) ? id : [])),
  );
  return pending.filter(({dependencies}) => dependencies.every(id => satisfied.has(id)));
}

function executorReport(holder: MilestoneView['executor']): StatusReport['executor'] {
  if (!holder) return null;
  const {owner, alive} = holder;
  return {
    alive: alive === 'unknown' ? null : alive,
    pid: owner?.pid ?? null,
    host: owner?.host ?? null,
    session_id: owner?.session_id ?? null,
  };
}

function gitReport({snapshot: {kept}}: MilestoneView): StatusReport['git'] {
  const {activation, commit, head} = kept;
  return {
    branch: activation?.branch ?? null,
    base: activation?.base ?? null,
    head: commit ?? head ?? null,
    landed: false,
  };
}

function reasonOf({snapshot: {kept}}: MilestoneView): {reason?: string} {
  const reason =
    kept.status === 'paused' ? kept.paused?.reason : kept.status === 'blocked' ? kept.blockedReason : undefined;
  return reason === undefined ? {} : {reason};
}

/** What died with its executor had no time to say that it stopped. */
function agentReports({snapshot: {kept}, executor}: MilestoneView): StatusReport['agents'] {
  const isGone = !executor || executor.alive === false;
  return Object.entries(kept.agents).map(([name, status]) => ({name, status: isGone ? 'stopped' : status}));
}
