// How wide text is in a terminal, in columns.

/** Text of Latin letters, digits and signs, each a column wide; the soft hyphen is none of them. */
const NARROW = /^[\x20-\x7e\xa1-\xac\xae-\xff]*$/;
/** Combining marks, variation selectors, and format characters such as joiners: they take no column of their own. */
const NO_WIDTH = /^(?:\p{Mn}|\p{Me}|\p{Cf})$/u;
/** East Asian wide and full-width characters, and emoji. */
const WIDE =
  /^[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{16fe0}-\u{18aff}\u{1b000}-\u{1b2ff}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}]$|^\p{Emoji_Presentation}$/u;

/** Columns that a text takes; it must be printable and of one line. */
export function textWidth(text: string): number {
  if (NARROW.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/** The text, or as much of it as fits into `columns`, with `…` for the rest. */
export function cutTo(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  let kept = '';
  let width = 1; // of the ellipsis
  for (const character of text) {
    width += characterWidth(character);
    if (width > columns) break;
    kept += character;
  }
  return `${kept.trimEnd()}…`;
}

/** The text with spaces after it up to `columns`; a longer one stays as it is. */
export function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(columns - textWidth(text), 0));
}

function characterWidth(character: string): number {
  if (NO_WIDTH.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}
