// A milestone's status for a terminal: short whatever its size, what needs a person first.

import {isAtWork} from '../lock/lock-holder.ts';
import {firstLine} from '../platform/first-line.ts';
import type {Need, RunningTaskReport, StatusReport, TaskReport} from '../reports/status-shape.ts';
import {goOnCommand} from '../reports/what-next.ts';
import {ageOf, clockTime} from './amounts.ts';
import {eventGist} from './events/log-line.ts';
import type {Paint} from './paint.ts';
import {phasesText} from './phases-text.ts';
import {printable} from './printable.ts';
import {stageSince, stageWord, workerText} from './status-mark.ts';
import {costLines} from './usage-text.ts';
import {cutTo, pad} from './width.ts';
import {joinWrapped, wrapped} from './wrap.ts';

const COLUMNS = 80;
/** Entries of a section; the rest is counted. */
export const SHOWN = 5;
/** Of a completed milestone. */
const TASKS_SHOWN = 40;
const INDENT = '  ';
/** Columns of an indented line. */
const LEFT = COLUMNS - INDENT.length;

/** @param now Milliseconds since the epoch, for ages. */
export function statusText(report: StatusReport, now: number, paint: Paint): string {
  const sections = [
    headline(report, paint),
    [...section('needs you', report.needs_you, need => needLines(need, paint), paint.yellow), ...goOnLines(report)],
    taskSection(
      runningHeading(report).toLowerCase(),
      running(report),
      task => runningText(task, now, report),
      paint.bold,
    ),
    taskSection('phases', inPhases(report), ({kiro}) => (kiro ? phasesText(kiro.phases) : ''), paint.bold),
    taskSection(
      'failed',
      report.tasks.filter(({status}) => status === 'failed'),
      task => `${task.error?.message ?? ''}${attempts(task)}`,
      paint.red,
    ),
    section(
      'blockers',
      unsaidBlockers(report),
      ({message, hint}) => [...wrapped(message, LEFT), ...wrapped(`hint: ${hint}`, LEFT)],
      paint.red,
    ),
    taskSection('skipped', skipped(report), ({reason}) => reason ?? 'no reason given', paint.bold),
    section('warnings', report.warnings, ({message}) => wrapped(message, LEFT), paint.yellow),
    tasksSection(report, paint),
    nextSection(report, paint),
    section('last events', report.events, event => [
      `${paint.dim(clockTime(event.timestamp))} ${line(`${pad(event.event, 20)} ${eventGist(event)}`, 9)}`,
    ]),
  ];
  return `${sections
    .filter(lines => lines.length > 0)
    .flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]))
    .join('\n')}\n`;
}

/** After what needs a person; a line of its own, however many there are. */
function goOnLines(report: StatusReport): string[] {
  const command = goOnCommand(report);
  return command === undefined ? [] : [`${INDENT}then \`${command}\``];
}

/** Those that need a person, and say no more than that he has to type a command, are said above. */
function unsaidBlockers({blockers, needs_you: needs}: StatusReport): StatusReport['blockers'] {
  return blockers.filter(({message, hint}) => !needs.some(need => need.text === message && need.command === hint));
}

/** Of a completed milestone every task, with what vouches for it. */
function tasksSection(report: StatusReport, paint: Paint): string[] {
  if (report.status !== 'completed') return [];
  const tasks = report.tasks.filter(({status}) => status === 'completed');
  const widest = Math.min(Math.max(...tasks.map(({id}) => id.length), 0), 24);
  const shown = tasks.slice(0, TASKS_SHOWN).map(task => {
    const start = `${pad(task.id, widest)}  ${pad(task.commit?.slice(0, 10) ?? '-', 10)}  `;
    return `${INDENT}${line(`${start}${doneParts(task).join(', ')}`, 0)}`;
  });
  const more = tasks.length > shown.length ? [`${INDENT}and ${tasks.length - shown.length} more`] : [];
  return tasks.length === 0 ? [] : [paint.bold('tasks'), ...shown, ...more];
}

/** How a completed task was checked, how often it was tried, how long it took and what it cost. */
export function doneParts({checks = [], checked, attempts, kiro, minutes, cost_usd}: TaskReport): string[] {
  const green = checks.map(({command, flaky}) => `\`${firstLine(command)}\`${flaky ? ' (flaky)' : ''}`);
  return [
    green.length > 0 ? `checked by ${green.join(' and ')}` : checked ? 'checked' : 'unchecked',
    ...(attempts > 1 && !kiro ? [`${attempts} attempts`] : []),
    ...(minutes === undefined ? [] : [ageOf(minutes * 60_000)]),
    ...(cost_usd === undefined ? [] : [`${cost_usd.toFixed(2)} usd`]),
  ];
}

function headline(report: StatusReport, paint: Paint): string[] {
  const {id, title} = report;
  const name = cutTo(printable(title === id ? id : `${id}: ${title}`), COLUMNS);
  return [paint.bold(name), ...joinWrapped(countParts(report), ' · ', COLUMNS), ...whoLines(report)];
}

/** Status, progress, and how many tasks are where. */
export function countParts(report: StatusReport): string[] {
  const {status, progress, unchecked, counts} = report;
  // A task that was skipped lets others go on; nobody has done it.
  const done = `${counts.completed} of ${progress.tasks_total} tasks done`;
  return [
    status,
    `${progress.percentage} %`,
    unchecked > 0 ? `${done}, ${unchecked} of them unchecked` : done,
    ...(['in_progress', 'kiro_managed', 'failed', 'blocked', 'skipped', 'pending'] as const).flatMap(name =>
      counts[name] > 0 ? `${counts[name]} ${wordFor(name, report)}` : [],
    ),
  ];
}

function wordFor(status: keyof StatusReport['counts'], report: StatusReport): string {
  if (status === 'in_progress') return runningHeading(report).toLowerCase();
  return status === 'kiro_managed' ? 'in phases' : status;
}

const NOT_IN_PHASES: readonly string[] = ['pending', 'completed', 'skipped'];

/** Tasks with an attempt, kiro tasks among them. */
export function running({tasks}: StatusReport): TaskReport[] {
  return tasks.filter(({stage}) => stage !== undefined);
}

export function skipped({tasks}: StatusReport): TaskReport[] {
  return tasks.filter(({status}) => status === 'skipped');
}

function inPhases({tasks}: StatusReport): TaskReport[] {
  return tasks.filter(({kiro, status}) => kiro !== undefined && !NOT_IN_PHASES.includes(status));
}

/** Who works on it and where, and what is odd about what is known. */
export function whoLines(report: StatusReport): string[] {
  const {executed, executor, git, origin, plan_edit: edit, paused_until} = report;
  const lines: string[] = [];
  if (git.branch !== null) {
    const at = git.head === null ? '' : ` at ${git.head.slice(0, 10)}`;
    lines.push(`branch ${git.branch}${at}${git.landed ? ', landed' : ''}`);
  }
  if (executor && executed === 'here')
    lines.push(`executor: process ${executor.pid}, ${executor.session_id}`, ...illText(report.agents));
  lines.push(...costLines(report, LEFT));
  for (const liberty of report.liberties) lines.push(`! ${liberty}`);
  if (report.unseen !== undefined) lines.push(`! ${report.unseen}`);
  if (paused_until !== undefined) lines.push(`a driver rests until ${paused_until}`);
  lines.push(...originLines(origin));
  if (edit && edit.problems.length === 0) lines.push('the plan was edited; not in force before the next start');
  return lines.map(text => line(text, 0));
}

/** Where what is shown comes from, if not from the log. */
export function originLines(origin: StatusReport['origin']): string[] {
  return origin === 'elsewhere' ? ['executed elsewhere: shown as its file says'] : [];
}

/** Which of the executor's own loops are not well; of those that are there is nothing to say. */
export function illText(agents: StatusReport['agents']): string[] {
  const ill = agents.filter(({status}) => status !== 'running').map(({name, status}) => `${name} ${status}`);
  return ill.length === 0 ? [] : [`! inside the executor: ${ill.join(', ')}`];
}

function needLines({text, command}: Need, paint: Paint): string[] {
  return [...wrapped(text, LEFT), `${INDENT}${paint.cyan(printable(command))}`];
}

function taskSection(
  name: string,
  tasks: readonly TaskReport[],
  say: (task: TaskReport) => string,
  paint: (text: string) => string,
): string[] {
  const widest = Math.min(Math.max(...tasks.slice(0, SHOWN).map(({id}) => id.length), 0), 24);
  return section(name, tasks, task => [line(`${pad(task.id, widest)}  ${printable(say(task))}`, 0)], paint);
}

/** Attempts of an executor that died are not at work any more; the next one takes them up. */
export function runningHeading({executed}: Pick<StatusReport, 'executed'>): 'Running' | 'Interrupted' {
  return isAtWork(executed) ? 'Running' : 'Interrupted';
}

export function runningText(task: RunningTaskReport, now: number, report: Pick<StatusReport, 'executed'>): string {
  const since = stageSince(task, report);
  const age = since === undefined ? '' : ` ${ageOf(now - Date.parse(since))}`;
  const phase = task.kiro === undefined ? '' : `${task.kiro.current_phase} `;
  const title = task.title === task.id ? '' : `  ${task.title}`;
  return printable(
    `${phase}${stageWord(task)}${workerText(task, report)}${othersOf(task)}${age}${attempts(task)}${title}`,
  );
}

/** Who is in its round. */
export function othersOf({id, round = []}: Pick<TaskReport, 'id' | 'round'>): string {
  const others = round.filter(other => other !== id);
  const more = others.length > SHOWN ? ` and ${others.length - SHOWN} more` : '';
  return others.length === 0 ? '' : ` with ${others.slice(0, SHOWN).join(', ')}${more}`;
}

/** Those of a kiro task are numbered through all its phases, and say nothing of how often one was tried. */
function attempts({attempts, kiro}: Pick<TaskReport, 'attempts' | 'kiro'>): string {
  return attempts > 1 && !kiro ? ` (attempt ${attempts})` : '';
}

function nextSection(report: StatusReport, paint: Paint): string[] {
  const lines = nextLines(report, paint);
  if (lines.length === 0) return [];
  const {ready, next} = report;
  const shown = Math.min(next.length, SHOWN);
  const more = ready > shown ? [`and ${ready - shown} more that are ready`] : [];
  return [paint.bold('next'), ...[...lines.slice(0, shown), ...more, ...lines.slice(shown)].map(text => INDENT + text)];
}

/** The first of the tasks that are ready, and what starts them where nobody has yet. */
function nextLines({next, tasks, status, origin, id}: StatusReport, paint: Paint): string[] {
  const lines = next.slice(0, SHOWN).map(task => {
    const title = tasks.find(({id}) => id === task)?.title;
    return line(title === task ? task : `${task}  ${printable(title ?? '')}`, 0);
  });
  const isToStart = lines.length > 0 && status === 'planned' && origin === 'plan';
  return isToStart ? [...lines, paint.cyan(`milestone execute ${id}`)] : lines;
}

function section<Entry>(
  name: string,
  entries: readonly Entry[],
  linesOf: (entry: Entry) => string[],
  paint: (text: string) => string = text => text,
): string[] {
  if (entries.length === 0) return [];
  const shown = entries.slice(0, SHOWN);
  const rest = entries.length > shown.length ? [`and ${entries.length - shown.length} more`] : [];
  return [paint(name), ...[...shown.flatMap(linesOf), ...rest].map(text => `${INDENT}${text}`)];
}

/** Text of others, cut to the width that is left on a line. */
function line(text: string, taken: number): string {
  return cutTo(text, LEFT - taken);
}
