// Text of others in Markdown, which shows it as it is.

import {printable} from './printable.ts';

/** Text of one line. */
export function escaped(text: string): string {
  return printable(text).replace(/[\\`*_{}[\]<>#|~&!]/g, '\\$&');
}

/** Our own sentence of one line: what stands between backticks is code. */
export function prose(text: string): string {
  const parts = text.split('`');
  const isWhole = parts.length % 2 === 1;
  return parts
    .map((part, index) => {
      if (index % 2 === 1 && (isWhole || index < parts.length - 1)) return part === '' ? '' : code(part);
      return escaped(index % 2 === 1 ? `\`${part}` : part);
    })
    .join('');
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
