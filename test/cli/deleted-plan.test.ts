// A plan file that is deleted while the milestone is under way: the log has the plan in force, and knows the milestone.

import fs from 'node:fs';
import {expect, test} from 'vitest';
import {copiesOf} from '../rig/copies.ts';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {eventsOf, readPlan, tasksIn} from './support.ts';

const ID = 'release';

function removePlan(rig: MilestoneRig): void {
  fs.rmSync(rig.path(rig.planFile(ID)));
}

/** One task failed, one that depends on it. */
async function stopped(extra: Record<string, unknown> = {}, git = true): Promise<MilestoneRig> {
  const rig = await MilestoneRig.create({git});
  await rig.writeMilestone(
    ID,
    [
      {id: 'a', run: 'test -e "$HOME/may-pass"', retries: 0, no_changes: true},
      {id: 'b', run: 'echo b > b', dependencies: ['a']},
    ],
    extra,
  );
  expect(await rig.milestone('execute')).toMatchObject({exitCode: 4});
  removePlan(rig);
  return rig;
}

const stoppedOutsideGit = copiesOf(() => stopped({}, false));

test.concurrent('a live executor is shown, and told what to do', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const work = await rig.command('work');
  await rig.writeMilestone(ID, [
    {id: 'a', run: work.shell},
    {id: 'b', run: 'true', dependencies: ['a']},
  ]);
  const run = rig.milestone('execute');
  const first = await work.nextRun();
  removePlan(rig);
  const {milestones} = (await rig.milestone('list', '--json')).json();
  expect(milestones).toMatchObject([{id: ID, status: 'in_progress'}]);
  for (const words of [[], ['status']])
    expect(await rig.milestone(...words)).toMatchObject({exitCode: 0, stdout: expect.stringContaining(ID)});
  expect(await rig.milestone('skip', '--yes', 'b')).toMatchObject({exitCode: 0});
  expect(await rig.milestone('pause', ID)).toMatchObject({exitCode: 0});
  expect((await rig.milestone('doctor', '--json')).json().findings).toContainEqual(
    expect.objectContaining({code: 'PLAN_GONE', hint: expect.stringContaining('once its executor has ended')}),
  );
  await first.exit();
  expect(await run).toMatchObject({exitCode: 6});
  expect(eventsOf(rig, ID, 'task_skipped')).toMatchObject([{details: {task_id: 'b'}}]);
});

test.concurrent('after its end it can be cancelled, and is known no more', async () => {
  await using rig = await stoppedOutsideGit();
  expect(await rig.milestone('cancel')).toMatchObject({exitCode: 0});
  expect(eventsOf(rig, ID, 'milestone_cancelled')).toHaveLength(1);
  expect((await rig.milestone('list', '--json')).json().milestones).toEqual([]);
  expect(await rig.milestone('cancel', ID)).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining(`there is no milestone \`${ID}\``),
  });
});

test.concurrent('retry and resume go on with the plan in force; with the plan written again it completes', async () => {
  await using rig = await stoppedOutsideGit();
  rig.write('../home/may-pass', '');
  expect(await rig.milestone('retry', 'a')).toMatchObject({exitCode: 0});
  expect(await rig.milestone('resume')).toMatchObject({
    exitCode: 4,
    stderr: expect.stringContaining(`\`milestone validate ${ID}\``),
  });
  expect(tasksIn(rig, ID, 'task_completed')).toEqual(['a', 'b']);
  const hint = '`milestone doctor --repair` writes the plan in force to it again';
  expect(await rig.milestone('validate')).toMatchObject({exitCode: 2, stdout: expect.stringContaining(hint)});
  expect(await rig.milestone('doctor', '--repair')).toMatchObject({exitCode: 0});
  expect(await rig.milestone('resume')).toMatchObject({exitCode: 0});
  expect(rig.exists(rig.planFile(ID, 'completed'))).toBe(true);
});

test.concurrent('doctor writes the plan in force back from the log, with its state', async () => {
  const task = {
    title: 'Über: "C" # no comment',
    description: 'Two lines,\n  the second of them indented.\n',
    acceptance_criteria: ['- yes', 'API: all documented', '12'],
    verify: 'true',
    touches: ['src/**'],
    budget: {minutes: 1.5},
    kiro_workflow: {enabled: true, phases: {design: {run: 'true', deliverables: []}}},
  };
  await using rig = await stopped({
    description: 'What it is for',
    success_criteria: ['*all* of it'],
    settings: {max_parallel: 2, driver: 'manual', env: {NUMBER: '007', EMPTY: '', 'odd: name': 'on'}},
    kiro_configuration: {phase_weights: {design: 10, spec: 30, task: 20, execute: 40}},
  });
  // In force as an edit, too, before the file goes once more.
  expect(await rig.milestone('doctor', '--repair')).toMatchObject({exitCode: 0});
  const plan = readPlan(rig, ID);
  await rig.writeMilestone(ID, [...plan.tasks, {id: 'c', ...task}], {...plan, tasks: undefined});
  expect(await rig.milestone('skip', '--yes', 'c')).toMatchObject({exitCode: 0});
  const {events, ...before} = readable(rig);
  removePlan(rig);

  expect((await rig.milestone('doctor', '--json')).json().findings).toContainEqual(
    expect.objectContaining({code: 'PLAN_GONE', repairable: true, hint: expect.stringContaining('comments')}),
  );
  const repaired = await rig.milestone('doctor', '--repair');
  expect(repaired).toMatchObject({exitCode: 0});
  expect(repaired.stdout).toMatch(/^repaired: wrote the plan in force to `.*release\.yaml`; comments .* are lost$/m);
  expect(readable(rig)).toMatchObject({...before, events});
  expect(readPlan(rig, ID).tasks).toMatchObject([
    {id: 'a', status: 'failed'},
    {id: 'b'},
    {id: 'c', ...task, status: 'skipped'},
  ]);
  expect(await rig.status()).not.toHaveProperty('plan_edit');
  const changes = eventsOf(rig, ID, 'plan_changed').length;
  expect(await rig.milestone('skip', '--yes', 'b')).toMatchObject({exitCode: 0});
  expect(eventsOf(rig, ID, 'plan_changed')).toHaveLength(changes);
  expect(await rig.milestone('validate', ID)).toMatchObject({exitCode: 0});
});

/** The plan as data, and how many times its log tells of a change. */
function readable(rig: MilestoneRig): Record<string, unknown> {
  return {...readPlan(rig, ID), events: eventsOf(rig, ID, 'plan_changed').length};
}
