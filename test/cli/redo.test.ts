import fs from 'node:fs';
import {expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';

test.concurrent('redo does a completed task once more, on what the branch holds by now', async () => {
  await using rig = await MilestoneRig.create();
  const last = await rig.command('last');
  await rig.writeMilestone('m', [
    {id: 'a', run: 'date +%N%s > a.txt'},
    {id: 'b', run: `(${last.shell}); cp a.txt b.txt`, dependencies: ['a'], retries: 0},
  ]);
  const first = rig.milestone('execute', 'm');
  await (await last.nextRun()).exit(0);
  expect(await first).toMatchObject({exitCode: 0});
  const [a, b] = ['a', 'b'].map(name => rig.git('show', `milestone/m:${name}.txt`));
  expect(await rig.milestone('redo', 'm', 'a')).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/pending again.*\n`milestone resume m` goes on with that/),
  });
  // Its plan is active again, and whoever requires the milestone has to wait.
  expect([rig.exists(rig.planFile('m')), rig.exists(rig.planFile('m', 'completed'))]).toEqual([true, false]);
  expect(await rig.status('m')).toMatchObject({status: 'in_progress', counts: {completed: 1, pending: 1}});
  expect(await rig.milestone('resume', 'm')).toMatchObject({exitCode: 0});
  expect(rig.exists(rig.planFile('m', 'completed'))).toBe(true);
  expect(rig.git('show', 'milestone/m:a.txt')).not.toBe(a);
  expect(rig.git('show', 'milestone/m:b.txt')).toBe(b);
  expect(last.timesRun).toBe(1);
});

test('with its dependents, what was built on a task is done again after it, also in a landed milestone', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone('m', [
    {id: 'a', run: 'date +%N%s > a.txt'},
    {id: 'b', run: 'cp a.txt b.txt', dependencies: ['a']},
    {id: 'c', run: 'cp b.txt c.txt', dependencies: ['b']},
    {id: 'other', run: 'date +%N%s > other.txt'},
  ]);
  await rig.milestone('execute', 'm');
  await rig.milestone('land', 'm', '--no-record');
  const [a, other] = [rig.read('a.txt'), rig.read('other.txt')];
  expect(await rig.milestone('redo', 'm', 'a', '--with-dependents', '--reason', 'new clock')).toMatchObject({
    exitCode: 0,
  });
  const resets = rig.events('m').filter(({event}) => event === 'task_reset');
  expect(resets.map(({details}) => (details as {task_id: string}).task_id).sort()).toEqual(['a', 'b', 'c']);
  expect(resets.at(-1)).toMatchObject({details: {task_id: 'a', reason: 'redo: new clock'}});
  expect(await rig.milestone('resume', 'm')).toMatchObject({exitCode: 0});
  expect((await rig.status('m')).git).toMatchObject({landed: false});
  expect(await rig.milestone('land', 'm', '--no-record')).toMatchObject({exitCode: 0});
  expect(rig.read('a.txt')).not.toBe(a);
  expect([rig.read('b.txt'), rig.read('c.txt')]).toEqual([rig.read('a.txt'), rig.read('a.txt')]);
  expect(rig.read('other.txt')).toBe(other);
});

test('killed between its record and the move of the plan, the next command moves it', async () => {
  await using rig = await MilestoneRig.create({git: false});
  await rig.writeMilestone('m', [{id: 'a', run: 'date +%N%s > a.txt'}]);
  await rig.milestone('execute', 'm');
  await rig.milestone('redo', 'm', 'a');
  fs.renameSync(rig.path(rig.planFile('m')), rig.path(rig.planFile('m', 'completed')));
  expect(await rig.milestone('resume', 'm')).toMatchObject({exitCode: 0});
  expect([rig.exists(rig.planFile('m')), rig.exists(rig.planFile('m', 'completed'))]).toEqual([false, true]);
  expect(rig.events('m').filter(({event}) => event === 'milestone_completed')).toHaveLength(2);
});

test('what is cancelled stays so', async () => {
  await using rig = await MilestoneRig.create({git: false});
  await rig.writeMilestone('m', [
    {id: 'a', run: 'true'},
    {id: 'b', run: 'exit 1', retries: 0},
  ]);
  await rig.milestone('execute', 'm');
  await rig.milestone('cancel', 'm');
  expect(await rig.milestone('redo', 'm', 'a')).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining('is cancelled'),
  });
});

test.concurrent('while others wait, a task that is done again comes first, and each of its commits stays', async () => {
  await using rig = await MilestoneRig.create();
  const hold = await rig.command('hold');
  await rig.writeMilestone('m', [
    {id: 'a', run: 'date +%N%s > a.txt'},
    {id: 'hold', run: hold.shell},
    {id: 'b', run: 'cp a.txt b.txt', dependencies: ['a', 'hold']},
  ]);
  const execution = rig.milestone('execute', 'm');
  const run = await hold.nextRun();
  await rig.waitForEvent('m', 'task_completed');
  expect(await rig.milestone('redo', 'a', '--reason', 'stale')).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('pending again'),
  });
  await rig.waitForEvent('m', event => event.event === 'task_completed' && event.details.attempt === 2);
  await run.exit(0);
  expect(await execution).toMatchObject({exitCode: 0});
  expect(rig.git('log', '--format=%s', 'main..milestone/m').split('\n')).toHaveLength(3);
  expect(rig.git('show', 'milestone/m:b.txt')).toBe(rig.git('show', 'milestone/m:a.txt'));
});

test.concurrent('what is not done cannot be done again, and an attempt decides nothing', async () => {
  await using rig = await MilestoneRig.create({git: false});
  await rig.writeMilestone('m', [
    {id: 'a', run: 'exit 1', retries: 0},
    {id: 'b', run: 'true', dependencies: ['a']},
  ]);
  expect(await rig.milestone('execute', 'm')).toMatchObject({exitCode: 4});
  expect(await rig.milestone('redo', 'm', 'a')).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining('is failed'),
  });
  expect(await rig.milestone('redo', 'm', 'a', {env: {MILESTONE_RUN: 'x'}})).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining('inside an attempt'),
  });
  expect(await rig.milestone('redo')).toMatchObject({exitCode: 2});
});
