// The quickest of all commands: nothing here may load a library before it is needed.

import {MilestoneError} from '../../errors.ts';
import {loadView} from '../../milestone/load-view.ts';
import {type HomePaths, homePaths} from '../../plan/file/home.ts';
import type {MilestoneId} from '../../plan/plan.ts';
import {systemClock} from '../../platform/clock.ts';
import {print} from '../../platform/print.ts';
import {type StatusReport, statusReport} from '../../reports/status-report.ts';
import {choosePaint} from '../../terminal/paint.ts';
import {statusText} from '../../terminal/status-text.ts';
import {chooseMilestone, requireHome} from '../choose-milestone.ts';
import {statusFacts} from '../status-facts.ts';

type SayText = typeof statusText;

export interface StatusFlags {
  milestone?: string;
  format?: 'text' | 'md' | 'json';
  json?: boolean;
  watch?: boolean;
}

/**
 * `milestone status`.
 * @param say How it is said as text.
 */
export async function status(id: string | undefined, flags: StatusFlags, say: SayText = statusText): Promise<void> {
  const paths = homePaths(requireHome());
  const format = flags.json ? 'json' : (flags.format ?? 'text');
  const view = await loadView(paths, findMilestone(paths, id, flags.milestone), {isBrief: format === 'text'});
  const report = statusReport(view, await statusFacts(paths, view));
  if (format === 'text') print(say({...report, events: view.snapshot.notable}, systemClock.now(), await choosePaint()));
  else print(await render(report, format));
}

/** As `targetMilestone`, whose file would bring along more than a quick answer can wait for. */
function findMilestone(paths: HomePaths, word: string | undefined, flag: string | undefined): MilestoneId {
  if (word !== undefined && flag !== undefined && word !== flag)
    throw new MilestoneError('USAGE', `\`${word}\` and \`--milestone ${flag}\` name two milestones`);
  return chooseMilestone(paths, flag ?? word);
}

async function render(report: StatusReport, format: 'md' | 'json'): Promise<string> {
  if (format === 'json') return `${JSON.stringify({ok: true, milestone: report})}\n`;
  const {statusMarkdown} = await import('../../terminal/status-markdown.ts');
  return statusMarkdown(report);
}
