// What `milestone status` answers: one object, from which its text is made as well. Pure.

import {driverName} from '../drivers/driver-name.ts';
import type {MilestoneView} from '../engine/view.ts';
import type {MilestoneEvent, Timestamp} from '../events/event.ts';
import {phaseWeights} from '../milestone/kiro.ts';
import type {MilestoneId, Task, TaskId} from '../milestone/plan.ts';
import type {AgentStatus, MilestoneStatus} from '../state/milestone.ts';
import {taskProgress} from '../state/progress.ts';
import type {Stage, TaskState, TaskStatus} from '../state/task.ts';
import {summarise} from './brief.ts';
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
  /** Of a brief view, not all of them. */
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

/** What there is to say of a milestone, in time linear in the number of tasks that the view has. */
export function statusReport(view: MilestoneView): StatusReport {
  const {snapshot, origin, edit} = view;
  const {plan, kept} = snapshot;
  const driver = plan.settings.driver ?? view.projectDriver;
  const summary = view.summary ?? summarise(snapshot, view.projectDriver);
  const {counts} = summary;
  const weights = phaseWeights(plan.kiro_configuration);
  const tasks = plan.tasks.map((task, place) => {
    const state = snapshot.tasks[place] as TaskState;
    return taskReport(task, state, driverName(task, driver), taskProgress(state, weights));
  });
  const manual = new Set(summary.manual);
  const report: StatusReport = {
    id: view.id,
    title: plan.title,
    status: kept.status,
    file: view.file,
    origin,
    progress: {
      percentage: summary.percentage,
      tasks_completed: counts.completed + counts.skipped,
      tasks_total: Object.values(counts).reduce((sum, count) => sum + count, 0),
    },
    counts,
    unchecked: summary.unchecked,
    executor: executorReport(view.executor),
    git: gitReport(view),
    ...reasonOf(view),
    needs_you: [],
    ...(edit && {plan_edit: {problems: edit.problems}}),
    next: summary.next,
    ready: summary.ready,
    tasks,
    blockers: snapshot.blockers.map(({taskId, ...blocker}) => ({
      ...blocker,
      ...(taskId !== undefined && {task_id: taskId}),
    })),
    approvals: [],
    agents: agentReports(view),
    events: snapshot.recent,
  };
  return {
    ...report,
    needs_you: needsYou(
      report,
      tasks.filter(({id}) => manual.has(id)),
    ),
  };
}

function taskReport(task: Task, state: TaskState, driver: string, progress: number): TaskReport {
  const {history} = state;
  const report: TaskReport = {
    id: task.id,
    title: task.title,
    status: state.status,
    progress,
    attempts: history.attempts,
    dependencies: task.dependencies ?? [],
    driver,
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
