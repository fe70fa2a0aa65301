// The report as one page: a file that holds all it needs and reaches nothing. It is whole without a script; with its own,
// which is the only one that may run, its drawings are enlarged and its tables searched.

import {createHash, randomBytes} from 'node:crypto';
import {renderToString} from 'preact-render-to-string';
import type {MorningReport} from '../reports/morning/report-shape.ts';
import {Data} from './data.tsx';
import {MOST_DRAWN} from './graph/graph.tsx';
import {layered} from './graph/layered.ts';
import {structureOf} from './graph/layout.ts';
import {ReportFile, type ReportFileProps} from './report-file.tsx';
import {STYLES} from './styles.ts';
import {shown} from './text.ts';

/**
 * An HTML document.
 * @param script What takes the page over, as it is built.
 */
export function reportPage(report: MorningReport, script: string): string {
  const {title, id} = report.milestone;
  const nonce = randomBytes(16).toString('base64url');
  const props = {report, layouts: {given: layoutOf(report)}} satisfies ReportFileProps;
  return `<!DOCTYPE html>\n${renderToString(
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content={policy(nonce)} />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{shown(title === id ? id : `${id}: ${title}`)}</title>
        <style dangerouslySetInnerHTML={{__html: STYLES}} />
      </head>
      <body>
        <div id="page">
          <ReportFile {...props} />
        </div>
        <Data id="given" value={props} />
        <script nonce={nonce} dangerouslySetInnerHTML={{__html: script.replaceAll('</script', '<\\/script')}} />
      </body>
    </html>,
  )}\n`;
}

function layoutOf({tasks}: MorningReport) {
  return tasks.length > MOST_DRAWN ? undefined : {structure: structureOf(tasks), layout: layered(tasks)};
}

/** Nothing is loaded, whatever a title says; our own styles and our own script alone. */
function policy(nonce: string): string {
  return [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(STYLES).digest('base64')}'`,
    `script-src 'nonce-${nonce}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}
