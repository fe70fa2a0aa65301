import {expect, test} from 'vitest';
import {works} from '../rig/agent-scripts.ts';
import {FakeAgents} from '../rig/fake-agents.ts';
import {MilestoneRig} from '../rig/milestone-rig.ts';

test('a fake does what the script of its task says, and tells how it was called', async () => {
  await using rig = await MilestoneRig.create();
  const agents = FakeAgents.into(rig, 'claude');
  agents.script('claude', 'login.2', works('claude', {'b.txt': 'b'}));
  agents.script('claude', 'login', works('claude', {'a.txt': 'a'}));
  const env = (attempt: string) => ({MILESTONE_TASK: 'login', MILESTONE_ATTEMPT: attempt});
  const first = await rig.start('claude', '-p', '--session-id', 'one', {stdin: 'Do it.', env: env('1')});
  expect(first.jsonLines()).toMatchObject([{session_id: 'one'}, {type: 'result', session_id: 'one'}]);
  expect([rig.exists('a.txt'), rig.exists('b.txt')]).toEqual([true, false]);
  await rig.start('claude', '-p', {stdin: '', env: env('2')});
  expect(rig.exists('b.txt')).toBe(true);
  expect(agents.runs('claude').map(({number}) => number)).toEqual([1, 2]);
  expect(await agents.run('claude', run => run.stdin === 'Do it.')).toMatchObject({
    argv: ['-p', '--session-id', 'one'],
    cwd: rig.folder,
    conversation: 'one',
  });
});

test('a run without a script fails and says so', async () => {
  await using rig = await MilestoneRig.create();
  FakeAgents.into(rig, 'codex');
  const ended = await rig.start('codex', 'exec', {stdin: ''});
  expect(ended).toMatchObject({exitCode: 97, stderr: expect.stringContaining('no script for run 1 of codex')});
});

test('it answers to `--version` without a script', async () => {
  await using rig = await MilestoneRig.create();
  const agents = FakeAgents.into(rig, 'opencode');
  expect((await rig.start('opencode', '--version')).stdout).toBe('1.18.33\n');
  expect(agents.runs('opencode')).toEqual([]);
});
