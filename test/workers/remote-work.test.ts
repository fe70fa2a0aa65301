import {expect, test} from 'vitest';
import type {Repository} from '../../src/git/git.ts';
import type {JobRef, Report, Standing, WorkerPool} from '../../src/workers/port.ts';
import {RemoteWork} from '../../src/workers/remote-work.ts';
import {FakeClock} from '../rig/fake-clock.ts';

const REF: JobRef = {job: 'job', queue: 'queue'};

/** Workers of whom a test says how their one job stands. */
function work(standings: Array<Standing | Error>) {
  const clock = new FakeClock();
  let tell: (report: Report) => void = () => undefined;
  const pool = {
    events: (listener: (report: Report) => void) => {
      tell = listener;
    },
    reconcile: async () => {
      const standing = standings.shift();
      if (!standing || standing instanceof Error) throw standing;
      return new Map([[REF.job, standing]]);
    },
  } as unknown as WorkerPool;
  const parts = {pool, repo: {} as Repository, remote: 'origin', execution: 'e', clock};
  return {clock, remote: new RemoteWork(parts), over: () => tell({kind: 'over', job: REF.job} as Report)};
}

test.each([
  ['that is over at once', []],
  ['that is over when it says so', [{kind: 'active'} as const]],
])('nobody waits any more for a job %s', async (_, before) => {
  const {clock, remote, over} = work([...before, {kind: 'cancelled'}]);
  const ended = remote.whenOver(REF, new AbortController().signal);
  if (before.length > 0) {
    await clock.untilAsleep();
    over();
  }
  expect(await ended).toEqual({kind: 'cancelled'});
  expect(clock.sleeping).toBe(0);
});

test('nor for one that cannot be asked for', async () => {
  const {clock, remote} = work([new Error('no such table')]);
  await expect(remote.whenOver(REF, new AbortController().signal)).rejects.toThrow('no such table');
  expect(clock.sleeping).toBe(0);
});

test('a job that waits for a worker that has gone is taken back, and is lost', async () => {
  const cancelled: JobRef[] = [];
  const pool = {
    events: () => undefined,
    workers: async () => [],
    cancel: async (ref: JobRef) => void cancelled.push(ref),
    reconcile: async () => new Map([[REF.job, {kind: cancelled.length > 0 ? 'cancelled' : 'waiting'}]]),
  } as unknown as WorkerPool;
  const parts = {pool, repo: {} as Repository, remote: 'origin', execution: 'e', clock: new FakeClock()};
  const remote = new RemoteWork(parts);
  await remote.roster.refresh();
  const ref = {...REF, queue: 'milestone/worker/gone'};
  expect(await remote.whenOver(ref, new AbortController().signal)).toMatchObject({kind: 'lost'});
  expect(cancelled).toEqual([ref]);
});
