import {expect, test} from 'vitest';
import {MilestoneError} from '../../src/errors.ts';
import {Lifetime} from '../../src/execution/lifetime.ts';

test('the first reason to end decides; a failure outranks it, and no other failure does', async () => {
  const lifetime = new Lifetime();
  expect([lifetime.ending, lifetime.signal.aborted]).toEqual([undefined, false]);
  lifetime.end({exit: 6, reason: 'paused'});
  lifetime.end({exit: 0, reason: 'completed'});
  expect(lifetime.ending).toEqual({exit: 6, reason: 'paused'});
  const full = new MilestoneError('DISK_FULL', 'the disk is full');
  lifetime.fail(full);
  lifetime.fail(new Error('the log died'));
  expect(lifetime.ending).toEqual({exit: 9, reason: 'the disk is full', error: full});
  await lifetime.whenEnding;
});

test('who has to act at a failure is told before anybody sees that it is over', () => {
  const lifetime = new Lifetime();
  const seen: boolean[] = [];
  lifetime.onFailure(() => seen.push(lifetime.signal.aborted));
  lifetime.fail(new Error('no'));
  expect(seen).toEqual([false]);
  expect(lifetime.signal.aborted).toBe(true);
});
