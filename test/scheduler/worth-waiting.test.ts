import fc from 'fast-check';
import {expect, test} from 'vitest';
import {type QueueOutlook, worthWaiting} from '../../src/scheduler/worth-waiting.ts';

const times = fc.integer({min: 0, max: 3_000});
const outlooks: fc.Arbitrary<QueueOutlook> = fc.record({
  queued: fc.integer({min: 1, max: 8}),
  room: fc.integer({min: -1, max: 8}),
  waitedMs: times,
  checkMs: times,
  expectedMs: fc.array(fc.integer({min: 1, max: 3_000}), {maxLength: 8}),
});

/**
 * When all works are integrated, summed up, if rounds begin as soon as somebody waits and none does.
 * @param beginsAt Of the first round.
 */
function sumOfEnds({queued, room, checkMs, expectedMs}: QueueOutlook, beginsAt: number): number {
  const batch = queued + Math.max(room, 0);
  let left = [...Array<number>(queued).fill(0), ...expectedMs].sort((a, b) => a - b);
  let sum = 0;
  for (let at = beginsAt; left.length > 0; at += checkMs) {
    at = Math.max(at, left[0] as number);
    const round = left.filter(arrivesAt => arrivesAt <= at).slice(0, batch);
    sum += round.length * (at + checkMs);
    left = left.slice(round.length);
  }
  return sum;
}

test('to wait never costs more time, over all works, than it saves', () => {
  fc.assert(
    fc.property(outlooks, ({expectedMs, ...more}) => {
      // Who comes after the check has ended is a matter of another round.
      const outlook = {...more, expectedMs: expectedMs.filter(ms => ms <= more.checkMs)};
      const waitMs = worthWaiting(outlook);
      const lostMs = outlook.queued * outlook.waitedMs;
      if (waitMs > 0) expect(sumOfEnds(outlook, waitMs) + lostMs).toBeLessThan(sumOfEnds(outlook, 0));
    }),
  );
});

test('a round waits for somebody who is expected, and for no longer than a quarter of a check', () => {
  fc.assert(
    fc.property(outlooks, outlook => {
      const waitMs = worthWaiting(outlook);
      expect([0, ...outlook.expectedMs]).toContain(waitMs);
      if (waitMs > 0) expect(outlook.waitedMs + waitMs).toBeLessThanOrEqual(outlook.checkMs / 4);
    }),
  );
});

test.each([
  ['one that comes at once', {expectedMs: [20]}, 20],
  ['three that come one after the other', {expectedMs: [40, 15, 20]}, 40],
  ['one of two, for whom it is worth it', {expectedMs: [15, 700]}, 15],
  ['nobody, where none is on the way', {expectedMs: []}, 0],
  ['nobody, where the round is full', {room: 0, expectedMs: [20]}, 0],
  ['nobody, where many would wait for one', {queued: 7, expectedMs: [200]}, 0],
  ['nobody who was expected for too long', {waitedMs: 230, expectedMs: [40]}, 0],
  ['nobody, where no check is known', {checkMs: 0, expectedMs: [20]}, 0],
] satisfies Array<[string, Partial<QueueOutlook> & Pick<QueueOutlook, 'expectedMs'>, number]>)(
  'a round waits for %s',
  (_, some, waitMs) => {
    expect(worthWaiting({queued: 1, room: 7, waitedMs: 0, checkMs: 1_000, ...some})).toBe(waitMs);
  },
);
