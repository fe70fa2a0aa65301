import {expect, test} from 'vitest';
import {askingOf, queueOf} from '../../src/workers/names.ts';
import type {WorkerInfo} from '../../src/workers/port.ts';
import {Roster} from '../../src/workers/roster.ts';

const WORKERS = [
  {id: 'slow', queues: ['default'], labels: [], live: true},
  {id: 'fast', queues: ['fast', 'default'], labels: ['gpu'], live: true},
  {id: 'gone', queues: ['spare'], labels: ['arm'], live: false},
] as unknown as WorkerInfo[];

async function roster(...pools: string[]): Promise<Roster> {
  const made = new Roster({workers: async () => WORKERS}, pools);
  await made.refresh();
  return made;
}

test.each([
  [['default'], [], 'milestone/any'],
  [['fast', 'default'], [], 'milestone/pool/fast/any'],
  [['spare', 'fast'], ['gpu'], 'milestone/pool/fast/labels/gpu'],
  [['spare', 'fast'], ['arm', 'big'], 'milestone/pool/spare/labels/arm/big'],
])('of the pools %j what asks for %j goes to %s', async (pools, labels, queue) => {
  expect((await roster(...pools)).queueFor(labels)).toBe(queue);
});

test('before anybody has looked, all goes to the first pool, and nobody is missed', () => {
  const made = new Roster({workers: async () => WORKERS}, ['fast', 'default']);
  expect(made.queueFor([])).toBe('milestone/pool/fast/any');
  expect(made.outOfReach(['arm'])).toBeUndefined();
});

test('who is missed is named with the pool that it would be in', async () => {
  const missed = (await roster('spare', 'fast')).outOfReach(['arm']);
  expect(missed?.message).toBe('there is no worker that carries `arm` in `spare` or `fast`');
  expect(missed?.hint).toContain('`milestone worker --queue spare --label arm`');
});

test.each([
  ['milestone/any', ['default'], false],
  // Nobody at all is there: it waits for whoever comes.
  ['milestone/labels/arm', ['default'], false],
  ['milestone/pool/spare/any', ['spare', 'default'], true],
  ['milestone/worker/slow', ['default'], false],
  ['milestone/worker/gone', ['default'], true],
  ['milestone/reports/e', ['default'], false],
])('what waits in %s of %j is taken out: %s', async (queue, pools, isStranded) => {
  expect((await roster(...pools)).isStranded(queue)).toBe(isStranded);
});

test('nothing is taken out while nobody can say who is there', async () => {
  const made = new Roster({workers: () => Promise.reject(new Error('away'))}, ['default']);
  await made.refresh();
  expect(made.isStranded('milestone/worker/gone')).toBe(false);
});

test.each([
  {pool: 'default', labels: []},
  {pool: 'default', labels: ['any', 'gpu']},
  {pool: 'labels', labels: ['x']},
  {pool: 'any', labels: []},
  {worker: 'abc'},
])('a queue says what it asks for: %j', asking => {
  expect(askingOf(queueOf(asking))).toEqual(asking);
});
