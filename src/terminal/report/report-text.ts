// The morning's report for a terminal or a file.

import {removedTestLines} from '../../events/removed-tests.ts';
import type {TaskId} from '../../plan/plan.ts';
import {firstLine} from '../../platform/first-line.ts';
import {tellingLines} from '../../platform/telling-lines.ts';
import {headlineParts, spanText} from '../../reports/morning/headline.ts';
import type {
  DoneTask,
  FailedTask,
  MorningReport,
  ReportedTask,
  TimelineEntry,
} from '../../reports/morning/report-shape.ts';
import {toldBy} from '../../reports/morning/told-by.ts';
import type {PhaseStatus} from '../../state/kiro.ts';
import {STAGES} from '../../state/stage-times.ts';
import type {Paint} from '../paint.ts';
import {printable, printableLines} from '../printable.ts';
import {usageText} from '../usage-text.ts';
import {cutTo, pad} from '../width.ts';
import {joinWrapped, wrapped} from '../wrap.ts';
import {joinSections, section} from './sections.ts';

const COLUMNS = 80;
const INDENT = '  ';
const LEFT = COLUMNS - INDENT.length;
/** Lines of what a failed task printed. */
const TAIL_LINES = 5;
const WIDEST_ID = 24;
/** Of a check, among other things on a line. */
const LONGEST_COMMAND = 32;

export function reportText(report: MorningReport, paint: Paint): string {
  const {milestone, headline, unchecked, assumptions, gates} = report;
  const name = milestone.title === milestone.id ? milestone.id : `${milestone.id}: ${milestone.title}`;
  const sections: string[][] = [
    [
      paint.bold(cutTo(printable(name), COLUMNS)),
      ...joinWrapped([milestone.status, ...headlineParts(headline)], ' · ', COLUMNS),
      ...branchLines(report),
    ],
    section(
      paint.yellow('needs you'),
      report.needs_you.flatMap(({text, command}) => [
        ...wrapped(text, LEFT),
        `${INDENT}${paint.cyan(printable(command))}`,
      ]),
    ),
    section(paint.bold('done'), doneLines(report)),
    section(paint.yellow('unchecked'), unchecked.length === 0 ? [] : wrapped(unchecked.join(' '), LEFT)),
    section(
      paint.bold('assumptions'),
      assumptions.flatMap(({task, text}) => wrapped(`${task}: ${text}`, LEFT)),
    ),
    section(paint.yellow('tests deleted, removed or skipped'), removedLines(report)),
    section(
      paint.red('failed'),
      report.failed.flatMap(task => failedLines(task, milestone.id)),
    ),
    section(
      paint.yellow('not done'),
      notDone(report).flatMap(task => wrapped(`${task.id}: ${whyNotDone(task, report)}`, LEFT)),
    ),
    section(
      paint.yellow('gates passed without a person'),
      gates.flatMap(({task, gate, by}) => (by === 'auto' ? wrapped(`${task} ${gate}`, LEFT) : [])),
    ),
    section(paint.bold('timeline'), timelineLines(report.timeline)),
    section(paint.bold('spent'), spentLines(report)),
    section(
      paint.bold('review'),
      report.review.map(command => paint.cyan(printable(command))),
    ),
    section(
      paint.bold('land'),
      report.land.map(command => paint.cyan(printable(command))),
    ),
  ];
  return joinSections(sections);
}

function branchLines(report: MorningReport): string[] {
  const {branch, head} = report.milestone;
  return [
    ...(branch === null ? [] : [cutTo(`branch ${branch}${head === null ? '' : ` at ${head.slice(0, 10)}`}`, COLUMNS)]),
    ...toldBy(report).flatMap(text => wrapped(text, LEFT)),
  ];
}

function doneLines({done, unchecked}: MorningReport): string[] {
  const unproved = new Set(unchecked);
  const widest = widestOf(done.map(({task}) => task));
  return done.map(task => {
    const commit = task.commit?.slice(0, 10) ?? '-';
    return cutTo(
      `${pad(task.task, widest)}  ${pad(commit, 10)}  ${printable(doneParts(task, unproved).join(', '))}`,
      LEFT,
    );
  });
}

/**
 * What vouches for a task that is done, and what it took.
 * @param unproved Those for which nothing vouches; of some others nobody here knows by what they were checked.
 */
export function doneParts(
  {task, checks, minutes, cost_usd, attempts}: DoneTask,
  unproved: ReadonlySet<TaskId>,
): string[] {
  const green = checks.map(
    ({command, flaky}) => `\`${cutTo(firstLine(command), LONGEST_COMMAND)}\`${flaky ? ' (flaky)' : ''}`,
  );
  return [
    green.length > 0 ? `checked by ${green.join(' and ')}` : unproved.has(task) ? 'unchecked' : 'checked',
    ...(attempts > 1 ? [`${attempts} attempts`] : []),
    ...(minutes > 0 ? [spanText(minutes * 60_000)] : []),
    ...(cost_usd === null ? [] : [`${cost_usd.toFixed(2)} usd`]),
  ];
}

function removedLines({removed_tests}: MorningReport): string[] {
  return removed_tests.flatMap(({task, ...test}) =>
    removedTestLines([test], 1).flatMap(line => wrapped(`${task}: ${line}`, LEFT)),
  );
}

function failedLines({task, cause, message, attempts, last, output_tail, work_at}: FailedTask, id: string): string[] {
  const tries = attempts > 1 ? ` (first of ${attempts} attempts)` : '';
  return [
    ...wrapped(`${task} (${cause}): ${message}${tries}`, LEFT),
    ...(last
      ? wrapped(`at last, in attempt ${last.attempt} (${last.cause}): ${last.message}`, LEFT - 2).map(indented)
      : []),
    ...(output_tail === null ? [] : tailLines(output_tail).map(line => indented(`| ${cutTo(line, LEFT - 4)}`))),
    indented(work_at === null ? 'nothing of its work was kept' : `its work: \`milestone diff ${id} ${task}\``),
  ];
}

function indented(line: string): string {
  return `${INDENT}${line}`;
}

/** What of an output says why it failed, harmless. */
export function tailLines(output: string, most = TAIL_LINES): string[] {
  if (output.trim() === '') return [];
  const lines = printableLines(output, '')
    .split('\n')
    .map(line => line.replaceAll('\t', '    '));
  return tellingLines(lines, most);
}

const PHASE_WORDS: Readonly<Record<PhaseStatus, string>> = {
  pending: 'is next',
  in_progress: 'is next',
  waiting_approval: 'waits for approval',
  approved: 'is approved',
  completed: 'is done',
  blocked: 'is blocked',
};

/** Of a milestone that was begun: what is neither done nor failed. */
export function notDone({milestone, tasks}: MorningReport): ReportedTask[] {
  if (milestone.status === 'planned') return [];
  return tasks.filter(({status}) => status !== 'completed' && status !== 'failed');
}

/** Its status, and what or which tasks it waits for. */
export function whyNotDone({status, dependencies, kiro}: ReportedTask, {tasks}: MorningReport): string {
  if (kiro && status === 'kiro_managed')
    return `its ${kiro.current_phase} ${PHASE_WORDS[kiro.phases[kiro.current_phase]]}`;
  const open = new Set(tasks.filter(({status}) => status !== 'completed' && status !== 'skipped').map(({id}) => id));
  const waitsFor = status === 'pending' ? dependencies.filter(id => open.has(id)) : [];
  const words = status.replace('_', ' ');
  return waitsFor.length === 0 ? words : `${words}, waits for ${waitsFor.join(', ')}`;
}

function timelineLines(timeline: readonly TimelineEntry[]): string[] {
  if (timeline.length === 0) return [];
  const rows = timeline.map(entry => [
    cutTo(attemptName(entry), WIDEST_ID + 4),
    ...STAGES.map(stage => spanText(entry.stage_times[stage])),
    endOf(entry),
  ]);
  const heads = ['', ...STAGES, ''];
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map(row => row[column]?.length ?? 0)));
  return [heads, ...rows].map(row =>
    cutTo(
      row
        .map((cell, column) => pad(cell, widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
      LEFT,
    ),
  );
}

/** How an attempt ended, in words. */
export function endOf({outcome, cause}: Pick<TimelineEntry, 'outcome' | 'cause'>): string {
  const words = outcomeWords(outcome);
  return cause === undefined || cause === outcome ? words : `${words}: ${cause}`;
}

export function outcomeWords(outcome: TimelineEntry['outcome']): string {
  return outcome === 'waiting_approval' ? 'waits for approval' : outcome;
}

/** Task, phase and number. */
export function attemptName({task, attempt, phase}: Pick<TimelineEntry, 'task' | 'attempt' | 'phase'>): string {
  return `${task}${phase === undefined ? '' : ` ${phase}`} ${attempt}`;
}

function spentLines({spent}: MorningReport): string[] {
  const known = Object.entries(spent).flatMap(([key, value]) => (value === null ? [] : [[key, value] as const]));
  return known.length === 0 ? [] : [usageText(Object.fromEntries(known))];
}

function widestOf(ids: readonly string[]): number {
  return Math.min(Math.max(0, ...ids.map(id => id.length)), WIDEST_ID);
}
