import fc from 'fast-check';
import {expect, test} from 'vitest';
import type {RemovedTest} from '../../src/events/details/attempt.ts';
import {CASES_NAMED, readRemovedTestLines, removedTestLines} from '../../src/events/removed-tests.ts';

const word = fc.stringMatching(/^[\w.,/ -]{1,12}$/);
const removedTest: fc.Arbitrary<RemovedTest> = fc
  .record({
    file: fc.stringMatching(/^[\w./ -]{1,12}$/),
    change: fc.constantFrom('deleted', 'removed', 'skipped'),
    lines: fc.integer({min: 1, max: 20}),
    cases: fc.array(word, {minLength: CASES_NAMED, maxLength: CASES_NAMED}),
  })
  .map(one => ({...one, cases: one.cases.slice(0, one.lines)}));

test('what a commit says of tests that are gone, whoever has read it there says again', () => {
  fc.assert(
    fc.property(fc.array(removedTest, {maxLength: 5}), tests => {
      const lines = removedTestLines(tests, tests.length);
      const {removed, isAll} = readRemovedTestLines(lines);
      expect(isAll).toBe(true);
      expect(removedTestLines(removed, tests.length)).toEqual(lines);
      expect(removed).toMatchObject(tests.map(({file, change, lines}) => ({file, change, lines})));
    }),
  );
});

test('of more than were named it is known that there are more', () => {
  const one: RemovedTest = {file: 'a.test.ts', change: 'removed', lines: 2, cases: ['adds', 'takes away']};
  expect(readRemovedTestLines(removedTestLines([one], 1))).toEqual({removed: [one], isAll: true});
  expect(readRemovedTestLines(removedTestLines([one, one], 1))).toEqual({removed: [one], isAll: false});
});
