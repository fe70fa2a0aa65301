// The plan of a kiro task changes while it is under way.

import {expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {attemptsOf, documentPath, executeOnly, freeTask, kiroTask, phasesOf, writes} from './kiro-plan.ts';
import {eventsOf, readPlan, subjects} from './support.ts';

const plain = {id: 'a', title: 'a', run: 'echo plain > plain.txt', verify: 'test -s plain.txt'};

test.concurrent('a task that is no kiro task any more is an ordinary one, whatever waited', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone('m', [kiroTask('a')]);
  await rig.milestone('execute');
  await rig.writeMilestone('m', [plain]);
  expect(await rig.milestone('resume', 'm')).toMatchObject({exitCode: 0});
  expect(subjects(rig, 'm')).toEqual(['feat(milestone-m): a']);
  expect(attemptsOf(rig, 'm')).toEqual(['a.1 design', 'a.2 undefined']);
  expect(rig.exists(documentPath('m', 'a', 'design', 'architecture.md'))).toBe(true);
});

test.concurrent('an attempt ends as what it began as: a phase, or an ordinary one with its checks', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const [design, work, check] = [await rig.command('design'), await rig.command('work'), await rig.command('check')];
  const phase = {run: design.shell, deliverables: []};
  const ordinary = {id: 'b', run: work.shell, verify: check.shell};
  await rig.writeMilestone('m', [kiroTask('a', {design: phase}), ordinary]);
  const execution = rig.milestone('execute');
  const [first, second] = [await design.nextRun(), await work.nextRun()];
  await rig.waitForEvent('m', event => event.event === 'task_working' && event.details.task_id === 'b');
  await rig.writeMilestone('m', [plain, kiroTask('b', {design: phase}, ordinary)]);
  await rig.waitForEvent('m', 'plan_changed');
  await first.exit();
  await second.exit();
  await (await check.nextRun()).exit();
  expect(await execution).toMatchObject({exitCode: 0});
  expect(attemptsOf(rig, 'm').toSorted()).toEqual(['a.1 design', 'a.2 undefined', 'b.1 undefined']);
  const completed = eventsOf(rig, 'm', 'task_completed').map(({details}) => [details.task_id, details.checked]);
  expect(completed.toSorted()).toEqual([
    ['a', true],
    ['b', true],
  ]);
});

test.concurrent('a gate that is asked for stays asked for; one that is added later is asked for', async () => {
  await using rig = await MilestoneRig.create({git: false});
  await rig.writeMilestone('m', [kiroTask('a')]);
  await rig.milestone('execute');
  await rig.writeMilestone('m', [
    kiroTask('a', {
      design: {approval_required: false},
      spec: {approval_required: false},
      execute: {approval_required: true},
    }),
  ]);
  expect(await rig.milestone('resume', 'm')).toMatchObject({exitCode: 6});
  expect(attemptsOf(rig, 'm')).toEqual(['a.1 design']);
  expect(await rig.milestone('approve', '--yes', 'm', 'a')).toMatchObject({exitCode: 0});
  expect(await rig.milestone('resume', 'm')).toMatchObject({exitCode: 6});
  expect(phasesOf(rig, 'm')).toEqual([
    'a design waiting_approval',
    'a spec completed',
    'a task completed',
    'a execute waiting_approval',
  ]);
});

test.concurrent('what a phase has to leave may change before it is worked on', async () => {
  await using rig = await MilestoneRig.create({git: false});
  await rig.writeMilestone('m', [kiroTask('a')]);
  await rig.milestone('execute');
  await rig.milestone('approve', '--yes', 'm', 'a');
  await rig.writeMilestone('m', [kiroTask('a', {spec: {run: writes('one.md'), deliverables: ['one.md']}})]);
  expect(await rig.milestone('resume', 'm')).toMatchObject({exitCode: 6});
  expect(eventsOf(rig, 'm', 'kiro_phase_updated').at(-1)!.details.deliverables).toMatchObject([
    {path: 'deliverables/m/a/spec/one.md'},
  ]);
});

test.concurrent('a task that is removed waits for nobody', async () => {
  await using rig = await MilestoneRig.create({git: false});
  await rig.writeMilestone('m', [kiroTask('a'), freeTask('b')]);
  expect(await rig.milestone('execute')).toMatchObject({exitCode: 6});
  await rig.writeMilestone('m', [freeTask('b')]);
  expect(await rig.milestone('resume', 'm')).toMatchObject({exitCode: 0});
});

test.concurrent('other weights are another progress', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const tasks = [kiroTask('a'), executeOnly('b', {run: 'true'}), {id: 'c', driver: 'manual'}];
  await rig.writeMilestone('m', tasks);
  await rig.milestone('execute');
  // 90 % of 15, rounded down: 13; with the others (13 + 100 + 0) / 3.
  expect(readPlan(rig, 'm').progress.percentage).toBe(37);
  const kiro_configuration = {phase_weights: {design: 55, spec: 15, task: 10, execute: 20}};
  await rig.writeMilestone('m', tasks, {kiro_configuration});
  await rig.milestone('resume', 'm');
  expect(readPlan(rig, 'm').progress.percentage).toBe(49);
  expect(readPlan(rig, 'm').kiro_progress).toMatchObject({
    phase_averages: {design: 95, spec: 50, task: 50, execute: 50},
    kiro_task_count: 2,
  });
});

test.concurrent('an ordinary attempt passes no gate that the plan puts behind it while it runs', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const work = await rig.command('work');
  const ordinary = {id: 'a', run: work.shell};
  await rig.writeMilestone('m', [ordinary]);
  const execution = rig.milestone('execute');
  const running = await work.nextRun();
  await rig.waitForEvent('m', 'task_working');
  await rig.writeMilestone('m', [kiroTask('a', {execute: {approval_required: true}}, ordinary)]);
  await rig.waitForEvent('m', 'plan_changed');
  await running.exit();
  expect(await execution).toMatchObject({exitCode: 0});
  expect(phasesOf(rig, 'm')).toEqual([]);
});
