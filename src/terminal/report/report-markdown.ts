// The morning's report as Markdown: for a pull request, a chat, or the summary of a job.

import {removedTestLines} from '../../events/removed-tests.ts';
import {headlineParts, spanText} from '../../reports/morning/headline.ts';
import type {FailedTask, MorningReport} from '../../reports/morning/report-shape.ts';
import {toldBy} from '../../reports/morning/told-by.ts';
import {STAGES} from '../../state/stage-times.ts';
import {code, escaped, fenced, prose} from '../markdown.ts';
import {usageText} from '../usage-text.ts';
import {attemptName, doneParts, endOf, notDone, tailLines, whyNotDone} from './report-text.ts';

/** Entries of a section; the rest is counted: a pull request has room for 65,536 characters. */
const MOST = 100;
const TAIL_LINES = 20;

export function reportMarkdown(report: MorningReport): string {
  const {milestone, headline, unchecked, assumptions, gates, failed} = report;
  const unproved = new Set(unchecked);
  const title = milestone.title === milestone.id ? milestone.id : `${milestone.id}: ${milestone.title}`;
  const parts = [
    `# ${escaped(title)}`,
    `**${milestone.status}** · ${headlineParts(headline).map(escaped).join(' · ')}`,
    ...branchLine(report),
    ...list('Needs you', report.needs_you, ({text, command}) => `${prose(text)}: ${code(command)}`),
    ...list('Done', report.done, task => {
      const commit = task.commit === null ? '' : ` ${task.commit.slice(0, 10)}`;
      return `${code(task.task)}${commit} ${escaped(task.title)}: ${prose(doneParts(task, unproved).join(', '))}`;
    }),
    ...list('Unchecked', unchecked, code),
    ...list('Assumptions', assumptions, ({task, text}) => `${code(task)}: ${escaped(text)}`),
    ...list(
      'Tests deleted, removed or skipped',
      report.removed_tests,
      ({task, ...test}) => `${code(task)}: ${escaped(removedTestLines([test], 1).join())}`,
    ),
    ...failedParts(failed, milestone.id),
    ...list(
      'Not done',
      notDone(report),
      task => `${code(task.id)} ${escaped(task.title)}: ${prose(whyNotDone(task, report))}`,
    ),
    ...list(
      'Gates passed without a person',
      gates.filter(({by}) => by === 'auto'),
      ({task, gate}) => `${code(task)} ${escaped(gate)}`,
    ),
    ...timeline(report),
    ...spent(report),
    ...commands('Review', report.review),
    ...commands('Land', report.land),
  ];
  return `${parts.join('\n\n')}\n`;
}

function branchLine(report: MorningReport): string[] {
  const {branch, head} = report.milestone;
  const where = branch === null ? [] : [`branch ${code(branch)}${head === null ? '' : ` at ${head.slice(0, 10)}`}`];
  return [...where, ...toldBy(report).map(escaped)];
}

function list<Entry>(heading: string, entries: readonly Entry[], say: (entry: Entry) => string): string[] {
  if (entries.length === 0) return [];
  const lines = entries.slice(0, MOST).map(entry => `- ${say(entry)}`);
  const more = entries.length > MOST ? [`- and ${entries.length - MOST} more`] : [];
  return [`## ${heading}`, [...lines, ...more].join('\n')];
}

function failedParts(failed: readonly FailedTask[], id: string): string[] {
  if (failed.length === 0) return [];
  const parts = failed
    .slice(0, MOST)
    .flatMap(({task, title, cause, message, last, output_tail, work_at}) => [
      `**${code(task)}** ${escaped(title)}: ${prose(message)} (${escaped(cause)})${last ? `; at last: ${prose(last.message)}` : ''}`,
      ...(output_tail === null ? [] : [fenced(tailLines(output_tail, TAIL_LINES).join('\n'))]),
      work_at === null ? 'Nothing of its work was kept.' : `Its work: ${code(`milestone diff ${id} ${task}`)}`,
    ]);
  return ['## Failed', ...parts, ...(failed.length > MOST ? [`and ${failed.length - MOST} more`] : [])];
}

function timeline({timeline: entries}: MorningReport): string[] {
  if (entries.length === 0) return [];
  const rows = entries.slice(0, MOST).map(entry => {
    const spans = STAGES.map(stage => spanText(entry.stage_times[stage]));
    return `| ${[code(attemptName(entry)), escaped(entry.driver), ...spans, escaped(endOf(entry))].join(' | ')} |`;
  });
  const more = entries.length > MOST ? [`| and ${entries.length - MOST} more | | | | | | |`] : [];
  const head = [
    `| attempt | driver | ${STAGES.join(' | ')} | end |`,
    `| --- | --- |${' ---: |'.repeat(STAGES.length)} --- |`,
  ];
  return ['## Timeline', [...head, ...rows, ...more].join('\n')];
}

function spent({spent}: MorningReport): string[] {
  const known = Object.entries(spent).flatMap(([key, value]) => (value === null ? [] : [[key, value] as const]));
  return known.length === 0 ? [] : ['## Spent', escaped(usageText(Object.fromEntries(known)))];
}

function commands(heading: string, all: readonly string[]): string[] {
  return all.length === 0 ? [] : [`## ${heading}`, fenced(all.join('\n'))];
}
