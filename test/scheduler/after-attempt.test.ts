import {describe, expect, test} from 'vitest';
import type {Outcome} from '../../src/events/details/outcome.ts';
import {afterAttempt, type EndedAttempt} from '../../src/scheduler/after-attempt.ts';

const failed: Outcome = {kind: 'failed', cause: 'exit', message: 'failed with exit code 1', exit_code: 1};
const conflict: Outcome = {kind: 'conflict', message: 'conflicts', files: ['a']};
const died: Outcome = {kind: 'interrupted', message: 'died', executor_died: true};

type Changes = Partial<Omit<EndedAttempt, 'counters'>> & {counters?: Partial<EndedAttempt['counters']>};

function next(outcome: Outcome, changes: Changes = {}) {
  const events = afterAttempt({
    milestoneId: 'm',
    taskId: 't',
    attempt: 1,
    outcome,
    retries: 2,
    maxAttempts: 8,
    onInterrupt: 'rerun',
    now: '2026-01-01T00:00:00.000Z',
    ...changes,
    counters: {started: 1, failures: 0, conflicts: 0, overloads: 0, deaths: 0, ...changes.counters},
  });
  expect(events.length).toBeLessThan(2);
  return events[0];
}

describe('a failed attempt', () => {
  test.each([
    [0, 1, 'task_failed'],
    [1, 1, 'task_retry_scheduled'],
    [1, 2, 'task_failed'],
    [2, 2, 'task_retry_scheduled'],
    [2, 3, 'task_failed'],
  ])('with %i retries, after failure %i: %s', (retries, failures, event) => {
    expect(next(failed, {retries, counters: {failures}})?.event).toBe(event);
  });

  test('is the last one where another would end in the same way', () => {
    const outside: Outcome = {kind: 'failed', cause: 'out_of_area', message: 'changed x', files: ['x']};
    expect(next(outside, {counters: {failures: 1}})?.event).toBe('task_retry_scheduled');
    expect(next(outside, {counters: {failures: 2, isOutsideAgain: true}})).toMatchObject({
      event: 'task_failed',
      details: {message: 'changed x; not tried again: it changed the same file before'},
    });
    const red: Outcome = {kind: 'failed', cause: 'check', message: 'red', red_before: 'same'};
    expect(next(red, {counters: {failures: 1, redBefore: 1}})?.event).toBe('task_retry_scheduled');
    expect(next(red, {counters: {failures: 2, redBefore: 2}})?.event).toBe('task_failed');
    expect(next({...red, red_before: 'cannot_run'}, {counters: {failures: 1, redBefore: 1}})?.event).toBe(
      'task_failed',
    );
  });

  test('is the last one when `max_attempts` is used up, whatever `retries` says', () => {
    expect(next(failed, {retries: 100, counters: {failures: 1, started: 8}})).toMatchObject({
      event: 'task_failed',
      details: {cause: 'exit', message: 'failed with exit code 1'},
    });
  });
});

describe('a conflict', () => {
  test('is free twice, then the task runs alone, then it counts like a failure', () => {
    expect(next(conflict, {retries: 0, counters: {conflicts: 1}})).toMatchObject({event: 'task_retry_scheduled'});
    expect(next(conflict, {retries: 0, counters: {conflicts: 2}})).not.toHaveProperty('details.alone');
    expect(next(conflict, {retries: 0, counters: {conflicts: 3}})).toMatchObject({details: {alone: true}});
    expect(next(conflict, {retries: 0, counters: {conflicts: 4}})).toMatchObject({event: 'task_failed'});
    expect(next(conflict, {retries: 1, counters: {conflicts: 4}})).toMatchObject({event: 'task_retry_scheduled'});
  });
});

describe('an interrupted attempt', () => {
  test('is free, and makes the task suspect at the third death of the executor under it', () => {
    expect(next(died, {retries: 0, counters: {deaths: 2}})).toMatchObject({event: 'task_retry_scheduled'});
    expect(next(died, {retries: 0, counters: {deaths: 3}})).toMatchObject({
      event: 'blocker_detected',
      details: {type: 'suspect', task_id: 't', hint: expect.stringContaining('`milestone log m t --output`')},
    });
  });

  test('is not repeated without asking where the plan says so', () => {
    expect(next(died, {onInterrupt: 'ask', counters: {deaths: 1}})).toMatchObject({details: {type: 'question'}});
  });

  test('is bounded by `max_attempts` as well', () => {
    expect(next({...died, executor_died: false}, {counters: {started: 8}})).toMatchObject({event: 'task_failed'});
  });
});

test('nothing follows from a cancelled attempt: whoever cancelled says what comes next', () => {
  expect(next({kind: 'cancelled', message: 'cancelled'})).toBeUndefined();
});

test('a missing driver blocks the task and says what to do', () => {
  expect(next({kind: 'driver_missing', message: 'no `claude`'})).toMatchObject({
    details: {type: 'driver_missing', hint: expect.stringContaining('milestone retry')},
  });
});

describe('a provider that', () => {
  const NOW = '2026-01-01T00:00:00.000Z';
  const quota = (resets_at?: string): Outcome => ({kind: 'quota', message: 'no more', ...(resets_at && {resets_at})});
  const overload: Outcome = {kind: 'overload', message: 'busy'};
  const auth: Outcome = {kind: 'auth', message: 'who are you?', hint: 'run `claude`, then `/login`'};

  function follows(outcome: Outcome, driver: Partial<NonNullable<EndedAttempt['driver']>>, overloads = 0) {
    const events = afterAttempt({
      milestoneId: 'm',
      taskId: 't',
      attempt: 1,
      outcome,
      retries: 0,
      maxAttempts: 100,
      onInterrupt: 'rerun',
      now: NOW,
      counters: {started: 1, failures: 0, conflicts: 0, overloads, deaths: 0},
      driver: {name: 'claude', authFailures: 0, isPaused: false, quotaFailures: 0, ...driver},
    });
    const paused = events.find(event => event.event === 'driver_paused')?.details;
    const retry = events.find(event => event.event === 'task_retry_scheduled')?.details;
    const secondsTo = (time: string | undefined) => time && (Date.parse(time) - Date.parse(NOW)) / 1000;
    return {
      paused: paused && {reason: paused.reason, forS: secondsTo(paused.resets_at)},
      retryInS: secondsTo(retry?.retry_at),
      blocker: events.find(event => event.event === 'blocker_detected')?.details.type,
    };
  }

  test('has no quota left rests until it says, and the task waits for nothing else', () => {
    expect(follows(quota('2026-01-01T02:00:00.000Z'), {})).toEqual({
      paused: {reason: 'quota', forS: 7200},
      retryInS: 0,
    });
  });

  test.each([
    ['says nothing', undefined],
    ['names a time that is over', '2025-12-31T23:59:00.000Z'],
    ['names this very moment', NOW],
  ])('%s rests longer each time, up to an hour', (_, resets) => {
    const rests = [0, 1, 2, 5, 6, 60].map(quotaFailures => follows(quota(resets), {quotaFailures}).paused?.forS);
    expect(rests).toEqual([60, 120, 240, 1920, 3600, 3600]);
  });

  test('rests already is not paused again', () => {
    expect(follows(quota(), {isPaused: true})).toMatchObject({retryInS: 0, paused: undefined});
  });

  test('is busy is asked again after 5, 15, 45 s …; from the sixth time on it has no quota', () => {
    const waits = [1, 2, 3, 4, 5].map(overloads => follows(overload, {}, overloads));
    expect(waits.map(({retryInS}) => retryInS)).toEqual([5, 15, 45, 135, 405]);
    expect(waits.every(({paused}) => paused === undefined)).toBe(true);
    expect(follows(overload, {}, 6)).toEqual({paused: {reason: 'quota', forS: 60}, retryInS: 0});
  });

  test('knows nobody blocks the task, and the second time in a row the driver', () => {
    expect(follows(auth, {authFailures: 1})).toEqual({blocker: 'auth'});
    expect(follows(auth, {authFailures: 2})).toEqual({blocker: 'auth', paused: {reason: 'auth', forS: undefined}});
  });
});
