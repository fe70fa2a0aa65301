// The quickest of all commands: nothing here may load a library before it is needed.

import {loadView} from '../engine/view.ts';
import {homePaths} from '../milestone/home.ts';
import {systemClock} from '../platform/clock.ts';
import {print} from '../platform/print.ts';
import {type StatusReport, statusReport} from '../projections/status-report.ts';
import {choosePaint} from '../projections/terminal/paint.ts';
import {statusText} from '../projections/terminal/status-text.ts';
import {chooseMilestone, requireHome} from './home.ts';
import {statusFacts} from './status-facts.ts';

export interface StatusFlags {
  milestone?: string;
  format?: 'text' | 'md' | 'json';
  json?: boolean;
  watch?: boolean;
}

/** `milestone status`. */
export async function status(id: string | undefined, flags: StatusFlags): Promise<void> {
  const paths = homePaths(requireHome());
  const format = flags.json ? 'json' : (flags.format ?? 'text');
  const view = await loadView(paths, chooseMilestone(paths, flags.milestone ?? id), {isBrief: format === 'text'});
  print(await render(statusReport(view, await statusFacts(paths, view)), format));
}

async function render(report: StatusReport, format: 'text' | 'md' | 'json'): Promise<string> {
  switch (format) {
    case 'json':
      return `${JSON.stringify({ok: true, milestone: report})}\n`;
    case 'md': {
      const {statusMarkdown} = await import('../projections/status-markdown.ts');
      return statusMarkdown(report);
    }
    default:
      return statusText(report, systemClock.now(), await choosePaint());
  }
}
