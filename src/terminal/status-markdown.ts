// A milestone's status as Markdown, for a chat or a pull request: fewer than 40 lines, and the same text as long as
// nothing has changed. So it has no ages, and no events: some of those only say that the executor is well.

import type {AsideWarning} from '../reports/asides.ts';
import type {AttemptWarning} from '../reports/attempt-warnings.ts';
import type {BlockerReport} from '../reports/blockers.ts';
import type {Need, StatusReport, TaskReport} from '../reports/status-shape.ts';
import {goOnCommand} from '../reports/what-next.ts';
import {escaped as escapedText} from './markdown.ts';
import {phasesText} from './phases-text.ts';
import {printable} from './printable.ts';
import {stageSince, stageWord, workerText} from './status-mark.ts';
import {countParts, doneParts, othersOf, running, runningHeading, skipped, whoLines} from './status-text.ts';

/** Entries of a section; the rest is counted. */
const SHOWN = 3;
const NEEDS_SHOWN = 5;
/** Of a completed milestone. */
const TASKS_SHOWN = 20;
const LONGEST = 200;
/** In Markdown, at the end of a line. */
const LINE_BREAK = '  ';

export function statusMarkdown(report: StatusReport): string {
  const {id, title, needs_you: needs, blockers} = report;
  const [status, ...rest] = countParts(report);
  const lines = [
    `# ${title === id ? id : `${id}: ${escaped(title)}`}`,
    '',
    ...paragraph([`**${status}**`, ...rest], whoLines(report).map(escaped)),
    ...needsSection(id, needs, goOnCommand(report)),
    ...section(runningHeading(report), running(report), task => runningText(task, report)),
    ...section('Failed', failed(report), task => `\`${task.id}\` ${escaped(task.error?.message ?? '')}`),
    ...section('Blockers', notYours(blockers), ({message}) => escaped(message)),
    ...section('Beside the work', report.warnings.filter(isAside), ({message}) => escaped(message)),
    ...section('Skipped', skipped(report), ({id, reason}) => `\`${id}\` ${escaped(reason ?? 'no reason given')}`),
    ...doneSection(report),
    ...nextSection(report),
  ];
  return `${lines.join('\n')}\n`;
}

function isAside(warning: StatusReport['warnings'][number]): warning is AsideWarning {
  return !('task_id' in warning);
}

/** Of one line each, however many parts they have. */
function paragraph(...lines: string[][]): string[] {
  const texts = lines.filter(parts => parts.length > 0).map(parts => parts.join(' · '));
  return texts.map((text, index) => (index < texts.length - 1 ? `${text}${LINE_BREAK}` : text));
}

/** One of each kind before a second one: a question does not vanish behind many approvals. */
function needsSection(id: string, needs: readonly Need[], goOn: string | undefined): string[] {
  const isFirst = (need: Need, index: number) => needs.findIndex(({kind}) => kind === need.kind) === index;
  const mixed = [...needs.filter(isFirst), ...needs.filter((need, index) => !isFirst(need, index))];
  // Of every kind at least one: each has a command of its own.
  const most = Math.max(NEEDS_SHOWN, needs.filter(isFirst).length);
  const others = `: \`milestone approvals ${id}\`, \`milestone blockers ${id}\``;
  const shown = section('Needs you', mixed.slice(0, most), needText, most);
  return [...shown, ...more(needs.length - most, others), ...(goOn === undefined ? [] : [`- then \`${goOn}\``])];
}

function needText({text, command}: Need): string {
  const mark = /[.:!?]$/.test(text) ? '' : ':';
  return `${escaped(text)}${mark} \`${printable(command)}\``;
}

/** Those that no person has to act on: the others are among what needs you. */
function notYours(blockers: readonly BlockerReport[]): BlockerReport[] {
  return blockers.filter(({who}) => who !== 'you');
}

function section<Entry>(
  name: string,
  entries: readonly Entry[],
  say: (entry: Entry) => string,
  most = SHOWN,
): string[] {
  if (entries.length === 0) return [];
  const shown = entries.slice(0, most).map(entry => `- ${say(entry)}`.trimEnd());
  return ['', `**${name}**`, ...shown, ...more(entries.length - most)];
}

function nextSection({next, ready}: StatusReport): string[] {
  const shown = section('Next', next.slice(0, SHOWN), id => `\`${id}\``);
  return shown.length === 0 ? [] : [...shown, ...more(ready - SHOWN)];
}

/** Of a completed milestone. */
function doneSection({status, tasks}: StatusReport): string[] {
  if (status !== 'completed') return [];
  const done = tasks.filter(task => task.status === 'completed');
  return section(
    'Tasks',
    done,
    task =>
      `\`${task.id}\`${task.commit === undefined ? '' : ` ${task.commit.slice(0, 10)}`}: ${escaped(doneParts(task).join(', '))}`,
    TASKS_SHOWN,
  );
}

function more(count: number, where = ''): string[] {
  return count > 0 ? [`- and ${count} more${where}`] : [];
}

function failed({tasks}: StatusReport): TaskReport[] {
  return tasks.filter(({status}) => status === 'failed');
}

function runningText(task: TaskReport, {warnings, executed}: StatusReport): string {
  const {id, attempts, kiro} = task;
  const since = stageSince(task, {executed});
  const attempt = attempts > 1 && !kiro ? `, attempt ${attempts}` : '';
  const marks = warnings.flatMap(of => ('task_id' in of && of.task_id === id ? `, ${WARNINGS[of.kind]}` : []));
  const phases = kiro ? ` (${phasesText(kiro.phases)})` : '';
  return `\`${id}\` ${stageWord(task)}${escaped(workerText(task, {executed}))}${othersOf(task)}${attempt}${since === undefined ? '' : `, since ${since.slice(0, 19)}Z`}${marks.join('')}${phases}`;
}

/** Without their ages, which change all the time. */
const WARNINGS: Record<AttemptWarning['kind'], string> = {long_running: 'runs for long', silent: 'is silent for long'};

/** Text of others, of one line, cut. */
function escaped(text: string): string {
  return escapedText(text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
}
