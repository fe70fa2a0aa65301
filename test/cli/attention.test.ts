// `milestone` alone, and which milestone is meant by a command that names none.

import {expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';

test.concurrent('the command alone: where it stands, what needs you, what is next, on one screen', async () => {
  await using rig = await MilestoneRig.create();
  const many = Array.from({length: 12}, (_, place) => ({id: `later-${place}`, run: 'true', title: 'For later'}));
  await rig.writeMilestone('m', [{id: 'a', run: 'exit 1', retries: 0}, ...many], {title: 'The first'});
  const planned = (await rig.milestone()).stdout;
  expect(planned).toMatch(/^m: The first\nplanned · 0 % · .*\n\nnext \(5 of 13\)\n {2}a\n/);
  expect(planned).toContain('\n  milestone execute m\n');
  expect(planned.trimEnd().split('\n').length).toBeLessThanOrEqual(20);
  await rig.milestone('execute', 'm', '--only', 'a');
  const {stdout, exitCode} = await rig.milestone();
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^m: The first\nblocked · /);
  expect(stdout).toContain('\nneeds you\n  task `a` failed with exit code 1\n    milestone retry m a\n');
  expect(stdout).toContain('\nnext (5 of 12)\n  later-0  For later\n');
  expect(stdout).not.toContain('last events');
  expect(stdout.trimEnd().split('\n').length).toBeLessThanOrEqual(20);
});

test.concurrent('of several milestones of which none is the current one, each has a line', async () => {
  await using rig = await MilestoneRig.create();
  for (const id of ['one', 'two']) await rig.writeMilestone(id, [{id: 'a', run: 'true'}], {title: `The ${id}`});
  const {stdout, exitCode} = await rig.milestone();
  expect(exitCode).toBe(0);
  expect(stdout.split('\n').map(line => line.trim())).toEqual([
    expect.stringMatching(/^planned +0 % +one +The one$/),
    expect.stringMatching(/^planned +0 % +two +The two$/),
    '`milestone status <id>` shows one of them',
    '',
  ]);
});

test.concurrent('where none is active, the completed one that was executed last is looked at', async () => {
  await using rig = await MilestoneRig.create();
  for (const id of ['first', 'last']) {
    await rig.writeMilestone(id, [{id: 'a', run: 'true'}]);
    await rig.milestone('execute', id);
  }
  expect(await rig.milestone('wait')).toMatchObject({
    exitCode: 0,
    stdout: 'milestone `last` is completed\nnext: `milestone status last`\n',
  });
  expect((await rig.milestone()).stdout).toMatch(/^last\ncompleted/);
  for (const words of [['status'], ['status', '--watch'], ['log'], ['graph'], ['approvals'], ['blockers']])
    expect(await rig.milestone(...words), words.join(' ')).toMatchObject({exitCode: 0, stderr: ''});
  for (const command of ['execute', 'resume'])
    expect(await rig.milestone(command)).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('no milestone is active; `last`, the last one, is completed'),
    });
  await rig.writeMilestone('next', [{id: 'a', run: 'true'}]);
  expect((await rig.milestone('status')).stdout).toMatch(/^last\ncompleted/);
  expect((await rig.milestone()).stdout).toMatch(/^next\nplanned/);
});
