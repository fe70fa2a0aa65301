import {renderToString} from 'preact-render-to-string';

/** The document that every page begins as: without a word of what it will show. */
export function pageShell(): string {
  return `<!DOCTYPE html>\n${renderToString(
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>milestone</title>
        <link rel="stylesheet" href="/page.css" />
        <script src="/page.js" defer />
      </head>
      <body />
    </html>,
  )}\n`;
}
