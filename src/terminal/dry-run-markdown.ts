// What would run, as Markdown: for the summary of a job, or a pull request.

import type {WillStop} from '../reports/will-stop.ts';
import type {DryRunPlan} from '../scheduler/rehearse.ts';
import {type DryRunFacts, dryRunHeadline, uncheckedText} from './dry-run-text.ts';
import {code, escaped, prose} from './markdown.ts';

/** Tasks that have a row; the rest is counted. */
const MOST = 200;

export function dryRunMarkdown(plan: DryRunPlan, facts: DryRunFacts): string {
  const {refusal, unchecked, unseen, problems} = facts;
  const hint = refusal?.hint === undefined ? '' : ` (${prose(refusal.hint)})`;
  const parts = [
    `# ${escaped(plan.id)}`,
    prose(dryRunHeadline(plan, facts)),
    ...(refusal ? [`**But it cannot:** ${prose(refusal.message)}${hint}`] : []),
    table(plan, facts),
    ...(plan.critical_path.length > 1 ? [`Critical path: ${plan.critical_path.map(code).join(' → ')}`] : []),
    ...(unchecked.length === 0 ? [] : [prose(uncheckedText(unchecked))]),
    ...(unseen === undefined ? [] : [`\\! ${prose(unseen)}`]),
    ...(problems.length === 0 ? [] : ['## Problems', problems.map(problemLine).join('\n')]),
    '## Will stop for you',
    facts.willStop.length === 0 ? 'nothing' : facts.willStop.map(stopLine).join('\n'),
  ];
  return `${parts.join('\n\n')}\n`;
}

function table({tasks}: DryRunPlan, {titles}: DryRunFacts): string {
  // What would not run has no wave.
  const inOrder = [...tasks].sort((a, b) => (a.wave || Infinity) - (b.wave || Infinity));
  const rows = inOrder.slice(0, MOST).map(({id, wave, action, driver, why}) => {
    const title = titles.get(id) ?? id;
    const name = title === id ? code(id) : `${code(id)} ${escaped(title)}`;
    return `| ${wave === 0 ? '' : wave} | ${name} | ${action} | ${escaped(driver)} | ${prose(why)} |`;
  });
  const more = tasks.length > MOST ? [`| | and ${tasks.length - MOST} more | | | |`] : [];
  return ['| wave | task | would | driver | why |', '| ---: | --- | --- | --- | --- |', ...rows, ...more].join('\n');
}

function problemLine({severity, message, position}: DryRunFacts['problems'][number]): string {
  return `- ${severity}: ${prose(message)}${position === undefined ? '' : ` (${escaped(position)})`}`;
}

function stopLine({text}: WillStop): string {
  return `- ${prose(text)}`;
}
