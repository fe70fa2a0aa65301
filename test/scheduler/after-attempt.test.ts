import {describe, expect, test} from 'vitest';
import type {Outcome} from '../../src/events/event.ts';
import {afterAttempt, type EndedAttempt} from '../../src/scheduler/after-attempt.ts';

const failed: Outcome = {kind: 'failed', cause: 'exit', message: 'failed with exit code 1', exit_code: 1};
const conflict: Outcome = {kind: 'conflict', message: 'conflicts', files: ['a']};
const died: Outcome = {kind: 'interrupted', message: 'died', executor_died: true};

type Changes = Partial<Omit<EndedAttempt, 'counters'>> & {counters?: Partial<EndedAttempt['counters']>};

function next(outcome: Outcome, changes: Changes = {}) {
  const events = afterAttempt({
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
      details: {type: 'suspect', task_id: 't'},
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
