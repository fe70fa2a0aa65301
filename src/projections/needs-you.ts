// What waits for a person, most pressing first, each with the command that deals with it.

import type {Need, StatusReport, TaskReport} from './status-report.ts';

const NAMED = 3;

/** @param manual Ready tasks that only a person can do. */
export function needsYou(report: StatusReport, manual: readonly TaskReport[]): Need[] {
  if (report.status === 'completed' || report.status === 'cancelled') return [];
  if (report.origin === 'elsewhere') return [adopt(report)];
  return [
    ...brokenPlan(report),
    ...failedTasks(report),
    ...openBlockers(report),
    ...manualTasks(report, manual),
    ...resting(report),
  ];
}

function adopt({id}: StatusReport): Need {
  const text = 'it was executed elsewhere; its event log is not here';
  return {kind: 'adopt', text, command: `milestone resume ${id} --adopt`};
}

function brokenPlan({id, plan_edit: edit}: StatusReport): Need[] {
  if (!edit || edit.problems.length === 0) return [];
  const more = edit.problems.length > 1 ? ` (and ${edit.problems.length - 1} more)` : '';
  const text = `the edited plan is not in force: ${edit.problems[0]}${more}`;
  return [{kind: 'plan', text, command: `milestone validate ${id}`}];
}

function failedTasks({id, tasks, counts}: StatusReport): Need[] {
  if (counts.failed === 0) return [];
  const failed = tasks.filter(({status}) => status === 'failed');
  const [first] = failed as [TaskReport];
  if (failed.length === 1)
    return [
      {
        kind: 'failed',
        text: `task \`${first.id}\` ${first.error?.message ?? 'failed'}`,
        command: `milestone retry ${id} ${first.id}`,
      },
    ];
  return [{kind: 'failed', text: `${failed.length} tasks failed: ${listOf(failed)}`, command: `milestone retry ${id}`}];
}

function openBlockers({id, blockers}: StatusReport): Need[] {
  return blockers.map(({message, task_id}) => ({
    kind: 'blocker',
    text: message,
    command: task_id === undefined ? `milestone resume ${id}` : `milestone retry ${id} ${task_id}`,
  }));
}

function manualTasks({id}: StatusReport, manual: readonly TaskReport[]): Need[] {
  const [first] = manual;
  if (!first) return [];
  const text =
    manual.length === 1
      ? `task \`${first.id}\` waits for a person: ${first.title}`
      : `${manual.length} tasks wait for a person: ${listOf(manual)}`;
  return [{kind: 'manual', text, command: `milestone skip ${id} ${first.id} --reason "done by hand"`}];
}

/** Nobody works on it. */
function resting({id, status, executor, reason, origin}: StatusReport): Need[] {
  const command = `milestone resume ${id}`;
  if (executor?.alive === null) {
    const who = executor.pid === null ? 'somebody' : `process ${executor.pid} on \`${executor.host}\``;
    const text = `${who} holds this milestone, and from here nobody can tell whether it is alive`;
    return [{kind: 'lock', text, command: `${command} --take-over`}];
  }
  if (executor?.alive || origin !== 'log') return [];
  if (status === 'in_progress') return [{kind: 'interrupted', text: 'no executor is at work on it', command}];
  if (status === 'paused') return [{kind: 'paused', text: `it is paused: ${reason ?? ''}`, command}];
  if (status === 'blocked') return [{kind: 'blocked', text: 'it is blocked; when the cause is mended', command}];
  return [];
}

function listOf(tasks: readonly TaskReport[]): string {
  const named = tasks.slice(0, NAMED).map(({id}) => `\`${id}\``);
  return `${named.join(', ')}${tasks.length > NAMED ? ` and ${tasks.length - NAMED} more` : ''}`;
}
