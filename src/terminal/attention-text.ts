// What a person wants to know first: where it stands, what needs him, what runs and what comes next. One screen at most.

import type {AttentionReport} from '../reports/morning/attention.ts';
import {headlineParts} from '../reports/morning/headline.ts';
import {sinceText} from '../reports/morning/since.ts';
import type {Paint} from './paint.ts';
import {printable} from './printable.ts';
import {originLines, runningHeading, runningText, SHOWN} from './status-text.ts';
import {cutTo} from './width.ts';
import {joinWrapped, wrapped} from './wrap.ts';

const MOST_LINES = 20;
const COLUMNS = 80;
const INDENT = '  ';
const LEFT = COLUMNS - INDENT.length;
/** Of the lines before the first section. */
const HEAD_LINES = 6;

interface Section {
  heading: string;
  /** Lines of each entry. */
  entries: string[][];
  /** Entries that there are, shown here or not. */
  count: number;
}

/** @param now Milliseconds since the epoch, for ages. */
export function attentionText(report: AttentionReport, now: number, paint: Paint): string {
  const head = headLines(report, paint).slice(0, HEAD_LINES);
  const sections: Section[] = [
    {
      heading: paint.yellow('needs you'),
      entries: report.needs_you.slice(0, MOST_LINES).map(({text, command}, index) => [
        ...wrapped(text, LEFT).slice(0, 2),
        `${INDENT}${paint.cyan(printable(command))}`,
        // With the first one: that is shown for sure.
        ...(index === 0 && report.then !== undefined ? [`then \`${printable(report.then)}\``] : []),
      ]),
      count: report.needs_you.length,
    },
    section(
      paint.bold(runningHeading(report).toLowerCase()),
      report.running.map(task => [cutTo(`${task.id}  ${runningText(task, now, report)}`, LEFT)]),
    ),
    {heading: paint.bold('next'), entries: nextEntries(report, paint), count: report.ready},
    section(
      paint.bold('next'),
      report.commands.map(command => [paint.cyan(printable(command))]),
    ),
  ].filter(({entries}) => entries.length > 0);
  return `${[...head, ...fill(sections, MOST_LINES - head.length)].join('\n')}\n`;
}

function headLines(report: AttentionReport, paint: Paint): string[] {
  const {id, title, status, headline, percentage} = report;
  return [
    paint.bold(cutTo(printable(title === id ? id : `${id}: ${title}`), COLUMNS)),
    ...joinWrapped([status, `${percentage} %`, ...headlineParts(headline)], ' · ', COLUMNS),
    ...remarks(report).map(line => cutTo(printable(line), COLUMNS)),
  ];
}

/** What is new, where the work is, and what is odd about it. */
export function remarks({
  since,
  branch,
  head,
  liberties,
  unseen,
  paused_until,
  origin,
  edited,
  landed,
  also_active: others,
}: AttentionReport): string[] {
  const news = since && sinceText(since);
  return [
    ...(news ? [news] : []),
    ...(branch === null
      ? []
      : [`branch ${branch}${head === null ? '' : ` at ${head.slice(0, 10)}`}${landed ? ', landed' : ''}`]),
    ...(paused_until === undefined ? [] : [`a driver rests until ${paused_until}`]),
    ...[...liberties, ...(unseen === undefined ? [] : [unseen])].map(text => `! ${text}`),
    ...originLines(origin),
    ...(edited ? ['the plan was edited; not in force before the next start'] : []),
    ...(others.length === 0 ? [] : [`also active: ${firstFew(others)} (\`milestone list\`)`]),
  ];
}

function firstFew(ids: readonly string[]): string {
  const more = ids.length - SHOWN;
  return `${ids.slice(0, SHOWN).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** What starts them belongs to the last one. */
function nextEntries({next, status, origin, id}: AttentionReport, paint: Paint): string[][] {
  const entries = next
    .slice(0, SHOWN)
    .map(task => [cutTo(task.title === task.id ? task.id : `${task.id}  ${printable(task.title)}`, LEFT)]);
  if (status === 'planned' && origin === 'plan') entries.at(-1)?.push(paint.cyan(`milestone execute ${id}`));
  return entries;
}

function section(heading: string, entries: string[][]): Section {
  return {heading, entries, count: entries.length};
}

/** The first of each section for sure, then more of the first ones. */
function fill(sections: readonly Section[], rows: number): string[] {
  let left = rows;
  return sections.flatMap(({heading, entries, count}, index) => {
    const later = sections.slice(index + 1).reduce((sum, {entries}) => sum + costOf(entries.slice(0, 1)), 0);
    let shown = entries.length;
    while (shown > 1 && costOf(entries.slice(0, shown)) + later > left) shown--;
    const kept = entries.slice(0, shown);
    left -= costOf(kept);
    const title = shown < count ? `${heading} (${shown} of ${count})` : heading;
    return ['', title, ...kept.flat().map(line => `${INDENT}${line}`)];
  });
}

/** Rows of a section with these entries: an empty one and the heading before them. */
function costOf(entries: readonly string[][]): number {
  return entries.reduce((sum, lines) => sum + lines.length, 2);
}
