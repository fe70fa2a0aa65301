// How it is said that tests were deleted, removed or skipped.

import type {RemovedTest} from './details/attempt.ts';

/** One line for each file and change, at most so many. */
export function removedTestLines(removed: readonly RemovedTest[], most: number): string[] {
  const rest = removed.length - most;
  return [...removed.slice(0, most).map(describe), ...(rest > 0 ? [`and ${rest} more`] : [])];
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
