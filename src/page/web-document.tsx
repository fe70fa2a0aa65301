import {renderToString} from 'preact-render-to-string';
import {Page, titleOf} from './client/page.tsx';
import {Data} from './data.tsx';
import type {Given} from './given.ts';

/**
 * The document of a page that is whole before a script runs.
 * @param given Absent for whoever has shown no token yet: not a word of what the page will show.
 */
export function webDocument(given?: Given): string {
  return `<!DOCTYPE html>\n${renderToString(
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{given ? titleOf(given.path) : 'milestone'}</title>
        <link rel="stylesheet" href="/page.css" />
        <script src="/page.js" defer />
      </head>
      <body>
        <div id="page">{given && <Page {...given} />}</div>
        {given && <Data id="given" value={given} />}
      </body>
    </html>,
  )}\n`;
}
