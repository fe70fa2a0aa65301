import type {Where} from '../errors.ts';
import {printable} from './printable.ts';
import {textWidth} from './width.ts';

/** The line that a place is in, with a caret below what it means; nothing where there is no excerpt. */
export function excerptLines({line, excerpt}: Where): string[] {
  if (!excerpt) return [];
  const number = `  ${line ?? ''} | `;
  const before = ' '.repeat(textWidth(printable(excerpt.text.slice(0, excerpt.caret))));
  return [`${number}${printable(excerpt.text)}`, `${' '.repeat(number.length - 2)}| ${before}^`];
}
