// Without a coding agent on PATH, tasks that were meant for one wait for a person: that is said beforehand.

import {expect, test} from 'vitest';
import {FakeAgents} from '../rig/fake-agents.ts';
import {MilestoneRig} from '../rig/milestone-rig.ts';

const MESSAGE = 'no coding agent was found on PATH (claude, codex, opencode): 2 tasks without `run` wait for a person';
const TASKS = [{id: 'a'}, {id: 'b', kiro_workflow: {enabled: true}}, {id: 'c', run: 'true'}];

test.concurrent('every command that looks at the plan warns of it', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone('m', TASKS);
  expect(await rig.milestone('validate', 'm')).toMatchObject({exitCode: 0, stdout: expect.stringContaining(MESSAGE)});
  const dry = await rig.milestone('execute', '--dry-run', '--json');
  expect(dry.json()).toMatchObject({ok: true, problems: [{severity: 'warning', message: MESSAGE}]});
  const {findings} = (await rig.milestone('doctor', '--json')).json();
  expect(findings).toContainEqual(expect.objectContaining({severity: 'warning', message: MESSAGE}));
  expect(await rig.milestone('execute')).toMatchObject({
    exitCode: 6,
    stderr: expect.stringContaining(`warning: ${MESSAGE}\n`),
  });
});

test.concurrent('nothing is said where a person is meant, or an agent is there', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone('m', TASKS, {settings: {driver: 'manual'}});
  expect((await rig.milestone('execute')).stderr).not.toContain('no coding agent');
  expect((await rig.milestone('validate', 'm')).stdout).not.toContain('no coding agent');
  await using other = await MilestoneRig.create();
  FakeAgents.into(other, 'opencode');
  await other.writeMilestone('m', TASKS);
  expect((await other.milestone('execute', '--dry-run')).stdout).not.toContain('no coding agent');
});
