import fc from 'fast-check';
import {expect, test} from 'vitest';
import {STAGES, stageTimes, sumStages} from '../../src/state/stage-times.ts';

const instant = fc.integer({min: 0, max: 1_000_000});
const marks = fc.record(
  {ready: instant, working: instant, claimed: instant, green: instant, end: instant},
  {requiredKeys: ['ready', 'end']},
);

test('the stages of an attempt add up to its time, whatever the clock did and however far it got', () => {
  fc.assert(
    fc.property(marks, mark => {
      const times = stageTimes(mark);
      expect(Math.min(...STAGES.map(stage => times[stage]))).toBeGreaterThanOrEqual(0);
      const sum = STAGES.reduce((all, stage) => all + times[stage], 0);
      expect(sum).toBe(Math.max(mark.end - mark.ready, 0));
    }),
  );
});

test('marks in their order are the bounds of the stages', () => {
  fc.assert(
    fc.property(fc.array(instant, {minLength: 5, maxLength: 5}), instants => {
      const [ready = 0, working = 0, claimed = 0, green = 0, end = 0] = instants.sort((a, b) => a - b);
      expect(stageTimes({ready, working, claimed, green, end})).toEqual({
        waiting: working - ready,
        working: claimed - working,
        checking: green - claimed,
        queued: end - green,
      });
    }),
  );
});

test('what never began has waited all the time, what was not claimed has worked, what was not green was checked', () => {
  expect(stageTimes({ready: 1, end: 9})).toMatchObject({waiting: 8});
  expect(stageTimes({ready: 1, working: 3, end: 9})).toMatchObject({waiting: 2, working: 6});
  expect(stageTimes({ready: 1, working: 3, claimed: 5, end: 9})).toMatchObject({working: 2, checking: 4, queued: 0});
});

test('times of several attempts are summed stage by stage', () => {
  const one = {waiting: 1, working: 2, checking: 3, queued: 4};
  expect(sumStages([one, one])).toEqual({waiting: 2, working: 4, checking: 6, queued: 8});
  expect(sumStages([])).toEqual({waiting: 0, working: 0, checking: 0, queued: 0});
});
