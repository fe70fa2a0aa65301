// The quickest of all commands: nothing that reads YAML may be loaded before it is needed.

import {MilestoneError} from '../../errors.ts';
import {look} from '../../milestone/look.ts';
import {type HomePaths, homePaths} from '../../plan/file/home.ts';
import type {MilestoneId} from '../../plan/plan.ts';
import {systemClock} from '../../platform/clock.ts';
import {print} from '../../platform/print.ts';
import {statusReport} from '../../reports/status-report.ts';
import type {StatusReport} from '../../reports/status-shape.ts';
import {choosePaint} from '../../terminal/paint.ts';
import {statusMarkdown} from '../../terminal/status-markdown.ts';
import {statusText} from '../../terminal/status-text.ts';
import {chooseShown, requireHome} from '../choose-milestone.ts';
import {statusFacts} from '../status-facts.ts';

export interface StatusFlags {
  milestone?: string;
  format?: 'text' | 'md' | 'json';
  json?: boolean;
  watch?: boolean;
}

/** `milestone status`. Where several could be meant and none has run yet, a person gets a line for each. */
export async function status(id: string | undefined, flags: StatusFlags): Promise<void> {
  const paths = homePaths(requireHome());
  const format = flags.json ? 'json' : (flags.format ?? 'text');
  const milestone = findMilestone(paths, id, flags.milestone, format === 'json');
  if (milestone === undefined) {
    const {listActive} = await import('./list.ts');
    return listActive(paths);
  }
  const view = await look(paths, milestone);
  const report = statusReport(view, await statusFacts(paths, view));
  if (format === 'text')
    print(statusText({...report, events: view.snapshot.notable}, systemClock.now(), await choosePaint()));
  else print(render(report, format));
}

/** As `targetMilestone`, whose file would bring along more than a quick answer can wait for. */
function findMilestone(
  paths: HomePaths,
  word: string | undefined,
  flag: string | undefined,
  isOne: boolean,
): MilestoneId | undefined {
  if (word !== undefined && flag !== undefined && word !== flag)
    throw new MilestoneError('USAGE', `\`${word}\` and \`--milestone ${flag}\` name two milestones`);
  return unlessSeveral(() => chooseShown(paths, flag ?? word), isOne);
}

/** Undefined where several could be meant; `isOne`: that is an error. */
export function unlessSeveral(choose: () => MilestoneId, isOne: boolean): MilestoneId | undefined {
  try {
    return choose();
  } catch (error) {
    const isAnyMeant = error instanceof MilestoneError && error.code === 'AMBIGUOUS_MILESTONE';
    if (isAnyMeant && !isOne) return undefined;
    throw error;
  }
}

function render(report: StatusReport, format: 'md' | 'json'): string {
  return format === 'json' ? `${JSON.stringify({ok: true, milestone: report})}\n` : statusMarkdown(report);
}
