// What waits for a person, most pressing first, each with the command that deals with it.

import {SHELL_DRIVER} from '../drivers/driver-name.ts';
import type {PauseCode} from '../events/details/milestone.ts';
import {approveCommand} from '../projections/approvals.ts';
import {ANY_ROLE} from '../state/kiro.ts';
import {isOver} from '../state/milestone.ts';
import {blockerCommand} from './blockers.ts';
import type {Need, StatusReport, TaskReport} from './status-shape.ts';

/**
 * @param manual Ready tasks that only a person can do.
 * @param paused What it is paused for.
 */
export function needsYou(report: StatusReport, manual: readonly TaskReport[], paused: PauseCode | undefined): Need[] {
  if (isOver(report.status)) return [];
  if (report.origin === 'elsewhere') return [adopt(report)];
  const decisions = [
    ...brokenPlan(report),
    ...waitingApprovals(report),
    ...failedTasks(report),
    ...openBlockers(report),
    ...manualTasks(report, manual),
  ];
  return [...decisions, ...resting(report, paused, decisions.length > 0)];
}

function adopt({id}: StatusReport): Need {
  const text = 'it was executed elsewhere; its event log is not here';
  return {kind: 'adopt', text, command: `milestone resume --adopt ${id}`};
}

function brokenPlan({id, plan_edit: edit}: StatusReport): Need[] {
  if (!edit || edit.problems.length === 0) return [];
  const more = edit.problems.length > 1 ? ` (and ${edit.problems.length - 1} more)` : '';
  const text = `the edited plan is not in force: ${edit.problems[0]}${more}`;
  return [{kind: 'plan', text, command: `milestone validate ${id}`}];
}

function failedTasks({id, tasks}: StatusReport): Need[] {
  const failed = tasks.filter(({status}) => status === 'failed');
  return failed.map(task => ({
    kind: 'failed',
    text: `task \`${task.id}\` ${task.error?.message ?? 'failed'}`,
    command: `milestone retry ${id} ${task.id}`,
    task_id: task.id,
  }));
}

function waitingApprovals({id, approvals}: StatusReport): Need[] {
  return approvals.map(approval => {
    const roles = approval.approvers.filter(({status, role}) => status === 'pending' && role !== ANY_ROLE);
    const by = roles.length === 0 ? '' : ` by ${roles.map(({role}) => `\`${role}\``).join(', ')}`;
    const text = `the ${approval.phase} of task \`${approval.task_id}\` waits for approval${by}`;
    const {task_id, phase} = approval;
    return {kind: 'approval', text, command: approveCommand(id, approval), task_id, phase};
  });
}

/** Those that a person has to act on, and that are not said of a failed task or of the plan already. */
function openBlockers(report: StatusReport): Need[] {
  const {id, blockers, executed, plan_edit: edit} = report;
  const concerned = new Set(blockers.map(({task_id}) => task_id));
  const tasks = new Map(report.tasks.filter(({id}) => concerned.has(id)).map(task => [task.id, task]));
  return blockers.flatMap(blocker => {
    const {type, who, message, task_id} = blocker;
    const task = task_id === undefined ? undefined : tasks.get(task_id);
    if (who !== 'you' || task?.status === 'failed' || (type === 'plan_invalid' && edit)) return [];
    const isShell = task?.driver === SHELL_DRIVER;
    const command = blockerCommand(id, blocker, {executed, isShell});
    const kind = type === 'question' ? 'question' : 'blocker';
    return [{kind, text: message, command, ...(task_id !== undefined && {task_id})}];
  });
}

function manualTasks({id, git}: StatusReport, manual: readonly TaskReport[]): Need[] {
  return manual.map(task => {
    const what = task.kiro ? `the ${task.kiro.current_phase} of task` : 'task';
    const isCode = git.branch !== null && (task.kiro === undefined || task.kiro.current_phase === 'execute');
    const where = isCode ? `; commit the work on \`${git.branch}\`` : '';
    const last = task.error ? `; the last time it ${task.error.message}` : '';
    const text = `${what} \`${task.id}\` waits for a person: ${task.title}${where}${last}`;
    return {kind: 'manual', text, command: `milestone task done ${id} ${task.id}`};
  });
}

/** Nobody works on it. */
function resting(report: StatusReport, paused: PauseCode | undefined, isMoreToDo: boolean): Need[] {
  const {id, status, executed, executor, origin} = report;
  const command = `milestone resume ${id}`;
  if (executed === 'elsewhere') {
    const who = typeof executor?.pid !== 'number' ? 'somebody' : `process ${executor.pid} on \`${executor.host}\``;
    const text = `${who} holds this milestone, and from here nobody can tell whether it is alive`;
    return [{kind: 'lock', text, command: `${command} --take-over`}];
  }
  if (executed === 'here' || origin !== 'log') return [];
  if (status === 'in_progress') return [{kind: 'interrupted', text: 'no executor is at work on it', command}];
  if (status === 'paused') return pausedNeed(report, paused, isMoreToDo);
  if (status === 'blocked') {
    const text = isMoreToDo
      ? 'it is blocked; when the cause is mended'
      : 'what held it up is dealt with, and nobody executes it';
    return [{kind: 'blocked', text, command}];
  }
  return [];
}

/** Whoever goes on while all that is left waits for a person comes to rest again at once. */
function pausedNeed(report: StatusReport, paused: PauseCode | undefined, isMoreToDo: boolean): Need[] {
  const {id, reason = ''} = report;
  const need = (text: string): Need[] => [{kind: 'paused', text, command: `milestone resume ${id}`}];
  if (paused !== 'person') return need(`it is paused: ${reason}`);
  if (!isMoreToDo) return need('what it waited for is decided, and nobody executes it');
  return canGoOn(report) ? need('nobody executes it; something else can go on') : [];
}

/** Something is ready, was said to be done, or was approved. */
function canGoOn({ready, tasks}: StatusReport): boolean {
  return ready > 0 || tasks.some(({kiro, stage}) => stage ?? kiro?.phases[kiro.current_phase] === 'approved');
}
