import {expect, test} from 'vitest';
import {makeExecution} from './execution-rig.ts';

test('however many names are busy, one look again is due at a time, the soonest', async () => {
  const {execution, clock, looks} = makeExecution({id: 'a', title: 'A', run: 'true'});
  for (let round = 1; round <= 3; round++) {
    for (let name = 0; name < 5; name++) execution.timers.retryBusy(1_000);
    expect(clock.sleeping).toBe(1);
    await clock.advance(1_000);
    expect([looks(), clock.sleeping]).toEqual([round, 0]);
  }
  execution.timers.retryBusy(1_000);
  execution.timers.retryBusy(0);
  expect(clock.sleeping).toBe(1);
  await clock.advance(0);
  expect([looks(), clock.sleeping]).toEqual([4, 0]);
});

test('what is to be done later is not done after the end, and nothing is left that waits', async () => {
  const {execution, clock} = makeExecution({id: 'a', title: 'A', run: 'true'});
  const done: string[] = [];
  for (let index = 0; index < 20; index++) execution.timers.after(1_000, () => done.push('late'));
  execution.timers.after(500, () => done.push('early'));
  await clock.advance(500);
  execution.lifetime.end({exit: 0, reason: 'completed'});
  execution.timers.after(1, () => done.push('too late'));
  expect(clock.sleeping).toBe(0);
  await clock.advance(2_000);
  expect(done).toEqual(['early']);
});
