// Text of others in Markdown, which shows it as it is.

import {printable} from './printable.ts';

/** Text of one line. */
export function escaped(text: string): string {
  return printable(text).replace(/[\\`*_{}[\]<>#|~&!]/g, '\\$&');
}

/** Text of one line, as code: between more backticks than are in it. */
export function code(text: string): string {
  const shown = printable(text).replaceAll('|', '\u00a6');
  const ticks = '`'.repeat(longestRun(shown) + 1);
  const space = /^[` ]|[` ]$/.test(shown) ? ' ' : '';
  return `${ticks}${space}${shown}${space}${ticks}`;
}

/** Lines as they are. */
export function fenced(text: string): string {
  const fence = '`'.repeat(Math.max(3, longestRun(text) + 1));
  return `${fence}\n${printable(text, {lines: true})}\n${fence}`;
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
}
