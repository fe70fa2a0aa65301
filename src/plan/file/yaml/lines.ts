/** A text as lines. Offsets are in UTF-16 units, as of a string. */
export class TextLines {
  constructor(readonly text: string) {}

  /** Whether the line after the one that ends here is no comment and not empty; the end of the file is fine too. */
  isFollowedByKey(endOfLine: number): boolean {
    const lineStart = this.text.indexOf('\n', endOfLine) + 1;
    if (lineStart === 0 || lineStart === this.text.length) return true;
    return /^\s*[^\s#]/.test(this.text.slice(lineStart, this.endOfLine(lineStart)));
  }

  /** Whether there is nothing up to the end of the line, or a comment. */
  isRestOfLine(start: number, end: number): boolean {
    return /^[ \t]*(?:[ \t]#.*)?$/s.test(this.text.slice(start, end));
  }

  /** Where the line that an offset is in ends, before its break. */
  endOfLine(offset: number): number {
    const end = this.text.indexOf('\n', offset);
    if (end < 0) return this.text.length;
    return end > offset && this.text[end - 1] === '\r' ? end - 1 : end;
  }

  /** The break at the end of a line, or the one that the text uses elsewhere. */
  lineBreakAt(offset: number): string {
    if (offset < this.text.length) return this.text[offset] === '\r' ? '\r\n' : '\n';
    return this.text.includes('\r\n') ? '\r\n' : '\n';
  }

  /** How many characters stand before an offset in its line; a mark of the byte order is none. */
  columnOf(offset: number): number {
    const lineStart = this.text.lastIndexOf('\n', offset - 1) + 1;
    return offset - lineStart - (lineStart === 0 && this.text.startsWith('\uFEFF') ? 1 : 0);
  }
}
