// Where a task is done, edited while the milestone is carried out.

import {expect} from 'vitest';
import type {MilestoneRig, TaskText} from '../rig/milestone-rig.ts';
import {test} from './with-postgres.ts';
import {WorkersRig} from './workers-rig.ts';

function dispatched({rig}: WorkersRig): string[] {
  return rig
    .events('m')
    .flatMap(event =>
      event.event === 'attempt_dispatched' ? `${event.details.task_id}.${event.details.attempt}` : [],
    );
}

async function edited(rig: MilestoneRig, tasks: TaskText[], settings: object = {}): Promise<void> {
  await rig.writeMilestone('m', tasks, {settings});
}

test('holds for the next attempt, there and back', async () => {
  await using workers = await WorkersRig.create();
  const {rig} = workers;
  const [one, two, gate] = [await rig.command('one'), await rig.command('two'), await rig.command('gate')];
  const tasks = (here: string, there: string) => [
    {id: 'one', run: one.shell, where: here},
    {id: 'two', run: two.shell, where: there},
    {id: 'late', run: 'true', dependencies: ['gate'], where: here},
    {id: 'gate', run: gate.shell},
  ];
  await edited(rig, tasks('here', 'any'));
  workers.worker();
  const run = workers.milestone('execute', 'm');
  const [first, second, held] = [await one.nextRun(), await two.nextRun(), await gate.nextRun()];
  await edited(rig, tasks('any', 'here'), {verify_where: 'any', verify_final: 'true'});
  await rig.waitForEvent('m', 'plan_changed');
  await first.exit(1);
  await second.exit(1);
  await held.exit(0);
  await (await one.nextRun()).exit(0);
  await (await two.nextRun()).exit(0);
  expect((await run).exitCode).toBe(0);
  expect(dispatched(workers).sort()).toEqual(['late.1', 'one.2', 'two.1']);
  expect(rig.events('m').filter(({event}) => event === 'checks_dispatched')).toHaveLength(1);
});

test('is refused for what cannot go, as at the start, and the plan in force goes on', async () => {
  await using workers = await WorkersRig.create();
  const {rig} = workers;
  const build = await rig.command('build');
  const tasks = [{id: 'a', run: build.shell}];
  await edited(rig, tasks);
  const run = workers.milestone('execute', 'm');
  const held = await build.nextRun();
  await edited(rig, [...tasks, {id: 'b', driver: 'manual', where: 'gpu'}]);
  const refused = await rig.waitForEvent('m', 'plan_refused');
  expect(refused.details).toMatchObject({problems: ['task `b` cannot go to a worker: it is done by a person']});
  await edited(rig, tasks);
  await rig.waitForEvent('m', 'plan_changed');
  await held.exit(0);
  expect((await run).exitCode).toBe(0);
});

test.each([
  ['where', {}],
  ['verify_where', {verify_where: 'any'}],
])('`%s` is refused where config.yaml names no workers', async (setting, settings) => {
  await using workers = await WorkersRig.create();
  const {rig} = workers;
  rig.write('.milestones/config.yaml', '');
  const build = await rig.command('build');
  const tasks = [{id: 'a', run: build.shell}];
  await edited(rig, tasks);
  const run = workers.milestone('execute', 'm');
  const held = await build.nextRun();
  await edited(rig, setting === 'where' ? [...tasks, {id: 'b', run: 'true', where: 'any'}] : tasks, settings);
  const refused = await rig.waitForEvent('m', 'plan_refused');
  expect(refused.details).toMatchObject({
    problems: [expect.stringContaining(`(\`${setting}\`), and config.yaml names none`)],
  });
  await held.exit(0);
  expect((await run).exitCode).toBe(4);
  // Neither is it taken between two executions.
  expect((await workers.milestone('resume', 'm')).exitCode).toBe(4);
});
