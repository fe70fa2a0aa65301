// How the parts of a prompt are put down. Each ends with the empty line that follows it; what is empty leaves nothing.

/** A text and an empty line. */
export function paragraph(text: string): string {
  return text === '' ? '' : `${text}\n\n`;
}

/** A list with its opening. */
export function headed(opening: string, items: readonly string[]): string {
  return items.length === 0 ? '' : `${opening}\n\n${itemised(items)}\n`;
}

/** A line for each. */
export function itemised(items: readonly string[], indent = ''): string {
  return items.map(item => `${indent}- ${item}\n`).join('');
}
