// What goes wrong on the way, each with the real engine: whoever dies, a task is integrated once, and no try is lost.

import {describe, expect} from 'vitest';
import {Postgres} from './postgres.ts';
import {endWhileAway} from './while-away.ts';
import {test} from './with-postgres.ts';
import {WorkersRig} from './workers-rig.ts';

describe('an executor', () => {
  test('that is killed finds its attempts at work, and takes what they hand in', async () => {
    await using workers = await WorkersRig.create();
    const {rig} = workers;
    const build = await rig.command('build');
    await rig.writeMilestone('m', [
      {id: 'build', run: `(${build.shell}); echo done > built`, where: 'any', retries: 0},
    ]);
    workers.worker();
    const first = workers.milestone('execute', 'm');
    const held = await build.nextRun();
    await rig.waitForEvent('m', 'task_working');
    process.kill(first.pid, 'SIGKILL');
    await first;
    const second = workers.milestone('execute', 'm');
    await rig.waitForEvent('m', event => event.event === 'session_started' && event.seq > 10);
    await held.exit(0);
    expect((await second).exitCode).toBe(0);
    const events = rig.events('m');
    expect(events.filter(({event}) => event === 'task_started')).toHaveLength(1);
    expect(events.filter(({event}) => event === 'attempt_ended')).toEqual([]);
    expect(rig.git('show', 'milestone/m:built')).toBe('done');
  });

  test('that was away while a worker handed in takes it when it comes back', async () => {
    await using workers = await WorkersRig.create();
    const {rig} = workers;
    const build = await rig.command('build');
    await rig.writeMilestone('m', [{id: 'build', run: `(${build.shell}); echo done > built`, where: 'any'}]);
    const worker = workers.worker('--once');
    const first = workers.milestone('execute', 'm');
    const held = await build.nextRun();
    process.kill(first.pid, 'SIGKILL');
    await first;
    await held.exit(0);
    expect((await worker).exitCode).toBe(0);
    expect((await workers.milestone('execute', 'm')).exitCode).toBe(0);
    expect(rig.events('m').filter(({event}) => event === 'task_started')).toHaveLength(1);
    expect(rig.git('show', 'milestone/m:built')).toBe('done');
  });

  test('that is told to stop at once has the worker stop, and what was done comes home', async () => {
    await using workers = await WorkersRig.create();
    const {rig} = workers;
    const build = await rig.command('build');
    await rig.writeMilestone('m', [{id: 'build', run: `echo half > half; ${build.shell}`, where: 'any', retries: 0}]);
    workers.worker();
    const run = workers.milestone('execute', 'm');
    const held = await build.nextRun();
    await rig.waitForEvent('m', 'task_working');
    expect((await workers.milestone('pause', 'm', '--now')).exitCode).toBe(0);
    expect((await run).exitCode).toBe(6);
    await held.ended;
    expect(rig.git('show', 'refs/milestone/rescue/m/build.1:half')).toBe('half');
    const again = workers.milestone('resume', 'm');
    await (await build.nextRun()).exit(0);
    expect((await again).exitCode).toBe(0);
  });
});

describe('the engine', () => {
  test('that gives a job out again, by hand, has one result taken', async () => {
    await using workers = await WorkersRig.create();
    const {rig} = workers;
    const build = await rig.command('build');
    await rig.writeMilestone('m', [{id: 'build', run: `(${build.shell}); echo done > built`, where: 'any'}]);
    workers.worker('--slots', '2');
    const run = workers.milestone('execute', 'm');
    const first = await build.nextRun();
    workers.ask("update milestone.job set state = 'retry', retry_count = retry_count where name = 'milestone/any'");
    const second = await build.nextRun();
    await first.exit(0);
    await second.exit(0);
    expect((await run).exitCode).toBe(0);
    const claims = rig.events('m').filter(({event}) => event === 'task_claimed');
    expect(claims).toEqual([
      expect.objectContaining({details: expect.objectContaining({delivered: expect.objectContaining({delivery: 1})})}),
    ]);
    expect(rig.events('m').filter(({event}) => event === 'task_completed')).toHaveLength(1);
  });

  test('that is away is a blocker; what runs goes on, and what is new goes out when it is back', async () => {
    await using database = await Postgres.start();
    await using workers = await WorkersRig.create({}, database.createDatabase('own'));
    const {rig} = workers;
    const build = await rig.command('build');
    await rig.writeMilestone('m', [
      {id: 'build', run: `(${build.shell}); echo done > built`, where: 'any'},
      {id: 'test', run: 'cat built', where: 'any', dependencies: ['build']},
    ]);
    workers.worker();
    const run = workers.milestone('execute', 'm');
    const held = await build.nextRun();
    await endWhileAway(database, rig, held);
    expect((await run).exitCode).toBe(0);
    expect(rig.events('m').filter(({event}) => event === 'task_completed')).toHaveLength(2);
  });

  test('is known by its address alone, which no attempt sees', async () => {
    await using workers = await WorkersRig.create();
    const {rig} = workers;
    await rig.writeMilestone('m', [
      {id: 'there', run: 'env > environment', where: 'any'},
      {id: 'here', run: 'env > other'},
    ]);
    workers.worker();
    expect((await workers.milestone('execute', 'm')).exitCode).toBe(0);
    for (const file of ['environment', 'other']) {
      expect(rig.git('show', `milestone/m:${file}`)).toContain('MILESTONE_TASK=');
      expect(rig.git('show', `milestone/m:${file}`)).not.toContain(workers.url);
    }
  });

  test('has nothing left at the remote when the milestone is complete', async () => {
    await using workers = await WorkersRig.create();
    const {rig} = workers;
    await rig.writeMilestone('m', [{id: 'a', run: 'echo a > a', where: 'any'}]);
    workers.worker();
    expect((await workers.milestone('execute', 'm')).exitCode).toBe(0);
    expect(workers.remoteRefs()).toEqual([]);
    expect(rig.git('for-each-ref', '--format=%(refname)', 'refs/milestone/fetched', 'refs/milestone/frozen')).toBe('');
  });
});

test('of two protocols neither is taken for the other: both versions are named', async () => {
  await using workers = await WorkersRig.create();
  const {rig} = workers;
  const build = await rig.command('build');
  await rig.writeMilestone('m', [{id: 'build', run: build.shell, where: 'any'}]);
  const slow = workers.worker('--label', 'other');
  const run = workers.milestone('execute', 'm', '--json');
  const held = await build.nextRun();
  workers.ask(
    "update milestone.job set state = 'retry', data = jsonb_set(data, '{protocol}', '99') where name = 'milestone/any'",
  );
  const blocker = await rig.waitForEvent('m', 'blocker_detected');
  expect(blocker.details).toMatchObject({
    type: 'driver_missing',
    message: expect.stringMatching(/protocol 2.*protocol 99/),
  });
  await held.exit(0);
  expect((await run).exitCode).toBe(4);
  slow.kill();
});
