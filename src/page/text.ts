import {printable} from '../terminal/printable.ts';

/** Text of others, harmless: what is no character to read appears escaped. */
export function shown(text: string): string {
  return printable(text);
}

/** The same of several lines. */
export function shownLines(text: string): string {
  return printable(text, {lines: true});
}

/** `2026-11-23 10:00:05`, in UTC. */
export function instant(timestamp: string): string {
  return timestamp.slice(0, 19).replace('T', ' ');
}

/** An amount of money; a dash where nobody knows it. */
export function usd(amount: number | null | undefined): string {
  return amount === null || amount === undefined ? '–' : `${amount.toFixed(2)} usd`;
}
