import {expect, test} from 'vitest';
import {compare} from '../../src/attempt/compare-with-base.ts';
import type {CheckResult} from '../../src/events/details/checks.ts';

const check = (exit_code: number | null, output_tail: string): CheckResult => ({
  name: 'task',
  command: 'x',
  ok: exit_code === 0,
  exit_code,
  duration_ms: 1,
  output_tail,
});

test.each<[unknown, CheckResult, CheckResult]>([
  ['cannot_run', check(127, 'sh: 1: nmp: not found'), check(127, 'sh: 1: nmp: not found')],
  [
    'cannot_run',
    check(127, 'bash: line 1: nmp: command not found'),
    check(127, 'bash: line 1: nmp: command not found'),
  ],
  ['same', check(127, 'sh: 1: ./check.sh: not found'), check(127, 'sh: 1: ./check.sh: not found')],
  ['same', check(1, '3 failed in 0.12 s (slot 0)'), check(1, '3 failed in 12.5 s (slot 2)')],
  ['same', check(null, ''), check(null, '')],
  [undefined, check(1, 'no such test'), check(1, 'expected 1, got 2')],
  [undefined, check(2, 'x'), check(1, 'x')],
  [undefined, check(0, 'x'), check(1, 'x')],
])('%s: before %j, after %j', (verdict, before, after) => {
  expect(compare(before, after)).toBe(verdict);
});
