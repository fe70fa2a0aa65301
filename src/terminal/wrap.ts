import {printable} from './printable.ts';
import {cutTo, textWidth} from './width.ts';

/** A text over as many lines as it takes; a word that is longer than a line is cut. */
export function wrapped(text: string, columns: number): string[] {
  return joinWrapped(printable(text).split(' '), ' ', columns);
}

/** Parts on as few lines as hold them. */
export function joinWrapped(parts: readonly string[], separator: string, columns: number): string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    if (last !== undefined && textWidth(last) + textWidth(separator) + textWidth(part) <= columns)
      lines[lines.length - 1] = `${last}${separator}${part}`;
    else lines.push(cutTo(part, columns));
  }
  return lines;
}
