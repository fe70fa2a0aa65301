// How long something took: the same from whomever one asks, and no longer than somebody worked on it.

import {expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';

test('the time of an attempt ends with its executor, and status and report reckon alike', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const work = await rig.command('work');
  await rig.writeMilestone('m', [{id: 'a', run: work.shell, verify: 'true'}]);
  const run = rig.milestone('execute', 'm');
  await work.nextRun();
  await rig.waitForEvent('m', 'task_working');
  run.kill('SIGKILL');
  await run;

  const stages = async () => (await rig.milestone('report', 'm', '--json')).json().report.timeline[0].stage_times;
  const left = await stages();
  expect(await stages()).toEqual(left);
  expect((await rig.milestone('status', 'm')).stdout).toMatch(/^interrupted\n +a {2}working$/im);

  const resumed = rig.milestone('resume', 'm');
  (await work.nextRun()).exit(0);
  expect(await resumed).toMatchObject({exitCode: 0});
  const {done, timeline} = (await rig.milestone('report', 'm', '--json')).json().report;
  expect(timeline[0]).toMatchObject({outcome: 'interrupted', stage_times: left});
  expect((await rig.status('m')).tasks[0].minutes).toBe(done[0].minutes);
});
