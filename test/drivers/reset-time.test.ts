import fc from 'fast-check';
import {expect, test} from 'vitest';
import {parseResetTime} from '../../src/drivers/reset-time.ts';

/** A Monday. */
const NOW = Date.parse('2026-11-23T10:00:00.000Z');

const BERLIN = 'Europe/Berlin';

test.each([
  ['usage limit reached|1795431600', '2026-11-23T11:00:00.000Z'],
  ['{"resets_at": 1795431600}', '2026-11-23T11:00:00.000Z'],
  ['{"resetsAt":1795431600500}', '2026-11-23T11:00:00.500Z'],
  ['limit resets at 2026-11-23T12:34:56Z', '2026-11-23T12:34:56.000Z'],
  ['until 2026-11-23 12:34:56+02:00, sorry', '2026-11-23T10:34:56.000Z'],
  ['{"resets_in_seconds":7200}', '2026-11-23T12:00:00.000Z'],
  ['429 Too Many Requests, Retry-After: 30', '2026-11-23T10:00:30.000Z'],
  ['please retry after 1.5 seconds', '2026-11-23T10:00:01.500Z'],
  ['please retry after 20 minutes', '2026-11-23T10:20:00.000Z'],
  ['Try again in 2 hours 5 minutes.', '2026-11-23T12:05:00.000Z'],
  ['try again in 3 days 1 hour and 2 minutes', '2026-11-26T11:02:00.000Z'],
  ['Please try again in 1m30.5s. Visit …', '2026-11-23T10:01:30.500Z'],
  ['try again in 20ms', '2026-11-23T10:00:00.020Z'],
  ['resets in 1h5m', '2026-11-23T11:05:00.000Z'],
  ["You've hit your session limit · resets 3pm", '2026-11-23T14:00:00.000Z'],
  ["You've hit your limit · resets 3am", '2026-11-24T02:00:00.000Z'],
  ['resets 12am', '2026-11-23T23:00:00.000Z'],
  ['resets 12:30pm', '2026-11-23T11:30:00.000Z'],
  ['resets at 3:30pm (America/New_York)', '2026-11-23T20:30:00.000Z'],
  ['resets 15:05 UTC', '2026-11-23T15:05:00.000Z'],
  ['resets Nov 25, 3pm (Europe/Berlin)', '2026-11-25T14:00:00.000Z'],
  ['try again at Nov 25th, 2026 3:05 PM.', '2026-11-25T14:05:00.000Z'],
  ['resets Dec 3 at 9am', '2026-12-03T08:00:00.000Z'],
  ['Try again at 5:05 PM.', '2026-11-23T16:05:00.000Z'],
  ['weekly limit resets Thu 9:00 AM', '2026-11-26T08:00:00.000Z'],
  ['resets Mon 9:00 AM', '2026-11-30T08:00:00.000Z'],
  ['resets 3pm (No/Such_Zone)', '2026-11-23T14:00:00.000Z'],
])('%s: %s', (text, expected) => {
  expect(parseResetTime(text, NOW, BERLIN)).toBe(expected);
});

test.each([
  'usage limit reached',
  'limit resets soon',
  'resets 3',
  'try again later',
  'usage limit reached|1695431600',
  'resets_at: 1999999999',
  'in 5 files',
  'resets in 100 days',
  '',
])('nothing can be read from `%s`', text => {
  expect(parseResetTime(text, NOW, BERLIN)).toBeUndefined();
});

test('a clock that is set back in between is seen', () => {
  const now = Date.parse('2026-10-24T22:30:00Z');
  expect(parseResetTime('resets 6am', now, BERLIN)).toBe('2026-10-25T05:00:00.000Z');
});

test('over new year, a day without a year is in the next one', () => {
  const now = Date.parse('2026-12-31T20:00:00Z');
  expect(parseResetTime('resets Jan 1, 3am', now, 'UTC')).toBe('2027-01-01T03:00:00.000Z');
});

test('a time just past is now, whatever the text it is a time within a month, or none', () => {
  expect(parseResetTime('resets at 2026-11-23T09:59:00Z', NOW)).toBe('2026-11-23T10:00:00.000Z');
  fc.assert(
    fc.property(fc.constantFrom('resets ', 'try again in ', 'retry-after: ', '|'), fc.string(), (start, rest) => {
      const found = parseResetTime(start + rest, NOW, BERLIN);
      if (found === undefined) return;
      expect(Date.parse(found)).toBeGreaterThanOrEqual(NOW);
      expect(Date.parse(found)).toBeLessThanOrEqual(NOW + 32 * 86_400_000);
    }),
  );
});
