// Which tests a diff deletes, takes away or keeps from running. Pure. It finds what is usual in a language, not what
// somebody hides; what it finds is said, and decides nothing.

import type {RemovedTest} from '../events/details/attempt.ts';
import {CASES_NAMED} from '../events/removed-tests.ts';
import {isTestFile, type TestLanguage, testLanguage} from './test-lines.ts';

const LONGEST = 100;

/** @param diff As git writes it, of files that may hold tests, renames found. */
export function removedTests(diff: string): RemovedTest[] {
  const files = parseDiff(diff).map(readFile);
  // What was moved to another file is there still.
  const kept = tally(files.flatMap(({addedCases}) => addedCases));
  const before = tally(files.flatMap(({removedSkips}) => removedSkips));
  return files.flatMap(({file, isDeleted, removedCases, addedSkips, removedLines}): RemovedTest[] => {
    const gone = removedCases.filter(name => !takeFrom(kept, name));
    const skipped = addedSkips.filter(line => !takeFrom(before, line));
    const isMoved = isDeleted && removedCases.length > 0 && gone.length === 0;
    if (isDeleted && isTestFile(file) && !isMoved)
      return [{file, change: 'deleted', lines: removedLines, cases: shown(gone)}];
    return [
      ...(gone.length > 0 ? [{file, change: 'removed' as const, lines: gone.length, cases: shown(gone)}] : []),
      ...(skipped.length > 0 ? [{file, change: 'skipped' as const, lines: skipped.length, cases: shown(skipped)}] : []),
    ];
  });
}

interface FileDiff {
  file: string;
  isDeleted: boolean;
  /** Removed lines begin with a minus, added ones with a plus. */
  lines: string[];
}

function parseDiff(diff: string): FileDiff[] {
  const files: FileDiff[] = [];
  let isInHunk = false;
  for (const line of diff.split('\n')) {
    const current = files.at(-1);
    if (line.startsWith('diff --git ')) {
      files.push({file: '', isDeleted: false, lines: []});
      isInHunk = false;
    } else if (line.startsWith('@@')) isInHunk = true;
    else if (current && isInHunk && /^[-+]/.test(line)) current.lines.push(line);
    else if (current && !isInHunk) readHeader(current, line);
  }
  return files.filter(({file}) => file !== '');
}

function readHeader(current: FileDiff, line: string): void {
  if (line.startsWith('deleted file')) current.isDeleted = true;
  // Of a file that was deleted, only the name that it had.
  const [, name] = /^(?:---|\+\+\+) "?[ab]\/(.*?)"?\t?$/.exec(line) ?? [];
  if (name !== undefined) current.file = name;
}

interface ReadFile {
  file: string;
  isDeleted: boolean;
  removedLines: number;
  removedCases: string[];
  addedCases: string[];
  removedSkips: string[];
  addedSkips: string[];
}

function readFile({file, isDeleted, lines}: FileDiff): ReadFile {
  const language = testLanguage(file);
  const [removed, added] = ['-', '+'].map(sign =>
    lines.filter(line => line.startsWith(sign)).map(line => line.slice(1).trim()),
  ) as [string[], string[]];
  return {
    file,
    isDeleted,
    removedLines: removed.length,
    removedCases: language ? casesIn(removed, language) : [],
    addedCases: language ? casesIn(added, language) : [],
    removedSkips: language ? skipsIn(removed, language) : [],
    addedSkips: language ? skipsIn(added, language) : [],
  };
}

function casesIn(lines: readonly string[], language: TestLanguage): string[] {
  return lines.flatMap((line, index) => {
    if (language.comment.test(line)) return [];
    const found = language.cases.map(pattern => pattern.exec(line)).find(match => match !== null);
    if (!found) return [];
    const name = language.isNameBelow ? nameBelow(lines, index) : found.slice(1).at(-1);
    return [name === undefined || name === '' ? line : name];
  });
}

const DECLARATION = /(\w+|`.*?`)\s*(?:<.*?>)?\s*\(/;

/** Between a mark and the name may stand more marks. */
function nameBelow(lines: readonly string[], index: number): string | undefined {
  const declaration = lines.slice(index + 1, index + 6).find(line => !/^[@#[]/.test(line));
  return declaration === undefined ? undefined : DECLARATION.exec(declaration)?.[1];
}

function skipsIn(lines: readonly string[], {skips, comment}: TestLanguage): string[] {
  return lines.filter(line => !comment.test(line) && skips.some(pattern => pattern.test(line)));
}

function tally(texts: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
}

/** @returns Whether there was one. */
function takeFrom(counts: Map<string, number>, text: string): boolean {
  const count = counts.get(text) ?? 0;
  if (count > 0) counts.set(text, count - 1);
  return count > 0;
}

function shown(texts: readonly string[]): string[] {
  return texts.slice(0, CASES_NAMED).map(text => (text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text));
}
