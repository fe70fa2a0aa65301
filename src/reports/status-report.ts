// What `milestone status` answers: one object, from which its text is made as well. Pure.

import {driverName} from '../drivers/driver-name.ts';
import type {Usage} from '../events/details/driver.ts';
import type {Timestamp} from '../events/timestamp.ts';
import {isAtWork} from '../lock/lock-holder.ts';
import type {MilestoneView} from '../milestone/look.ts';
import {isKiro, KIRO_PHASES, phaseWeights} from '../plan/kiro-plan.ts';
import type {KiroPhase, Settings, Task} from '../plan/plan.ts';
import {type ApprovalReport, approvalsOf, isWaiting} from '../projections/approvals.ts';
import {newKiro, type PhaseStatus} from '../state/kiro.ts';
import {pausedUntil} from '../state/milestone.ts';
import {taskProgress} from '../state/progress.ts';
import {shownStatus, type TaskState, workerOf} from '../state/task.ts';
import {addUsage} from '../state/usage.ts';
import {asideWarnings} from './asides.ts';
import type {AttemptWarning} from './attempt-warnings.ts';
import {blockerReport} from './blockers.ts';
import {libertiesOf} from './liberties.ts';
import {needsYou} from './needs-you.ts';
import type {StatusReport, TaskReport} from './status-shape.ts';
import {summarise, taskNow} from './task-summary.ts';
import {unseenText} from './uncommitted.ts';

/** What a view does not know. */
export interface StatusFacts {
  /** Milliseconds since the Unix epoch. */
  now?: number;
  warnings?: AttemptWarning[];
  /** Whether the branch that it began at has all of it. */
  landed?: boolean;
  /** Settings of config.yaml, as far as they matter here. */
  project?: Settings;
}

/** What there is to say of a milestone, in time linear in the number of tasks. */
export function statusReport(
  view: MilestoneView,
  {warnings = [], project = {}, landed = isOnRecord(view), now}: StatusFacts = {},
): StatusReport {
  const {snapshot, origin, edit} = view;
  const {plan, stored} = snapshot;
  const driver = plan.settings.driver ?? view.projectDriver;
  const summary = summarise(snapshot, view.projectDriver);
  const {counts} = summary;
  const weights = phaseWeights(plan.kiro_configuration);
  const round = isAtWork(view.executor.who) ? stored.round : undefined;
  const tasks = plan.tasks.map((task, index) => {
    const state = snapshot.tasks[index] as TaskState;
    const report = taskReport(task, state, driverName(taskNow(task, state), driver), taskProgress(state, weights));
    return round?.includes(task.id) && report.stage === 'integrating' ? {...report, round} : report;
  });
  const manual = new Set(summary.manual);
  const report: StatusReport = {
    id: view.id,
    title: plan.title,
    status: stored.status,
    file: view.file,
    origin,
    progress: {
      percentage: summary.percentage,
      tasks_completed: counts.completed + counts.skipped,
      tasks_total: Object.values(counts).reduce((sum, count) => sum + count, 0),
    },
    counts,
    unchecked: summary.unchecked,
    executed: view.executor.who,
    executor: executorReport(view.executor),
    git: gitReport(view, landed),
    minutes: minutesOf(view, now),
    ...reasonOf(view),
    needs_you: [],
    ...(edit && {plan_edit: {problems: edit.problems}}),
    next: summary.next,
    ready: summary.ready,
    tasks,
    blockers: snapshot.blockers.map(blockerReport),
    warnings: [...warnings, ...asideWarnings(stored.asides)],
    liberties: libertiesOf(snapshot),
    ...unseenReport(view),
    approvals: waitingApprovals(view),
    ...spendingReport(view, project),
    ...restReport(view),
    agents: agentReports(view),
    events: snapshot.recent,
  };
  return {
    ...report,
    needs_you: needsYou(
      report,
      tasks.filter(({id}) => manual.has(id)),
      stored.paused?.code,
    ),
  };
}

/** Of a live session also the time since it last recorded something. */
function minutesOf({snapshot: {stored}, executor}: MilestoneView, now: number | undefined): number {
  const {session, timestamp, executedMs} = stored;
  const isGoingOn = executor.who === 'here' && session !== undefined && !session.ended;
  const since = isGoingOn && now !== undefined && timestamp !== undefined ? now - Date.parse(timestamp) : 0;
  return minutes(executedMs + Math.max(since, 0));
}

/** With three decimals: what takes a second is to be seen. */
export function minutes(ms: number): number {
  return Math.round(ms / 60) / 1_000;
}

function taskReport(task: Task, state: TaskState, driver: string, progress: number): TaskReport {
  const {history} = state;
  const report: TaskReport = {
    id: task.id,
    title: task.title,
    status: shownStatus(state),
    progress,
    attempts: history.attempts,
    dependencies: task.dependencies ?? [],
    driver,
  };
  if (history.startedAt !== undefined) report.started_at = history.startedAt;
  if (history.tookMs !== undefined) report.minutes = minutes(history.tookMs);
  if (state.status === 'in_progress') {
    report.stage = state.stage;
    report.driver = state.driver;
    report.attempt_started_at = state.startedAt;
    if (state.workingAt !== undefined) report.working_at = state.workingAt;
    if (state.queued) report.queued_at = state.queued.at;
    const worker = workerOf(state);
    if (worker !== undefined) report.worker = worker;
  }
  if (state.status === 'completed') {
    report.checked = state.checked;
    if (state.commit !== undefined) report.commit = state.commit;
    if (state.removedTests) report.removed_tests = state.removedTests;
    if (state.completedAt !== undefined) report.completed_at = state.completedAt;
    if (state.queuedAt !== undefined) report.queued_at = state.queuedAt;
    if (state.checks) report.checks = state.checks;
  }
  if (history.used?.usd !== undefined) report.cost_usd = history.used.usd;
  if (history.estimated?.usd !== undefined) report.cost_is_estimate = true;
  if (isKiro(task)) report.kiro = kiroReport(state);
  if (state.status === 'skipped' && state.reason !== undefined) report.reason = state.reason;
  if (state.status === 'failed') report.error = {cause: state.cause, message: state.message};
  else if (state.status === 'blocked' && history.failure) report.error = history.failure;
  // What was stopped on purpose is nothing to look into.
  else if (state.status === 'pending' && history.failure && history.failure.cause !== 'cancelled')
    report.error = history.failure;
  return report;
}

function kiroReport({history: {kiro = newKiro()}}: TaskState): NonNullable<TaskReport['kiro']> {
  const statuses = KIRO_PHASES.map(phase => [phase, kiro.phases[phase].status] as const);
  return {current_phase: kiro.phase, phases: Object.fromEntries(statuses) as Record<KiroPhase, PhaseStatus>};
}

/** In the order of the plan. */
function waitingApprovals({snapshot: {plan, tasks, stored}}: MilestoneView): ApprovalReport[] {
  if (stored.status === 'cancelled') return [];
  const waiting: ApprovalReport[] = [];
  tasks.forEach((state, place) => {
    const {kiro} = state.history;
    if (!kiro) return;
    const {id} = plan.tasks[place] as Task;
    waiting.push(...approvalsOf(id, kiro).filter(approval => isWaiting(approval, state)));
  });
  return waiting;
}

function spendingReport({snapshot: {plan, stored}}: MilestoneView, project: Settings): Partial<StatusReport> {
  const {used, estimated, reserved} = stored.spending;
  const limit = plan.settings.budget ?? project.budget;
  return {
    ...(limit && {budget: {limit, used, reserved: Object.values(reserved).reduce<Usage>(addUsage, {})}}),
    ...(Object.keys(used).length > 0 && {used}),
    ...(Object.keys(estimated).length > 0 && {estimated}),
  };
}

function restReport({snapshot: {stored}}: MilestoneView): {paused_until?: Timestamp} {
  const until = pausedUntil(stored);
  return until === undefined ? {} : {paused_until: until};
}

function executorReport(holder: MilestoneView['executor']): StatusReport['executor'] {
  const {who, owner} = holder;
  if (who === 'nobody') return null;
  return {
    alive: who === 'elsewhere' ? null : who === 'here',
    pid: owner?.pid ?? null,
    host: owner?.host ?? null,
    session_id: owner?.session_id ?? null,
  };
}

/** Whether it has landed, as far as the log says; a person may have merged it. */
export function isOnRecord({snapshot: {stored}}: MilestoneView): boolean {
  return stored.status === 'completed' && stored.landed !== undefined && stored.landed.head === stored.commit;
}

function gitReport({snapshot: {stored}, elsewhere}: MilestoneView, landed: boolean): StatusReport['git'] {
  const {activation, commit, head} = stored;
  return {
    branch: activation?.branch ?? elsewhere?.branch ?? null,
    base: activation?.base ?? elsewhere?.base ?? null,
    head: commit ?? head ?? elsewhere?.commit ?? null,
    landed,
  };
}

function unseenReport({snapshot: {stored}}: MilestoneView): {unseen?: string} {
  const {session} = stored;
  return session?.uncommitted && !session.ended ? {unseen: unseenText(session.uncommitted)} : {};
}

function reasonOf({snapshot: {stored}}: MilestoneView): {reason?: string} {
  const reason =
    stored.status === 'paused' ? stored.paused?.reason : stored.status === 'blocked' ? stored.blockedReason : undefined;
  return reason === undefined ? {} : {reason};
}

/** What died with its executor had no time to say that it stopped. */
function agentReports({snapshot: {stored}, executor}: MilestoneView): StatusReport['agents'] {
  const isGone = !isAtWork(executor.who);
  return Object.entries(stored.agents).map(([name, status]) => ({name, status: isGone ? 'stopped' : status}));
}
