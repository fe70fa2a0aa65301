import fs from 'node:fs';
import {expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {answers} from './answers.ts';

test.concurrent('a live executor rejects what it cannot do; skipping a running task ends its attempt, and what depends on it goes on', async () => {
  await using rig = await MilestoneRig.create();
  const build = await rig.command('build');
  await rig.writeMilestone('m', [
    {id: 'build', run: build.shell},
    {id: 'after', run: 'echo after > after.txt', dependencies: ['build']},
  ]);
  const execution = rig.milestone('execute');
  const run = await build.nextRun();
  expect(await rig.milestone('skip', '--yes', 'biuld')).toMatchObject({
    exitCode: 3,
    stderr: 'error: milestone `m` has no task `biuld`\nhint: did you mean `build`?\n',
  });
  expect(await rig.milestone('skip', '--yes', 'build', '--reason', 'done by hand')).toMatchObject({
    exitCode: 0,
    stdout: 'task `build` is skipped; what depends on it may run\nits executor goes on with that\n',
  });
  await run.ended;
  expect(await execution).toMatchObject({exitCode: 0});
  expect(answers(rig.events('m'))).toMatchObject([
    {event: 'request_rejected'},
    {event: 'task_skipped', details: {reason: 'done by hand'}},
  ]);
  expect(rig.git('show', 'milestone/m:after.txt')).toBe('after');
});

test.concurrent('skipping a task that a killed executor left running ends its processes first', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const build = await rig.command('build');
  await rig.writeMilestone('m', [{id: 'build', run: build.shell}]);
  const execution = rig.milestone('execute');
  const run = await build.nextRun();
  execution.kill('SIGKILL');
  await execution;
  expect(await rig.milestone('skip', '--yes', 'm', 'build')).toMatchObject({exitCode: 0});
  await run.ended;
  expect(rig.read(rig.planFile('m'))).toContain('status: skipped');
  expect(await rig.milestone('resume')).toMatchObject({exitCode: 0});
  expect(build.timesRun).toBe(1);
});

test.concurrent('what is done, unknown, or not begun is not skipped, and an attempt cannot skip anything', async () => {
  await using rig = await MilestoneRig.create({git: false});
  await rig.writeMilestone('m', [
    {id: 'a', run: 'true'},
    {id: 'b', run: 'false', retries: 0},
  ]);
  const refused = async (...words: string[]) => {
    const ended = await rig.milestone('skip', '--yes', ...words, '--json');
    expect(ended.exitCode).toBe(3);
    return ended.json().error;
  };
  expect(await refused('a')).toMatchObject({
    code: 'WRONG_STATUS',
    hint: expect.stringContaining('milestone activate m'),
  });
  expect(await rig.milestone('execute')).toMatchObject({exitCode: 4});
  expect(await refused('a')).toMatchObject({code: 'REQUEST_REJECTED'});
  expect(await refused('c')).toMatchObject({code: 'UNKNOWN_TASK'});
  expect(answers(rig.events('m')).map(({event}) => event)).toEqual(['request_rejected', 'request_rejected']);
  expect(await rig.milestone('skip', '--yes')).toMatchObject({exitCode: 2});
  expect(await rig.milestone('skip', '--yes', 'b', {env: {MILESTONE_RUN: 'token-1'}})).toMatchObject({exitCode: 3});
});

test.concurrent('when the log dies while a task is to be skipped, the executor ends and the request waits for the next one', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const stubborn = await rig.command('stubborn', {ignoresSignals: ['SIGINT', 'SIGTERM']});
  const other = await rig.command('other');
  await rig.writeMilestone('m', [
    {id: 'a', run: stubborn.shell},
    {id: 'b', run: other.shell},
  ]);
  const execution = rig.milestone('execute');
  const [attempt, second] = [await stubborn.nextRun(), await other.nextRun()];
  const sender = rig.milestone('skip', '--yes', 'a');
  await attempt.received('SIGINT');
  sender.kill('SIGKILL');
  fs.rmSync(rig.path(rig.logFile('m')));
  await second.exit();
  expect(await execution).toMatchObject({exitCode: 9, stderr: expect.stringContaining('was deleted or replaced')});
  expect(fs.readdirSync(rig.path('.milestones/inbox/m'))).toEqual([expect.stringMatching(/\.taken$/)]);
});
