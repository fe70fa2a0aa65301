// Data on its way into a prompt: nothing in it that is not text, no longer than allowed, and kept apart from the words
// of the template around it.

import {stripVTControlCharacters} from 'node:util';

// Controls but line break and tab, marks that change direction, characters that nobody sees, halves of a character.
const UNWANTED =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\u{e0000}-\u{e007f}]|\p{Surrogate}/gu;

/** Text without colours, control characters and white space around it; lines end in `\n`. */
export function cleanText(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    .replace(UNWANTED, '')
    .trimEnd()
    .replace(/^(?:[ \t]*\n)+/, '');
}

/** Data with every text in it changed. */
export function mapTexts<T>(data: T, change: (text: string) => string): T {
  return mapAny(data, change) as T;
}

function mapAny(data: unknown, change: (text: string) => string): unknown {
  if (typeof data === 'string') return change(data);
  if (Array.isArray(data)) return data.map(item => mapAny(item, change));
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, mapAny(value, change)]));
}

/** Text on one line, cut at its end. */
export function oneLine(text: string, most: number): string {
  const line = text
    .slice(0, 4 * most)
    .replace(/\s+/g, ' ')
    .trim();
  return line.length <= most ? line : `${wholeStart(line, most)}…`;
}

/** Text of at most about `most` characters: beginning and end, and a note of how much is missing between. */
export function cutMiddle(text: string, most: number): string {
  if (text.length <= most) return text;
  const half = Math.floor(most / 2);
  const start = wholeStart(text, half);
  const end = wholeEnd(text, half);
  return `${start}\n[… ${text.length - start.length - end.length} characters left out …]\n${end}`;
}

/** A block of text with a fence round it that nothing in it can end. */
export function fenced(text: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map(run => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${text}\n${fence}`;
}

/** Text as an item of a list: its further lines belong to the item. */
export function asItem(text: string): string {
  return text.replace(/\n/g, '\n  ');
}

/** At most `most` items as text, and how many are missing. */
export function firstItems<T>(items: readonly T[], most: number, write: (item: T) => string): string[] {
  const written = items.slice(0, most).map(write);
  return items.length <= most ? written : [...written, `… and ${items.length - most} more`];
}

function wholeStart(text: string, length: number): string {
  return text.slice(0, length).replace(/[\ud800-\udbff]$/, '');
}

function wholeEnd(text: string, length: number): string {
  return length === 0 ? '' : text.slice(-length).replace(/^[\udc00-\udfff]/, '');
}
