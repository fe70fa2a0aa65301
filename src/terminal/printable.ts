// C0 and C1 controls, line and paragraph separators, and the marks that change the direction of what follows them.
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069\ufeff]/g;

/** Text of several lines in the middle of others: those after its first are indented. */
export function printableLines(text: string, indent = '    '): string {
  return printable(text.trimEnd(), {lines: true}).replaceAll('\n', `\n${indent}`);
}

/**
 * Text that a terminal shows and does not obey: control characters appear escaped (`\x1b`).
 * @param options.lines Keep line breaks and tabs.
 */
export function printable(text: string, options: {lines?: boolean} = {}): string {
  return text.replace(CONTROL, character => {
    if (options.lines && (character === '\n' || character === '\t')) return character;
    const code = character.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}
