import {clockTime} from '../amounts.ts';
// What the dashboard shows, before anybody knows how large the terminal is. Pure.

import type {Timestamp} from '../../events/timestamp.ts';
import {isAtWork} from '../../lock/lock-holder.ts';
import type {KiroPhase, TaskId} from '../../plan/plan.ts';
import type {Need, StatusReport, TaskReport} from '../../reports/status-shape.ts';
import {eventGist} from '../events/log-line.ts';
import {printable} from '../printable.ts';
import {stageSince, stageWord} from '../status-mark.ts';
import {illText, originLines} from '../status-text.ts';

/** Per cent of each phase, averaged over the kiro tasks. */
export type PhaseAverages = Readonly<Record<KiroPhase, number>>;

/** Something that waits for somebody's approval. */
export interface ApprovalRow {
  task_id: TaskId;
  transition: string;
  /** What to type. */
  command: string;
  /** Who is asked, what about, and what is to be looked at: a line each. */
  details: string[];
}

export interface DashboardInput {
  report: StatusReport;
  /** Milliseconds since the epoch. */
  now: number;
  /** When the session that runs, or ran last, began and ended. */
  session: {startedAt: Timestamp; endedAt?: Timestamp} | undefined;
  /** When each running attempt was last seen to do something, in milliseconds since the epoch. */
  lastSigns: ReadonlyMap<TaskId, number>;
  /** Absent without kiro tasks. */
  kiro?: PhaseAverages | undefined;
  approvals: readonly ApprovalRow[];
}

/** Strings are printable; what is absent is not shown. */
export interface DashboardModel {
  name: string;
  status: StatusReport['status'];
  percentage: number;
  /** How many tasks are where, what matters most first. */
  counts: string[];
  /** Who works on it and where. */
  about: string[];
  /** Milliseconds. */
  elapsed?: number;
  kiro?: PhaseAverages;
  needs: Need[];
  /** What is wrong, and how it clears; then what may go wrong. */
  blockers: Array<{message: string; hint: string; age: number}>;
  tasks: TaskRow[];
  events: Array<{time: string; name: string; gist: string}>;
  approvals: ApprovalRow[];
  isExecuted: boolean;
}

export interface TaskRow {
  id: TaskId;
  /** Or why it failed. */
  title: string;
  status: TaskReport['status'];
  /** In a word or two. */
  state: string;
  /** Milliseconds since its attempt started, or that it took. */
  age?: number;
  driver: string;
  /** The machine that it works on, where that is another one. */
  worker?: string;
  /** Milliseconds since the last sign of life of its attempt. */
  quiet?: number;
  /** Number of the last attempt; 0 before the first. */
  attempts: number;
}

/** What a milestone's dashboard shows at one moment; linear in the number of its tasks. */
export function dashboardModel(input: DashboardInput): DashboardModel {
  const {report, now, kiro, approvals} = input;
  const elapsed = elapsedOf(input);
  return {
    name: printable(report.title === report.id ? report.id : `${report.id}: ${report.title}`),
    status: report.status,
    percentage: report.progress.percentage,
    counts: countsOf(report),
    about: aboutParts(report).map(part => printable(part)),
    ...(elapsed !== undefined && {elapsed}),
    ...(kiro && {kiro}),
    needs: report.needs_you.map(({kind, text, command}) => ({
      kind,
      text: printable(text),
      command: printable(command),
    })),
    // What you have to act on stands under what needs you, once.
    blockers: [...report.blockers.filter(({who}) => who !== 'you'), ...report.warnings.flatMap(asBlocker)].map(
      ({message, hint, since}) => ({
        message: printable(message),
        hint: printable(hint),
        age: now - Date.parse(since),
      }),
    ),
    tasks: report.tasks.map(task => taskRow(task, input)),
    events: report.events.map(event => ({
      time: clockTime(event.timestamp),
      name: printable(event.event),
      gist: eventGist(event),
    })),
    approvals: approvals.map(({task_id, transition, command, details}) => ({
      task_id: printable(task_id),
      transition: printable(transition),
      command: printable(command),
      details: details.map(text => printable(text)),
    })),
    isExecuted: isAtWork(report.executed),
  };
}

/** What lies beside the work holds nothing up. */
function asBlocker(warning: StatusReport['warnings'][number]) {
  if (!('task_id' in warning)) return [];
  const {message, since} = warning;
  return [{message: `warning: ${message}`, hint: 'it is ended when its time is over', since}];
}

function elapsedOf({session, report, now}: DashboardInput): number | undefined {
  if (!session) return undefined;
  if (session.endedAt !== undefined) return Date.parse(session.endedAt) - Date.parse(session.startedAt);
  // Of a session that died nobody knows when.
  return isAtWork(report.executed) ? now - Date.parse(session.startedAt) : undefined;
}

function countsOf({progress, counts, unchecked}: StatusReport): string[] {
  const also = {
    running: counts.in_progress,
    'in phases': counts.kiro_managed,
    failed: counts.failed,
    blocked: counts.blocked,
    pending: counts.pending,
    skipped: counts.skipped,
    unchecked,
  };
  return [
    `${counts.completed} of ${progress.tasks_total} done`,
    ...Object.entries(also).flatMap(([name, count]) => (count > 0 ? `${count} ${name}` : [])),
  ];
}

function aboutParts({executed, executor, agents, git, origin, liberties, unseen}: StatusReport): string[] {
  return [
    ...liberties.map(text => `! ${text}`),
    ...(unseen === undefined ? [] : [`! ${unseen}`]),
    workedOnBy({executed, executor}),
    ...(executed === 'here' ? illText(agents) : []),
    ...(git.branch === null ? [] : [`${git.branch}${git.head === null ? '' : ` at ${git.head.slice(0, 10)}`}`]),
    ...originLines(origin),
  ];
}

function workedOnBy({executed, executor}: Pick<StatusReport, 'executed' | 'executor'>): string {
  if (executed === 'here') return `process ${executor?.pid}`;
  return executed === 'elsewhere' ? 'nobody can tell from here who works on it' : 'nobody works on it';
}

function taskRow(task: TaskReport, input: DashboardInput): TaskRow {
  const {now, lastSigns} = input;
  const {id, driver, attempts} = task;
  // A phase in work is work like any other.
  const status = task.stage === undefined ? task.status : 'in_progress';
  const sign = status === 'in_progress' ? lastSigns.get(id) : undefined;
  const age = ageOfTask(task, input);
  return {
    id: printable(id),
    title: printable(titleOf(task)),
    status,
    state: stateOf(task),
    ...(age !== undefined && {age}),
    driver: printable(driver),
    ...(typeof task.worker === 'string' && {worker: printable(task.worker)}),
    ...(sign !== undefined && {quiet: Math.max(now - sign, 0)}),
    attempts,
  };
}

function titleOf({id, title, error}: TaskReport): string {
  if (error) return error.message;
  return title === id ? '' : title;
}

function stateOf(task: TaskReport): string {
  const {status, stage, checked, attempts, kiro} = task;
  switch (status) {
    case 'in_progress':
      return `${task.worker === null ? 'needs a worker' : stageWord(task)}${attempts > 1 ? ` #${attempts}` : ''}`;
    case 'kiro_managed':
      return `${kiro?.current_phase} ${stage ? stageWord(task) : phaseWord(kiro)}`;
    case 'completed':
      return checked ? 'done' : 'done, unchecked';
    default:
      return status;
  }
}

function phaseWord(kiro: TaskReport['kiro']): string {
  const status = kiro?.phases[kiro.current_phase];
  return status === 'waiting_approval' ? 'waits' : status === 'pending' || status === 'in_progress' ? 'next' : 'done';
}

function ageOfTask(task: TaskReport, {now, report}: Pick<DashboardInput, 'now' | 'report'>) {
  const {stage, completed_at, minutes} = task;
  const since = stage && stageSince(task, report);
  if (since !== undefined) return now - Date.parse(since);
  return completed_at === undefined || minutes === undefined ? undefined : minutes * 60_000;
}
