import type {AttentionReport} from '../../reports/morning/attention.ts';
import {headlineParts} from '../../reports/morning/headline.ts';
import {remarks} from '../attention-text.ts';
import {code, escaped, prose} from '../markdown.ts';
import {workerText} from '../status-mark.ts';
import {runningHeading} from '../status-text.ts';

/** Entries of a section; the rest is counted. */
const MOST = 5;

/** What a person wants to know first, as Markdown. It has no ages: it is the same as long as nothing has changed. */
export function attentionMarkdown(report: AttentionReport): string {
  const {id, title, status, headline, needs_you, then, running, next, ready} = report;
  const parts = [
    `# ${escaped(title === id ? id : `${id}: ${title}`)}`,
    `**${status}** · ${headlineParts(headline).map(escaped).join(' · ')}`,
    ...remarks(report).map(escaped),
    ...list(
      'Needs you',
      needs_you.map(({text, command}) => `${prose(text)}: ${code(command)}`),
    ),
    ...(then === undefined ? [] : [`Then ${code(then)}`]),
    ...list(
      runningHeading(report),
      running.map(
        ({id, stage, attempts, kiro, worker}) =>
          `${code(id)} ${stage}${escaped(workerText({worker}, report))}${attempts > 1 && !kiro ? `, attempt ${attempts}` : ''}`,
      ),
    ),
    ...list(
      'Next',
      next.map(({id, title}) => (title === id ? code(id) : `${code(id)} ${escaped(title)}`)),
      ready,
    ),
    ...list('Next', report.commands.map(code)),
  ];
  return `${parts.join('\n\n')}\n`;
}

function list(heading: string, lines: readonly string[], count = lines.length): string[] {
  if (lines.length === 0) return [];
  const shown = lines.slice(0, MOST).map(line => `- ${line}`);
  return [
    `**${heading}**`,
    [...shown, ...(count > shown.length ? [`- and ${count - shown.length} more`] : [])].join('\n'),
  ];
}
