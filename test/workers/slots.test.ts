import {expect} from 'vitest';
import {test} from './with-postgres.ts';
import {WorkersRig} from './workers-rig.ts';

test('a worker takes no more than it has slots for, whichever labels it carries: another one does the rest', async () => {
  await using workers = await WorkersRig.create();
  const {rig} = workers;
  const [build, gate, train] = [await rig.command('build'), await rig.command('gate'), await rig.command('train')];
  await rig.writeMilestone('m', [
    {id: 'build', run: build.shell, where: 'linux'},
    {id: 'gate', run: gate.shell},
    {id: 'train', run: train.shell, where: 'gpu', dependencies: ['gate']},
  ]);
  workers.worker('--label', 'linux', '--label', 'gpu');
  const run = workers.milestone('execute', 'm');
  const building = await build.nextRun();
  await (await gate.nextRun()).exit(0);
  await rig.waitForEvent('m', event => event.event === 'attempt_dispatched' && event.details.task_id === 'train');
  workers.worker('--label', 'gpu');
  await (await train.nextRun()).exit(0);
  await building.exit(0);
  expect((await run).exitCode).toBe(0);
});
