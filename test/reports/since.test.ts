import {expect, test} from 'vitest';
import type {MilestoneEvent, NewEvent} from '../../src/events/event.ts';
import {sinceText, whatHappened} from '../../src/reports/morning/since.ts';

const AT = '2026-11-23T10:00:00.000Z';
const events = (...all: NewEvent[]) =>
  all.map(
    (event, place) => ({...event, seq: place + 1, timestamp: AT, milestone_id: 'm', session_id: 's'}) as MilestoneEvent,
  );

test('pauses for a quota, retries and restarts are counted; who is not logged in has no quota', () => {
  const pause = (reason: 'quota' | 'overload' | 'auth'): NewEvent => ({
    event: 'driver_paused',
    details: {driver: 'claude', reason, message: 'later'},
  });
  const retry: NewEvent = {event: 'task_retry_scheduled', details: {task_id: 'a', attempt: 2, retry_at: AT}};
  const resumed: NewEvent = {event: 'session_resumed', details: {previous_session_id: 's'}};
  const since = whatHappened(events(pause('quota'), pause('auth'), retry, retry, resumed), AT);
  expect(since).toEqual({at: AT, done: 0, failed: 0, retries: 2, quota_pauses: 1, restarts: 1});
  expect(sinceText(since)).toBe('since you last looked: 2 retries, 1 pause for a quota, 1 restart');
});

test('of nothing there is nothing to say, unless somebody has looked before', () => {
  expect(sinceText(whatHappened([], null))).toBeUndefined();
  expect(sinceText(whatHappened([], AT))).toBe('since you last looked: nothing');
});
