// Which stretches of a text go with the field that is written there.

import type {FieldLayout} from '../layout.ts';
import type {TextLines} from './yaml/lines.ts';
import {endOfPair, hasExplicitKey, startOf, type Token} from './yaml/tokens.ts';

export class Cuts {
  /** Fields whose lines may go, by where the cut begins: at the end of the line before. */
  private readonly cuttable = new Map<number, FieldLayout>();
  /** Those of them that separate lines of text from what comes below. */
  private readonly behindText: FieldLayout[] = [];

  constructor(private readonly lines: TextLines) {}

  /** Take note of a field of a map that is no map in braces. */
  add(field: FieldLayout, followsText: boolean): void {
    if (!field.cut) return;
    this.cuttable.set(field.cut[0], field);
    if (followsText) this.behindText.push(field);
  }

  /** Its lines, from the break before them on; not for a first key that shares its line with something. */
  inBlock(token: Token): [number, number] | undefined {
    const start = startOf(token);
    const lineStart = this.lines.text.lastIndexOf('\n', start - 1) + 1;
    if (lineStart === 0 || this.lines.text.slice(lineStart, start).trim() !== '' || hasExplicitKey(token))
      return undefined;
    const end = this.lines.endOfLine(endOfPair(token));
    if (!this.lines.isRestOfLine(endOfPair(token), end)) return undefined;
    return end === this.lines.text.length
      ? [lineStart, end]
      : [lineStart - (this.lines.text[lineStart - 2] === '\r' ? 2 : 1), end];
  }

  /** The same in braces, from the comma before it on. */
  inFlow(token: Token, previous: Token | undefined): [number, number] | undefined {
    if (!previous) return undefined;
    const start = endOfPair(previous);
    const end = endOfPair(token);
    return /^\s*,[ \t]*$/.test(this.lines.text.slice(start, startOf(token))) && !hasExplicitKey(token)
      ? [start, end]
      : undefined;
  }

  /** What separates lines of text from a comment or an empty line below must stay, or these become part of the text. */
  keepTextsApart(): void {
    // From the last one on: what stays below is what keeps them apart.
    const fields = this.behindText.sort((a, b) => (b.cut?.[0] ?? 0) - (a.cut?.[0] ?? 0));
    for (const field of fields)
      if (field.cut && !this.lines.isFollowedByKey(this.endOfCuts(field.cut))) delete field.cut;
  }

  /** Where the lines end that may go together, one after the other, with those that are to be cut. */
  private endOfCuts([, end]: [number, number]): number {
    const next = this.cuttable.get(end)?.cut;
    return next ? this.endOfCuts(next) : end;
  }
}
