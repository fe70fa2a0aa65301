// What a person wants to know first: where it stands, what needs him, what runs and what comes next. One screen at most.

import type {StatusReport} from '../reports/status-shape.ts';
import type {Paint} from './paint.ts';
import {printable} from './printable.ts';
import {goOnLines, headline, nextLines, running, runningText, SHOWN} from './status-text.ts';
import {cutTo} from './width.ts';
import {wrapped} from './wrap.ts';

const MOST_LINES = 20;
const COLUMNS = 80;
const INDENT = '  ';

interface Section {
  heading: string;
  /** Lines of each entry. */
  entries: string[][];
  /** Entries that there are, shown here or not. */
  count: number;
}

/** @param now Milliseconds since the epoch, for ages. */
export function attentionText(report: StatusReport, now: number, paint: Paint): string {
  const head = headline(report, paint).slice(0, 4);
  const sections: Section[] = [
    section(
      paint.yellow('needs you'),
      report.needs_you.map(({text, command}, place) => [
        ...wrapped(text, COLUMNS - INDENT.length).slice(0, 2),
        `${INDENT}${paint.cyan(printable(command))}`,
        // With the first one: that is shown for sure.
        ...(place === 0 ? goOnLines(report).map(line => line.trimStart()) : []),
      ]),
    ),
    section(
      paint.bold('running'),
      running(report).map(task => [cutTo(`${task.id}  ${runningText(task, now)}`, COLUMNS - INDENT.length)]),
    ),
    {heading: paint.bold('next'), entries: nextEntries(report, paint), count: report.ready},
  ].filter(({entries}) => entries.length > 0);
  return `${[...head, ...fill(sections, MOST_LINES - head.length)].join('\n')}\n`;
}

/** What starts them belongs to the last one. */
function nextEntries(report: StatusReport, paint: Paint): string[][] {
  const lines = nextLines(report, paint);
  const last = Math.min(report.next.length, SHOWN) - 1;
  return lines.slice(0, last + 1).map((line, place) => (place === last ? lines.slice(last) : [line]));
}

function section(heading: string, entries: string[][]): Section {
  return {heading, entries, count: entries.length};
}

/** The first of each section for sure, then more of the first ones. */
function fill(sections: readonly Section[], rows: number): string[] {
  let left = rows;
  return sections.flatMap(({heading, entries, count}, place) => {
    const later = sections.slice(place + 1).reduce((sum, {entries}) => sum + costOf(entries.slice(0, 1)), 0);
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
