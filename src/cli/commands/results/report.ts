import {look} from '../../../milestone/look.ts';
import {homePaths} from '../../../plan/file/home.ts';
import {print} from '../../../platform/print.ts';
import type {MorningReport} from '../../../reports/morning/report-shape.ts';
import {choosePaint} from '../../../terminal/paint.ts';
import {reportJunit} from '../../../terminal/report/report-junit.ts';
import {reportMarkdown} from '../../../terminal/report/report-markdown.ts';
import {reportText} from '../../../terminal/report/report-text.ts';
import {chooseShown, requireHome} from '../../choose-milestone.ts';
import {pageScript} from '../../page-script.ts';
import {reportOf} from '../../read-report.ts';
import {targetMilestone} from '../../target.ts';

export interface ReportFlags {
  milestone?: string;
  format?: 'text' | 'md' | 'html' | 'json' | 'junit';
  json?: boolean;
}

/** `milestone report`: of the one that ran last, where none is named. */
export async function report(word: string | undefined, flags: ReportFlags): Promise<void> {
  const paths = homePaths(requireHome());
  const named = word ?? flags.milestone;
  const id = named === undefined ? chooseShown(paths, undefined) : targetMilestone(paths, word, flags.milestone);
  const view = await look(paths, id);
  print(await render(await reportOf(paths, view), flags.json ? 'json' : (flags.format ?? 'text')));
}

async function render(report: MorningReport, format: NonNullable<ReportFlags['format']>): Promise<string> {
  switch (format) {
    case 'json':
      return `${JSON.stringify({ok: true, report})}\n`;
    case 'md':
      return reportMarkdown(report);
    case 'html':
      return (await import('../../../page/report-page.tsx')).reportPage(report, await pageScript('report'));
    case 'junit':
      return reportJunit(report);
    case 'text':
      return reportText(report, await choosePaint());
  }
}
