// A plan without a log whose status says that it is not to be executed now.

import {expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';

const planOf = (status: string) =>
  `id: release\ntitle: The release\nstatus: ${status}\ntasks:\n  - {id: a, title: A, run: 'echo a > a'}\n`;

test.concurrent.each([
  ['cancelled', 'write `status: planned` in it to execute it'],
  ['completed', 'write `status: planned` in it to execute what is left of it'],
  ['done', 'write `status: planned` in it to execute it'],
  ['blocked', 'clear what blocks it, then write `status: planned` in it to execute it'],
  ['on_hold', 'write `status: planned` in it to execute it'],
  ['On Hold', 'write `status: planned` in it to execute it'],
  ['draft', 'write `status: planned` in it to execute it'],
  ['archived', 'write `status: planned` in it to execute it'],
])('a plan that says `status: %s` is not executed', async (status, hint) => {
  await using rig = await MilestoneRig.create({git: false});
  await rig.writeMilestone('release', planOf(status));
  const {exitCode, stderr} = await rig.milestone('execute', 'release');
  expect({exitCode, stderr}).toEqual({
    exitCode: 3,
    stderr: expect.stringContaining(`the plan of milestone \`release\` says \`status: ${status}\``),
  });
  expect(stderr).toContain(`hint: ${hint}`);
  expect(rig.exists('.milestones/logs/execution-release.jsonl')).toBe(false);
});

test.concurrent('no command begins a plan that is held, until somebody changes its status', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone('release', planOf('on_hold'));
  for (const words of [['resume'], ['activate'], ['execute', '--dry-run']]) {
    const {exitCode, stdout, stderr} = await rig.milestone(...words, 'release');
    expect(exitCode, words[0]).toBe(3);
    expect(stdout + stderr).toContain('the plan of milestone `release` says `status: on_hold`');
  }
  expect(rig.exists('.milestones/logs/execution-release.jsonl')).toBe(false);
  rig.write(rig.planFile('release'), planOf('planned'));
  expect(await rig.milestone('execute', 'release')).toMatchObject({exitCode: 0});
});

test.concurrent('a plan in `completed/` without a log is not executed', async () => {
  await using rig = await MilestoneRig.create();
  rig.write(rig.planFile('release', 'completed'), planOf('planned'));
  const {exitCode, stderr} = await rig.milestone('execute', 'release');
  expect({exitCode, stderr}).toEqual({exitCode: 3, stderr: expect.stringContaining('is in `completed/`')});
  expect(stderr).toContain('move its plan to `active/`');
});

test.concurrent('a status of a task that means nothing here is said before the task is executed', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone('release', planOf('planned').replace('run:', 'status: shelved, run:'));
  const {exitCode, stderr} = await rig.milestone('execute', 'release');
  expect(exitCode).toBe(0);
  expect(stderr).toContain('`shelved` is no status of a task; it counts as missing');
});
