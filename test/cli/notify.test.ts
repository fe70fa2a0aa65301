// `milestone notify --test`: whether the channels work, before one relies on them.

import {expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';

const PLAN = [{id: 'a', run: 'true'}];

test.concurrent('every channel of project and plan gets a message, and what came of it is said', async () => {
  await using rig = await MilestoneRig.create({git: false});
  await rig.writeMilestone('release', PLAN, {settings: {notify: [{command: 'cat > plan.json'}]}});
  rig.write('.milestones/config.yaml', 'notify:\n  - command: cat > project.json\n');
  const ended = await rig.milestone('notify', '--test');
  expect(ended).toMatchObject({exitCode: 0, stderr: ''});
  expect(ended.stdout.split('\n')).toEqual([
    'the notification command `cat > project.json` took the message',
    'the notification command `cat > plan.json` took the message',
    '',
  ]);
  expect(JSON.parse(rig.read('plan.json'))).toMatchObject({event: 'notify_test', milestone_id: 'release'});
  expect(JSON.parse(rig.read('project.json'))).toMatchObject({text: expect.stringContaining('this is a test')});
});

test.concurrent('a channel that does not work is named, and fails the command', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const channels = ['{command: "echo no such user >&2; exit 1"}', '{webhook: "mailto:ada", events: [task_faild]}'];
  rig.write('.milestones/config.yaml', `notify: [${channels.join(', ')}]\n`);
  const ended = await rig.milestone('notify', '--test');
  expect(ended.exitCode).toBe(9);
  expect(ended.stderr).toContain('warning: there is no event `task_faild`; did you mean `task_failed`?');
  expect(ended.stderr).toContain('exit 1` failed with exit code 1: no such user');
  expect((await rig.milestone('notify', '--test', '--json')).json()).toMatchObject({
    ok: false,
    error: {code: 'IO_FAILED'},
    milestone_id: null,
    channels: [
      {kind: 'command', ok: false, message: 'failed with exit code 1: no such user'},
      {kind: 'webhook', ok: false, message: 'is no http or https address'},
    ],
  });
});

test.concurrent('without a channel there is nothing to test', async () => {
  await using rig = await MilestoneRig.create({git: false});
  await rig.writeMilestone('release', PLAN);
  expect(await rig.milestone('notify', '--test')).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining('no channel for notifications is set up'),
  });
  expect(await rig.milestone('notify')).toMatchObject({exitCode: 2});
  expect(await rig.milestone('notify', '--test', 'nothing')).toMatchObject({exitCode: 3});
});
