import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import {systemClock} from '../../src/platform/clock.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const DAY_MS = 24 * 60 * 60 * 1000;

test.each([0, 1, 5_000, 24 * DAY_MS, 25 * DAY_MS, 100 * DAY_MS])('an alarm rings once, after %i ms', async ms => {
  const ring = vi.fn();
  systemClock.alarm(ms, ring);
  await vi.advanceTimersByTimeAsync(Math.max(0, ms - 1));
  expect(ring).toHaveBeenCalledTimes(ms === 0 ? 1 : 0);
  await vi.advanceTimersByTimeAsync(1);
  expect(ring).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(200 * DAY_MS);
  expect(ring).toHaveBeenCalledTimes(1);
});

test('an alarm that is taken back, or set for ever, never rings and leaves nothing behind', async () => {
  const ring = vi.fn();
  const takeBacks = [10, 100 * DAY_MS, Number.POSITIVE_INFINITY].map(ms => systemClock.alarm(ms, ring));
  await vi.advanceTimersByTimeAsync(5);
  takeBacks[0]!();
  await vi.advanceTimersByTimeAsync(60 * DAY_MS);
  takeBacks[1]!();
  await vi.advanceTimersByTimeAsync(60 * DAY_MS);
  expect(ring).not.toHaveBeenCalled();
  takeBacks[2]!();
  expect(vi.getTimerCount()).toBe(0);
});
