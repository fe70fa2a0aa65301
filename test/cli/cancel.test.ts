import fs from 'node:fs';
import {expect, test} from 'vitest';
import {acquireLock} from '../../src/lock/lock.ts';
import {systemClock} from '../../src/platform/clock.ts';
import {ownIdentity} from '../../src/platform/processes/identity.ts';
import {until} from '../platform/processes/process-rig.ts';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {oneIn} from '../rig/sweep.ts';
import {answers, killedAt} from './answers.ts';

test.concurrent('cancel interrupts a live execution, keeps branch and work, and is final', async () => {
  await using rig = await MilestoneRig.create();
  const build = await rig.command('build');
  await rig.writeMilestone('m', [
    {id: 'first', run: 'echo one > one.txt'},
    {id: 'build', run: `echo half > half.txt; ${build.shell}`, dependencies: ['first']},
  ]);
  const execution = rig.milestone('execute');
  await build.nextRun();

  const cancelled = await rig.milestone('cancel', 'm', '--reason', 'no longer wanted');
  expect(cancelled.stdout.split('\n')).toEqual([
    'milestone `m` is cancelled; its executor interrupts what runs and ends',
    'what was integrated stays on `milestone/m`, unfinished work below `refs/milestone/rescue/m/`',
    '',
  ]);
  expect(await execution).toMatchObject({exitCode: 3});
  expect(rig.git('show', 'milestone/m:one.txt')).toBe('one');
  expect(rig.git('show', 'refs/milestone/rescue/m/build.1:half.txt')).toBe('half');
  expect(rig.git('worktree', 'list').split('\n')).toHaveLength(1);
  expect(rig.processesLeft()).toEqual([]);
  expect(rig.read(rig.planFile('m'))).toContain('status: cancelled');

  for (const command of ['execute', 'resume', 'cancel', 'pause', 'activate'])
    expect(await rig.milestone(command, 'm')).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('milestone `m` is cancelled'),
    });
  expect(answers(rig.events('m')).map(({event}) => event)).toEqual([
    'milestone_cancelled',
    'request_rejected',
    'request_rejected',
  ]);
});

test.concurrent('cancel after the executor was killed ends what it left running, keeps its work and removes the slots', async () => {
  await using rig = await MilestoneRig.create();
  const build = await rig.command('build');
  await rig.writeMilestone('m', [{id: 'build', run: `echo half > half.txt; ${build.shell}`}], {
    settings: {workspace: {teardown: 'echo down >> "$DIARY"'}},
  });
  rig.env.DIARY = rig.path('../diary');
  const execution = rig.milestone('execute');
  const run = await build.nextRun();
  execution.kill('SIGKILL');
  await execution;

  expect(await rig.milestone('cancel')).toMatchObject({exitCode: 0, stderr: ''});
  await run.ended;
  expect(rig.git('show', 'refs/milestone/rescue/m/build.1:half.txt')).toBe('half');
  expect(fs.existsSync(rig.stateFolder) && fs.readdirSync(`${rig.stateFolder}/milestone`)).toEqual([]);
  expect(rig.read('../diary')).toBe('down\n');
  expect(rig.events('m').at(-1)).toMatchObject({event: 'milestone_cancelled'});
});

test.concurrent('an executor that is killed before all it interrupts has ended: cancel again clears away what is left', async () => {
  await using rig = await MilestoneRig.create();
  const build = await rig.command('build');
  await rig.writeMilestone('m', [{id: 'build', run: `trap "" INT TERM; echo half > half.txt; ${build.shell}`}]);
  const execution = rig.milestone('execute');
  const run = await build.nextRun();
  expect(await rig.milestone('cancel')).toMatchObject({exitCode: 0});
  execution.kill('SIGKILL');
  await execution;

  expect(await rig.milestone('cancel', 'm')).toMatchObject({exitCode: 3});
  await run.ended;
  expect(rig.processesLeft()).toEqual([]);
  expect(rig.git('show', 'refs/milestone/rescue/m/build.1:half.txt')).toBe('half');
  expect(rig.git('worktree', 'list').split('\n')).toHaveLength(1);
  expect(await rig.milestone('doctor')).toMatchObject({exitCode: 0});
});

test.concurrent('a planned milestone can be cancelled: its plan is in the log, and nothing of it was started', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone('m', [
    {id: 'a', run: 'true', status: 'completed'},
    {id: 'b', run: 'true'},
  ]);
  const {exitCode, stdout} = await rig.milestone('cancel', '--json');
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout).event).toMatchObject({event: 'milestone_cancelled'});
  expect(rig.events('m')).toMatchObject([
    {event: 'milestone_cancelled', details: {plan: {tasks: [{id: 'a'}, {id: 'b'}]}, imported: {a: {}}}},
  ]);
  expect(rig.read(rig.planFile('m'))).toMatch(/status: cancelled[\s\S]*status: completed[\s\S]*status: pending/);
  expect(rig.git('branch', '--list', 'milestone/*')).toBe('');
  expect(await rig.milestone('execute', 'm')).toMatchObject({exitCode: 3});
  expect(await rig.milestone('retry', 'm', 'b')).toMatchObject({exitCode: 3});
});

test.concurrent('wherever cancel is killed, doing it again leaves a cancelled milestone, and each request with one answer', async () => {
  await using template = await MilestoneRig.create();
  await template.writeMilestone('m', [{id: 'a', run: 'true'}]);
  expect(await template.milestone('activate')).toMatchObject({exitCode: 0});

  let total = 1;
  for (let at = 0; at <= total; at += at === 0 ? 1 : 7 * oneIn(3)) {
    await using rig = MilestoneRig.copyOf(template);
    const {env, countFile} = killedAt(rig, at, at % 2 === 0 ? 'kill-before' : 'kill-after');
    await rig.milestone('cancel', {env});
    if (at === 0) total = fs.readFileSync(countFile, 'utf8').trim().split('\n').length;
    const inbox = rig.path('.milestones/inbox/m');
    const left = fs.existsSync(inbox)
      ? fs.readdirSync(inbox).filter(name => /^[0-9].*\.(?:json|taken)$/.test(name))
      : [];
    const isSent = left.length > 0 || answers(rig.events('m')).length > 0;
    // What was sent is done before it is asked for again.
    expect(await rig.milestone('cancel'), `effect ${at}`).toMatchObject({exitCode: isSent ? 3 : 0});
    expect(answers(rig.events('m')).map(({event}) => event)).toEqual([
      'milestone_cancelled',
      ...(isSent ? ['request_rejected'] : []),
    ]);
    expect(fs.readdirSync(inbox).filter(name => /^[0-9]/.test(name))).toEqual([]);
  }
});

test.concurrent('cancel that is stopped while another command holds the milestone is taken back', async () => {
  await using rig = await MilestoneRig.create({git: false});
  await rig.writeMilestone('m', [{id: 'a', run: 'true'}]);
  expect(await rig.milestone('activate')).toMatchObject({exitCode: 0});
  const lock = acquireLock(rig.path('.milestones/locks/m'), {
    purpose: 'command',
    identity: ownIdentity(),
    clock: systemClock,
  });
  const sender = rig.milestone('cancel');
  const inbox = rig.path('.milestones/inbox/m');
  await until(() => fs.existsSync(inbox) && fs.readdirSync(inbox).some(name => name.endsWith('.json')), 'the request');
  sender.kill('SIGINT');
  expect(await sender).toMatchObject({exitCode: 130, stderr: expect.stringContaining('stopped by SIGINT')});
  expect(fs.readdirSync(inbox)).toEqual([]);
  lock.release();
  expect(await rig.milestone('execute')).toMatchObject({exitCode: 0});
});
