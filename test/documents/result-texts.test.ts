import {describe, expect, test} from 'vitest';
import {implementationSummary, readCounts, testResults} from '../../src/documents/result-texts.ts';

describe('counts are those that a runner prints', () => {
  const table: Array<[string, string, string]> = [
    [
      'vitest',
      ' Test Files  2 passed (2)\n      Tests  12 passed | 1 skipped (13)\n   Start at  10:00',
      'Tests  12 passed | 1 skipped (13)',
    ],
    [
      'vitest in colour',
      '\x1b[2m      Tests \x1b[22m \x1b[1m\x1b[31m1 failed\x1b[39m\x1b[22m\x1b[2m | \x1b[22m\x1b[32m3 passed\x1b[39m (4)',
      'Tests  1 failed | 3 passed (4)',
    ],
    [
      'jest',
      'Test Suites: 1 failed, 1 total\nTests:       1 failed, 2 passed, 3 total\nSnapshots:   0 total',
      'Tests:       1 failed, 2 passed, 3 total',
    ],
    ['pytest', '====== 3 failed, 12 passed, 1 warning in 0.12s ======', '3 failed, 12 passed, 1 warning in 0.12s'],
    ['pytest, quiet', '12 passed in 61.20s (0:01:01)', '12 passed in 61.20s (0:01:01)'],
    [
      'cargo',
      'test result: ok. 4 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out',
      'test result: ok. 4 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out',
    ],
    ['mocha', '  3 passing (12ms)\n  1 failing\n', '3 passing (12ms), 1 failing'],
    ['node:test', '# tests 5\n# suites 0\n# pass 4\n# fail 1', '# tests 5, # pass 4, # fail 1'],
    ['node:test, spec', 'ℹ tests 5\nℹ suites 0\nℹ pass 4\nℹ fail 1\n', 'ℹ tests 5, ℹ pass 4, ℹ fail 1'],
    ['unittest', 'Ran 3 tests in 0.001s\n\nOK', 'Ran 3 tests in 0.001s'],
    ['JUnit', 'Tests run: 5, Failures: 1, Errors: 0, Skipped: 0', 'Tests run: 5, Failures: 1, Errors: 0, Skipped: 0'],
    ['RSpec', '5 examples, 1 failure, 1 pending', '5 examples, 1 failure, 1 pending'],
  ];
  test.each(table)('%s', (_, output, counts) => expect(readCounts(output)).toBe(counts));

  test.each([['all is well'], ['2 tests were on the list'], ['Tests are run with make'], ['']])(
    'none in %j',
    output => {
      expect(readCounts(output)).toBeUndefined();
    },
  );
});

const task = {id: 'a', title: 'A `title`\nof two lines'};

test('a red check, one that did not end, and one that printed a fence of its own', () => {
  const text = testResults(task, 3, [
    {name: 'task', command: 'a\nb', ok: false, exit_code: 2, duration_ms: 1_250, output_tail: '```\nboom\x1b[31m\n'},
    {name: 'milestone', command: 'c', ok: false, exit_code: null, duration_ms: 10},
    {name: 'review', command: 'd', ok: true, flaky: true, exit_code: 0, duration_ms: 59_999},
  ]);
  expect(text).toContain('2 of 3 checks failed.');
  expect(text).toContain('- exit code: 2\n- duration: 1.3 s\n');
  expect(text).toContain('````\n```\nboom');
  expect(text).not.toContain('\x1b');
  expect(text).toContain('- exit code: none (it did not end by itself)\n');
  expect(text).toContain('It printed nothing.');
  expect(text).toContain('flaky: red, then green on the same tree');
  expect(text.split('\n')[0]).toMatch(/^# Test results: A `title`.*of two lines$/);
});

test('without a check nothing is claimed', () => {
  expect(testResults(task, 1, [])).toContain('Nothing was checked: neither the task nor the milestone names a check');
});

test('a summary has what was said, quoted, and what git shows', () => {
  const changes = {from: 'git', files: ['a.txt', 'src/b c.ts'], commit: 'abc'} as const;
  const text = implementationSummary(task, {summary: 'Done.\n# Not a heading', assumptions: ['x\ny'], changes});
  expect(text).toContain('> Done.\n> # Not a heading\n');
  expect(text).toContain('Commit `abc`; files changed:\n\n- `a.txt`\n- `src/b c.ts`\n');
  expect(implementationSummary(task, {changes: {from: 'git', files: []}})).toContain('No file was changed.');
  expect(implementationSummary(task, {changes: {from: 'git', files: ['a']}})).toContain('No commit yet; files changed');
  expect(implementationSummary(task, {changes: {from: 'hand'}})).toContain('done by hand');
  expect(implementationSummary(task, {changes: {from: 'nowhere'}})).toContain('without git');
});
