// How it is said that tests were deleted, removed or skipped.

import type {RemovedTest} from './details/attempt.ts';

/** Above the lines, in the message of a commit. */
export const REMOVED_TESTS_HEADING = 'Tests deleted or skipped:';

/** One line for each file and change, at most so many. */
export function removedTestLines(removed: readonly RemovedTest[], most: number): string[] {
  const rest = removed.length - most;
  return [...removed.slice(0, most).map(describe), ...(rest > 0 ? [`and ${rest} more`] : [])];
}

/** Cases that are named for a file. */
export const CASES_NAMED = 5;

/**
 * Read back what `removedTestLines` wrote.
 * @returns Whether that was all; of what was more than `most`, only the number is there.
 */
export function readRemovedTestLines(lines: readonly string[]): {removed: RemovedTest[]; isAll: boolean} {
  const removed = lines.flatMap(line => readLine(line) ?? []);
  return {removed, isAll: removed.length === lines.length};
}

const SHAPES = [
  ['deleted', /^(.+?) deleted \((\d+) lines?\)(?:: (.*))?$/s],
  ['removed', /^(.+?): (\d+) tests? removed(?:: (.*))?$/s],
  ['skipped', /^(.+?): (\d+) skips? added(?:: (.*))?$/s],
] as const;

function readLine(line: string): RemovedTest | undefined {
  for (const [change, shape] of SHAPES) {
    const [, file, count, named] = shape.exec(line) ?? [];
    if (file === undefined) continue;
    const lines = Number(count);
    // Each has a line of its own.
    const most = Math.min(lines, CASES_NAMED);
    return {file, change, lines, cases: named === undefined ? [] : split(named.replace(/, …$/, ''), most)};
  }
  return undefined;
}

/** A name may have a comma, too: of more parts than there were names the last one has the rest. */
function split(named: string, most: number): string[] {
  const parts = named.split(', ');
  return parts.length <= most ? parts : [...parts.slice(0, most - 1), parts.slice(most - 1).join(', ')];
}

/** All of them in a few words: `1 test file deleted, 2 tests skipped`. */
export function removedTestsInShort(removed: readonly RemovedTest[]): string {
  const sum = (change: RemovedTest['change']) =>
    removed.filter(one => one.change === change).reduce((count, {lines}) => count + lines, 0);
  const files = removed.filter(({change}) => change === 'deleted').length;
  return [
    ...(files > 0 ? [counted(files, 'test file', 'deleted')] : []),
    ...(sum('removed') > 0 ? [counted(sum('removed'), 'test', 'removed')] : []),
    ...(sum('skipped') > 0 ? [counted(sum('skipped'), 'skip', 'added')] : []),
  ].join(', ');
}

function describe({file, change, lines, cases}: RemovedTest): string {
  const named =
    cases.length === 0 ? '' : `: ${cases.join(', ')}${change !== 'deleted' && lines > cases.length ? ', …' : ''}`;
  if (change === 'deleted') return `${file} deleted (${lines} ${lines === 1 ? 'line' : 'lines'})${named}`;
  return `${file}: ${change === 'removed' ? counted(lines, 'test', 'removed') : counted(lines, 'skip', 'added')}${named}`;
}

function counted(count: number, noun: string, what: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'} ${what}`;
}
