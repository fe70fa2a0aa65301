import {expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';

test.concurrent('redo does a completed task once more, on what the branch holds by now', async () => {
  await using rig = await MilestoneRig.create();
  const last = await rig.command('last');
  await rig.writeMilestone('m', [
    {id: 'a', run: 'date +%N%s > a.txt'},
    {id: 'b', run: `${last.shell}; cp a.txt b.txt`, dependencies: ['a'], retries: 0},
  ]);
  const first = rig.milestone('execute', 'm');
  await (await last.nextRun()).exit(0);
  expect(await first).toMatchObject({exitCode: 0});
  expect(await rig.milestone('redo', 'm', 'a')).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining('milestone `m` is completed'),
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
  await using rig = await MilestoneRig.create();
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
