// A blocker is told in the tick that finds it, and holds as much as the plan wants it to.

import {expect, test} from 'vitest';
import type {MilestoneEvent} from '../../src/events/event.ts';
import {claude} from '../rig/agent-scripts.ts';
import {FakeAgents} from '../rig/fake-agents.ts';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {diary, eventsOf, readPlan, tasksIn} from './support.ts';

const ID = 'm';

const isOf = (name: MilestoneEvent['event'], task: string) => (event: MilestoneEvent) =>
  event.event === name && 'task_id' in event.details && event.details.task_id === task;

/** Three tasks, two at a time: one waits for the test, one fails, and one more is ready. */
async function begin(rig: MilestoneRig, onBlocker: 'isolate' | 'stop') {
  const long = await rig.command('long');
  await rig.writeMilestone(
    ID,
    [
      {id: 'long', run: `${long.shell}`},
      {id: 'red', run: 'true', verify: 'false', retries: 0},
      {id: 'ready', run: 'touch ready'},
      {id: 'waits', run: 'touch waits', dependencies: ['red']},
    ],
    {settings: {max_parallel: 2, on_blocker: onBlocker}},
  );
  return {execution: rig.milestone('execute', ID), long: await long.nextRun()};
}

test.concurrent('a blocker is escalated at once, the session saved and whoever wants to know told', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const {file, lines} = diary(rig);
  rig.write('.milestones/config.yaml', `notify: [{command: "cat >> '${file}'; echo >> '${file}'"}]\n`);
  const {execution, long} = await begin(rig, 'isolate');
  const found = await rig.waitForEvent(ID, 'blocker_detected');
  const told = await rig.waitForEvent(ID, 'blockers_escalated');
  await rig.waitForEvent(ID, event => event.event === 'session_saved' && event.seq > told.seq);
  await rig.waitForEvent(ID, isOf('task_completed', 'ready'));
  expect(told.details.ids).toEqual([found.details.id]);
  expect(told.seq).toBe(found.seq + 1);
  await long.exit();
  expect(await execution).toMatchObject({exitCode: 4});
  const notes = lines().map(line => JSON.parse(line));
  expect(notes).toContainEqual(expect.objectContaining({event: 'blockers_escalated', details: told.details}));
  expect(eventsOf(rig, ID, 'blockers_escalated')).toHaveLength(1);
});

test.concurrent('`isolate` holds the task and what depends on it, everything else goes on', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const {execution, long} = await begin(rig, 'isolate');
  await rig.waitForEvent(ID, isOf('task_completed', 'ready'));
  expect((await rig.status(ID)).status).toBe('in_progress');
  await long.exit();
  expect(await execution).toMatchObject({exitCode: 4});
  expect(tasksIn(rig, ID, 'task_started').sort()).toEqual(['long', 'ready', 'red']);
  expect(readPlan(rig, ID).status).toBe('blocked');
});

test.concurrent('`stop` makes the milestone blocked at once; what runs comes to its end', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const {execution, long} = await begin(rig, 'stop');
  await rig.waitForEvent(ID, 'milestone_blocked');
  expect((await rig.status(ID)).status).toBe('blocked');
  await long.exit();
  expect(await execution).toMatchObject({
    exitCode: 4,
    stderr: expect.stringMatching(/task `red` did not pass its check.*\nhint: .*milestone retry m/),
  });
  expect(tasksIn(rig, ID, 'task_started').sort()).toEqual(['long', 'red']);
  expect(tasksIn(rig, ID, 'task_completed')).toEqual(['long']);
  expect(eventsOf(rig, ID, 'milestone_blocked')).toHaveLength(1);
  expect(await rig.milestone('resume', ID)).toMatchObject({exitCode: 4});
  expect(tasksIn(rig, ID, 'task_started')).toHaveLength(2);
  expect(await rig.milestone('skip', '--yes', ID, 'red')).toMatchObject({exitCode: 0});
  expect(await rig.milestone('resume', ID)).toMatchObject({exitCode: 0});
});

test.concurrent('`stop` goes on by itself when what stopped it has gone before everything had ended', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const {execution, long} = await begin(rig, 'stop');
  await rig.waitForEvent(ID, 'milestone_blocked');
  expect(await rig.milestone('skip', '--yes', ID, 'red', '--reason', 'no need')).toMatchObject({exitCode: 0});
  await rig.waitForEvent(ID, 'milestone_resumed');
  await rig.waitForEvent(ID, isOf('task_completed', 'ready'));
  await rig.waitForEvent(ID, isOf('task_completed', 'waits'));
  await long.exit();
  expect(await execution).toMatchObject({exitCode: 0});
});

test.concurrent('`stop` on a used-up quota pauses with 8, whoever else could work', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const agents = FakeAgents.into(rig, 'claude');
  const reset = new Date(Date.now() + 3_600_000).toISOString();
  agents.script('claude', 'default', [
    claude.init,
    ...claude.refused('rate_limit', 429, `Usage limit reached, resets at ${reset}`),
  ]);
  await rig.writeMilestone(
    ID,
    [
      {id: 'a', driver: 'claude', fallback: ['manual']},
      {id: 'b', run: 'touch b'},
      {id: 'c', run: 'touch c'},
    ],
    {settings: {max_parallel: 1, on_blocker: 'stop'}},
  );
  expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 8});
  expect(readPlan(rig, ID).status).toBe('paused');
  expect(tasksIn(rig, ID, 'task_started')).toEqual(['a']);
});
