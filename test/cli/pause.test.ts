import fs from 'node:fs';
import {expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {answers} from './answers.ts';

test.concurrent('pause lets a running attempt finish and starts nothing more; resume goes on', async () => {
  await using rig = await MilestoneRig.create();
  const build = await rig.command('build');
  await rig.writeMilestone('m', [
    {id: 'build', run: build.shell},
    {id: 'after', run: 'echo done > after.txt', dependencies: ['build']},
  ]);
  const execution = rig.milestone('execute', 'm');
  const run = await build.nextRun();

  const paused = await rig.milestone('pause', '--json');
  expect(paused).toMatchObject({exitCode: 0, stderr: ''});
  const answer = paused.json();
  expect(answer).toMatchObject({ok: true, milestone_id: 'm', answered_by: 'executor'});
  expect(answer.event).toMatchObject({event: 'milestone_paused', details: {request_id: answer.request_id}});
  expect(build.running).toHaveLength(1);

  await run.exit(0);
  expect(await execution).toMatchObject({exitCode: 6, stderr: expect.stringContaining('milestone resume m')});
  const started = rig.events('m').flatMap(event => (event.event === 'task_started' ? event.details.task_id : []));
  expect(started).toEqual(['build']);
  expect(answers(rig.events('m'))).toHaveLength(1);
  expect(fs.readdirSync(rig.path('.milestones/inbox/m'))).toEqual([]);

  expect(await rig.milestone('resume')).toMatchObject({exitCode: 0});
  expect(rig.git('show', 'milestone/m:after.txt')).toBe('done');
});

test.concurrent('pause --now interrupts what runs and keeps its work', async () => {
  await using rig = await MilestoneRig.create();
  const build = await rig.command('build');
  await rig.writeMilestone('m', [{id: 'build', run: `echo half > half.txt; ${build.shell}`}]);
  const execution = rig.milestone('execute');
  const run = await build.nextRun();

  expect(await rig.milestone('pause', 'm', '--now')).toMatchObject({
    exitCode: 0,
    stdout:
      'milestone `m` is paused; its executor interrupts what runs and ends\n`milestone resume m` goes on from here\n',
  });
  await run.ended;
  expect(await execution).toMatchObject({exitCode: 6});
  expect(rig.git('show', 'refs/milestone/rescue/m/build.1:half.txt')).toBe('half');
  expect(rig.processesLeft()).toEqual([]);
});

test.concurrent('without an executor the command pauses the milestone itself, and the plan file says so', async () => {
  await using rig = await MilestoneRig.create({git: false});
  await rig.writeMilestone('m', [{id: 'a', run: 'true'}]);
  expect(await rig.milestone('activate')).toMatchObject({exitCode: 0});
  const {stdout, exitCode} = await rig.milestone('pause', '--json');
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ok: true, answered_by: 'command', event: {event: 'milestone_paused'}});
  expect(rig.read(rig.planFile('m'))).toContain('status: paused');
  expect(await rig.milestone('resume')).toMatchObject({exitCode: 0});
});

test.concurrent('pause --now after the executor was killed ends what it left running', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const build = await rig.command('build');
  await rig.writeMilestone('m', [{id: 'build', run: build.shell}]);
  const execution = rig.milestone('execute');
  const run = await build.nextRun();
  execution.kill('SIGKILL');
  await execution;

  expect(await rig.milestone('pause', '--now')).toMatchObject({exitCode: 0});
  await run.ended;
  expect(rig.events('m').at(-1)).toMatchObject({event: 'milestone_paused'});
  expect(rig.read(rig.planFile('m'))).toMatch(/status: paused[\s\S]*status: pending/);
});

test.concurrent('what is not in progress cannot be paused', async () => {
  await using rig = await MilestoneRig.create({git: false});
  await rig.writeMilestone('m', [{id: 'a', run: 'true'}]);
  const {exitCode, stdout} = await rig.milestone('pause', 'm', '--json');
  expect(exitCode).toBe(3);
  expect(JSON.parse(stdout)).toEqual({
    ok: false,
    error: {code: 'WRONG_STATUS', message: 'milestone `m` is planned, so it cannot be paused'},
  });
  expect(rig.exists(rig.logFile('m'))).toBe(false);
  expect(await rig.milestone('pause', 'n')).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining('there is no milestone `n`'),
  });
});

test.concurrent('pause ends what a killed executor left running: nobody else would, and its work would be lost', async () => {
  await using rig = await MilestoneRig.create();
  const build = await rig.command('build');
  await rig.writeMilestone('m', [{id: 'build', run: `echo half > half.txt; ${build.shell}`}]);
  const execution = rig.milestone('execute');
  const run = await build.nextRun();
  execution.kill('SIGKILL');
  await execution;

  expect(await rig.milestone('pause')).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('its executor is dead: what that had left running was ended'),
  });
  await run.ended;
  expect(rig.git('show', 'refs/milestone/rescue/m/build.1:half.txt')).toBe('half');
  expect(rig.processesLeft()).toEqual([]);
  expect(await rig.milestone('pause')).toMatchObject({exitCode: 3});
});

test.concurrent('pause leaves what a person has handed in to the resume, which checks it', async () => {
  await using rig = await MilestoneRig.create({git: false});
  await rig.writeMilestone('m', [{id: 'a', driver: 'manual', no_changes: true}]);
  expect(await rig.milestone('activate')).toMatchObject({exitCode: 0});
  expect(await rig.milestone('task', 'done', 'm', 'a')).toMatchObject({exitCode: 0});
  expect(await rig.milestone('pause')).toMatchObject({exitCode: 0});
  expect(await rig.milestone('resume')).toMatchObject({exitCode: 0});
});

test.concurrent('what stopped by itself can be paused while attempts still run; resume says again what is in the way', async () => {
  await using rig = await MilestoneRig.create();
  const [first, other] = [await rig.command('first'), await rig.command('other')];
  await rig.writeMilestone(
    'm',
    [
      {id: 'a', run: first.shell, retries: 0},
      {id: 'b', run: `echo half > half.txt; ${other.shell}`},
    ],
    {settings: {on_blocker: 'stop'}},
  );
  const execution = rig.milestone('execute', 'm');
  const [failing, running] = [await first.nextRun(), await other.nextRun()];
  await failing.exit(1);
  await rig.waitForEvent('m', 'milestone_blocked');
  expect(await rig.milestone('pause', 'm')).toMatchObject({exitCode: 0});
  expect((await rig.status('m')).status).toBe('paused');
  expect(other.running).toEqual([running]);
  expect(await rig.milestone('pause', 'm', '--now')).toMatchObject({exitCode: 0});
  await running.ended;
  expect(await execution).toMatchObject({exitCode: 6});
  expect(rig.git('show', 'refs/milestone/rescue/m/b.1:half.txt')).toBe('half');
  expect(rig.read(rig.planFile('m'))).toContain('status: paused');

  expect(await rig.milestone('resume', 'm')).toMatchObject({
    exitCode: 4,
    stderr: expect.stringContaining('milestone retry m'),
  });
  expect((await rig.status('m')).status).toBe('blocked');
  expect(await rig.milestone('pause', 'm')).toMatchObject({exitCode: 3});
  expect(await rig.milestone('retry', 'm')).toMatchObject({exitCode: 0});
  const resumed = rig.milestone('resume', 'm');
  await (await first.nextRun()).exit();
  await (await other.nextRun()).exit();
  expect(await resumed).toMatchObject({exitCode: 0});
});
