import fs from 'node:fs';
import path from 'node:path';
import {keptDocument} from '../documents/kept-documents.ts';
import type {Deliverable} from '../events/details/kiro.ts';
import {diffSince} from '../git/text-diff.ts';
import type {MilestoneId} from '../plan/plan.ts';
import {documentLine} from '../terminal/approvals-text.ts';
import type {Paint} from '../terminal/paint.ts';
import {printable} from '../terminal/printable.ts';

/** Lines that are shown of one document, and of one line. */
const MOST_LINES = 200;
const LONGEST_LINE = 500;

export interface ShownDocument {
  now: Deliverable & {content: Buffer | undefined};
  /** As it was asked for. */
  asked: Deliverable | undefined;
  /** As it was when somebody decided on it last. */
  decided: Deliverable | undefined;
}

/** Where documents are shown. */
export interface Showing {
  home: string;
  /** The home as a person is told of it. */
  shown: string;
  id: MilestoneId;
  paint: Paint;
}

/** What is approved: the text of a document, or what has changed in it since somebody decided on it; bounded. */
export async function documentLines({now, asked, decided}: ShownDocument, showing: Showing): Promise<string[]> {
  const {home, shown, id, paint} = showing;
  const file = path.join(shown, now.path);
  const isLate = asked !== undefined && asked.sha256 !== now.sha256;
  const head = [
    documentLine(now, shown),
    ...(isLate ? [paint.yellow(`changed since it was asked for: ${printable(file)}`)] : []),
  ];
  const text = now.content?.toString('utf8') ?? '';
  if (decided?.sha256 === now.sha256) return [...head, 'unchanged since it was last decided on'];
  const before = decided && keptDocument(home, id, decided);
  const diff = before !== undefined && fs.existsSync(before) ? await diffSince(before, text) : undefined;
  if (diff)
    return [...head, 'changes since it was last decided on:', ...bounded(diff, file, line => painted(line, paint))];
  if (text.includes('\0')) return [...head, `binary, ${now.content?.length} bytes`];
  return [...head, ...bounded(text.replace(/\n$/, '').split('\n'), file, line => line)];
}

function bounded(lines: readonly string[], file: string, paint: (line: string) => string): string[] {
  const shown = lines.slice(0, MOST_LINES).map(line => paint(`  ${printable(cut(line.replaceAll('\t', '    ')))}`));
  const rest = lines.length - shown.length;
  return rest > 0 ? [...shown, `… ${rest} more lines: ${printable(file)}`] : shown;
}

function cut(line: string): string {
  return line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}…` : line;
}

function painted(line: string, paint: Paint): string {
  if (line.startsWith('  +')) return paint.green(line);
  if (line.startsWith('  -')) return paint.red(line);
  return line.startsWith('  @@') ? paint.dim(line) : line;
}
