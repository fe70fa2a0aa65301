import fc from 'fast-check';
import {expect, test as pure} from 'vitest';
import {isLeft} from '../../src/landing/left-with-workers.ts';
import type {MilestoneState} from '../../src/state/milestone.ts';
import {attemptRefs, baseRef, newWorkRef, originRef, reportsQueue} from '../../src/workers/names.ts';
import {test} from './with-postgres.ts';
import {WorkersRig} from './workers-rig.ts';

test('`clean` takes away what a worker has pushed after the end, and nothing that is another home’s', async () => {
  await using workers = await WorkersRig.create();
  const {rig} = workers;
  await rig.writeMilestone('m', [{id: 'a', run: 'echo a > a', where: 'any'}]);
  const worker = workers.worker();
  expect((await workers.milestone('execute', 'm')).exitCode).toBe(0);
  worker.kill();
  const work = newWorkRef(attemptRefs(executionOf(workers), 'a', 1), 0, Date.now());
  const others = newWorkRef(attemptRefs('exec-of-another-home', 'a', 1), 0, Date.now());
  rig.git('push', '-q', 'origin', `main:${work}`, `main:${others}`, `main:${baseRef(executionOf(workers))}`);
  const all = [baseRef(executionOf(workers)), work];
  const queues = [executionOf(workers), 'exec-of-another-home'].map(reportsQueue);
  for (const queue of queues) workers.ask(`select milestone.create_queue('${queue}', '{"policy": "standard"}')`);
  expect((await workers.milestone('clean')).stdout).toBe('nothing to free\n');
  const dry = await workers.milestone('clean', '--older-than', '0s', '--dry-run');
  expect(dry.stdout).toBe(
    [
      'm: 0 slots, 0 kept refs, 0.0 kB',
      ...[...all, queues[0]].map(name => `  left by workers: ${name}`),
      'would free 0.0 kB',
      '',
    ].join('\n'),
  );
  expect(workers.remoteRefs()).toEqual(expect.arrayContaining([...all, others]));
  const away = `${rig.git('remote', 'get-url', 'origin')}.away`;
  rig.git('remote', 'set-url', 'origin', away);
  const without = await workers.milestone('clean', '--older-than', '0s');
  expect(without.stderr).toContain('warning: what workers have left at the remote `origin` cannot be looked at');
  expect(without.exitCode).toBe(0);
  expect(workers.ask("select name from milestone.queue where name like 'milestone/reports/%'")).toBe(queues[1]);
  rig.git('remote', 'set-url', 'origin', away.replace(/\.away$/, ''));
  const cleaned = (await workers.milestone('clean', '--older-than', '0s', '--json')).json().cleaned;
  expect(cleaned).toEqual([expect.objectContaining({id: 'm', with_workers: all})]);
  expect(workers.remoteRefs()).toEqual([others]);
});

test('while a milestone goes on, what an open attempt has at the remote stays', async () => {
  await using workers = await WorkersRig.create();
  const {rig} = workers;
  const build = await rig.command('build');
  await rig.writeMilestone('m', [
    {id: 'a', run: `echo half > half; test $MILESTONE_ATTEMPT = 2 || exit 1; ${build.shell}`, where: 'any'},
  ]);
  workers.worker();
  const run = workers.milestone('execute', 'm');
  const held = await build.nextRun();
  const [base, ended, ...others] = workers.remoteRefs();
  expect(others).toEqual([]);
  const {with_workers: left} = (await workers.milestone('clean', '--older-than', '0s', '--json')).json().cleaned[0];
  expect(left).toEqual([ended]);
  expect(workers.remoteRefs()).toEqual([base]);
  await held.exit(0);
  expect((await run).exitCode).toBe(0);
});

pure('only what no open attempt needs is left behind, whatever tasks are called', () => {
  const id = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/);
  const number = fc.integer({min: 1, max: 20});
  fc.assert(
    fc.property(
      id,
      number,
      number,
      fc.boolean(),
      fc.nat(),
      fc.integer({min: -9, max: 9}),
      (task, attempt, last, isRunning, at, age) => {
        const now = 1_700_000_000_000 + at;
        const state = {
          tasks: new Map([
            [task, {status: isRunning ? 'in_progress' : 'pending', attempt: last, history: {attempts: last}}],
          ]),
          removed: new Map(),
        } as unknown as MilestoneState;
        const going = {id: 'e', isOver: false, state} as const;
        const over = {id: 'e', isOver: true} as const;
        const ref = newWorkRef(attemptRefs('e', task, attempt), 0, now);
        const isOpen = isRunning && attempt === last;
        expect(isLeft(ref, going, now + age)).toBe(age >= 0 && attempt <= last && !isOpen);
        expect(isLeft(ref, over, 0)).toBe(true);
        for (const kept of [baseRef('e'), originRef('e', task, attempt)]) {
          expect(isLeft(kept, going, Number.POSITIVE_INFINITY)).toBe(false);
          expect(isLeft(kept, over, 0)).toBe(true);
        }
        for (const other of [ref.replace('/e/', '/ee/'), 'refs/heads/e', `refs/milestone/rescue/e/${task}`])
          expect(isLeft(other, over, 0)).toBe(false);
      },
    ),
  );
});

function executionOf({rig}: WorkersRig): string {
  return (
    rig.events('m').flatMap(({event, details}) => (event === 'milestone_activated' ? details.execution_id : []))[0] ??
    ''
  );
}
