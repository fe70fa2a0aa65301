// The report as one page: a file that holds all it needs, runs no script and reaches nothing.

import {createHash} from 'node:crypto';
import {renderToString} from 'preact-render-to-string';
import type {MorningReport} from '../reports/morning/report-shape.ts';
import {ReportBody} from './report-body.tsx';
import {STYLES} from './styles.ts';
import {shown} from './text.ts';

/** An HTML document. */
export function reportPage(report: MorningReport): string {
  const {title, id} = report.milestone;
  return `<!DOCTYPE html>\n${renderToString(
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content={POLICY} />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{shown(title === id ? id : `${id}: ${title}`)}</title>
        <style dangerouslySetInnerHTML={{__html: STYLES}} />
      </head>
      <body>
        <ReportBody report={report} />
      </body>
    </html>,
  )}\n`;
}

/** Nothing is loaded and nothing runs, whatever a title says; our own styles alone. */
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLES).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');
