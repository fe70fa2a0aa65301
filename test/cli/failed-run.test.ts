// What a person reads of a command that failed: its last words, where the rest is, and what to type.

import {expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {outcomes} from './support.ts';

const LOUD = 'for i in 1 2 3 4 5 6 7 8; do echo "line $i"; done; echo "the real error" >&2';

test.concurrent('a failed run shows the end of its output and the command that shows the rest', async () => {
  await using rig = await MilestoneRig.create({env: {DEPLOY_TOKEN: 'secret-4711'}});
  await rig.writeMilestone('m', [{id: 'a', run: `${LOUD}; echo $DEPLOY_TOKEN; exit 3`, retries: 1}]);
  const {stdout} = await rig.milestone('execute', 'm');
  expect(stdout).toMatch(
    /a attempt 1 failed with exit code 3\n {4}line 6\n {4}line 7\n {4}line 8\n {4}the real error\n {4}\*+\n/,
  );
  expect(stdout).not.toContain('line 5');
  const [, command] = /all it printed: milestone (log m a --attempt 2 --output)\n/.exec(stdout) ?? [];
  expect((await rig.milestone(...command!.split(' '))).stdout).toContain('line 1\n');
  expect(outcomes(rig, 'm')[0]).toMatchObject({
    output_tail: expect.stringMatching(/^line 1\n.*\nthe real error\n\*+\n$/s),
  });
});

test.concurrent('a command that is not there is called so, as a task, a check and a setup', async () => {
  await using rig = await MilestoneRig.create();
  const settings = {retries: 0, verify_retries: 0};
  await rig.writeMilestone(
    'm',
    [
      {id: 'a', run: 'no-such-tool'},
      {id: 'b', run: 'echo b > b', verify: 'no-such-check'},
    ],
    {settings},
  );
  const {stdout, stderr} = await rig.milestone('execute', 'm');
  expect(stdout).toContain('task a failed with exit code 127 (command not found)');
  expect(stdout).toContain('no-such-tool: not found');
  expect(stderr).toContain('`no-such-check` failed with exit code 127 (command not found)');
  await rig.writeMilestone('s', [{id: 'a', run: 'true'}], {
    settings: {...settings, workspace: {setup: 'no-such-setup'}},
  });
  expect((await rig.milestone('execute', 's')).stderr).toContain('exit code 127 (command not found)');
});

test.concurrent('what to type is printed once for each blocker', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone('m', [
    {id: 'a', run: 'exit 1', retries: 0},
    {id: 'b', run: 'true', dependencies: ['a']},
  ]);
  const {stdout} = await rig.milestone('execute', 'm');
  for (const text of [stdout, (await rig.milestone('blockers', 'm')).stdout])
    expect(text.match(/milestone retry m a/g)).toHaveLength(1);
});
