// How commands of a plan are run: the first line that fails is how they end.

import {execFileSync} from 'node:child_process';
import {expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {ID} from './reading-rig.ts';

const hasBash = (() => {
  try {
    execFileSync('bash', ['-c', ':']);
    return true;
  } catch {
    return false;
  }
})();
const SETTINGS = {settings: {retries: 0, verify_retries: 0}};

test.concurrent.each([
  ['a check of several lines', {run: 'echo x > x.txt', verify: 'test -e nowhere\necho ended'}],
  ['a task of several lines', {run: 'test -e nowhere\necho x > x.txt'}],
])('%s is red when its first line is', async (_, task) => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone(ID, [{id: 'a', ...task}], SETTINGS);
  expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 4});
});

test.concurrent('a setup of several lines fails with its first one', async () => {
  await using rig = await MilestoneRig.create();
  const workspace = {setup: 'test -e nowhere\necho ended'};
  await rig.writeMilestone(ID, [{id: 'a', run: 'echo x > x.txt'}], {settings: {retries: 0, workspace}});
  const {exitCode, stderr} = await rig.milestone('execute', ID);
  expect({exitCode, stderr}).toEqual({exitCode: 4, stderr: expect.stringContaining('workspace.setup')});
});

test
  .runIf(hasBash)
  .concurrent('under bash a pipe fails with any of its commands, per milestone and per task', async () => {
    await using rig = await MilestoneRig.create();
    const piped = {run: 'echo x > x.txt', verify: 'test -e nowhere | cat'};
    const tasks = [
      {id: 'bash', title: 'B', ...piped},
      {id: 'sh', title: 'S', shell: 'sh', run: 'test -e nowhere | cat', verify: 'test -e nowhere | cat'},
    ];
    await rig.writeMilestone(ID, tasks, {settings: {...SETTINGS.settings, shell: 'bash'}});
    expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 4});
    const {milestone} = (await rig.milestone('status', ID, '--json')).json();
    expect(
      Object.fromEntries(milestone.tasks.map(({id, status}: {id: string; status: string}) => [id, status])),
    ).toEqual({
      bash: 'failed',
      sh: 'completed',
    });
  });

test.concurrent('validate warns of a pipe under sh, at its place, and of none under bash', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone(ID, [
    {id: 'a', run: 'make | tee log'},
    {id: 'b', run: 'make | tee log', shell: 'bash'},
    {id: 'c', run: 'make || true'},
  ]);
  rig.write('.milestones/config.yaml', 'settings: {verify: "npm test 2>&1 | tail"}\n');
  const {exitCode, stdout} = await rig.milestone('validate');
  expect(exitCode).toBe(0);
  expect(stdout.match(/warning: of the pipe in `\w+`/g)).toEqual([
    'warning: of the pipe in `verify`',
    'warning: of the pipe in `run`',
  ]);
  expect(stdout).toMatch(/config\.yaml:1:\d+: warning: of the pipe in `verify`.*\n {2}hint: set `shell: bash`/);
});
