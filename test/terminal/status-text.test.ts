import {expect, test} from 'vitest';
import {ageOf} from '../../src/terminal/amounts.ts';

test('an age is told in its two largest units', () => {
  const second = 1_000;
  expect(ageOf(-5)).toBe('0s');
  expect(ageOf(59.9 * second)).toBe('59s');
  expect(ageOf(60 * second)).toBe('1m');
  expect(ageOf(3_725 * second)).toBe('1h 2m');
  expect(ageOf(3_605 * second)).toBe('1h');
  expect(ageOf(100_000 * second)).toBe('1d 3h');
});
