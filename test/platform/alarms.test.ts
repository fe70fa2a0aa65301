import fc from 'fast-check';
import {expect, test} from 'vitest';
import {Alarms} from '../../src/platform/alarms.ts';
import {FakeClock} from '../rig/fake-clock.ts';

test('alarms ring in order, each at its time, and not when they were taken back', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ms: fc.integer({min: 0, max: 50}), takenBackAt: fc.integer({min: 0, max: 60})}), {
        minLength: 1,
        maxLength: 12,
      }),
      async plans => {
        const clock = new FakeClock();
        const rung: Array<{at: number; plan: number}> = [];
        const takeBacks = plans.map(({ms}, plan) =>
          Alarms.of(clock).set(ms, () => rung.push({at: clock.elapsed(), plan})),
        );
        for (let now = 0; now <= 60; now++) {
          await clock.advance(now === 0 ? 0 : 1);
          for (const [plan, {takenBackAt}] of plans.entries()) if (takenBackAt === now) takeBacks[plan]!();
        }
        const expected = plans.flatMap(({ms, takenBackAt}, plan) => (ms <= takenBackAt ? [{at: ms, plan}] : []));
        expect(rung.sort((a, b) => a.plan - b.plan)).toEqual(expected);
        expect(clock.sleeping).toBe(0);
      },
    ),
    {numRuns: 50},
  );
});

test('many alarms share one sleep, and none is left behind', async () => {
  const clock = new FakeClock();
  const takeBacks = [900, 2700, 900, Number.POSITIVE_INFINITY].map(ms => Alarms.of(clock).set(ms, () => {}));
  expect(clock.sleeping).toBe(1);
  for (const takeBack of takeBacks) takeBack();
  await clock.advance(0);
  expect(clock.sleeping).toBe(0);
});

test('an alarm that is set while another rings, rings too', async () => {
  const clock = new FakeClock();
  const rung: number[] = [];
  const ring = () => {
    rung.push(clock.elapsed());
    if (rung.length < 3) Alarms.of(clock).set(10, ring);
  };
  Alarms.of(clock).set(10, ring);
  await clock.advance(100);
  expect(rung).toEqual([10, 20, 30]);
});
