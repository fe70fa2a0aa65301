// What is decided while nobody executes: workers hear of it all the same.

import {expect} from 'vitest';
import {Postgres} from './postgres.ts';
import {test} from './with-postgres.ts';
import {WorkersRig} from './workers-rig.ts';

/** A task at a worker, which has begun and not ended; its executor is dead. */
async function abandoned(workers: WorkersRig) {
  const {rig} = workers;
  const build = await rig.command('build');
  await rig.writeMilestone('m', [{id: 'build', run: `echo half > half; ${build.shell}`, where: 'any'}]);
  const worker = workers.worker();
  const run = workers.milestone('execute', 'm');
  const held = await build.nextRun();
  await rig.waitForEvent('m', 'task_working');
  process.kill(run.pid, 'SIGKILL');
  await run;
  return {build, held, worker};
}

test('`pause --now` has the worker end what it has, and brings home what was done; `cancel` leaves nothing of it', async () => {
  await using workers = await WorkersRig.create();
  const {rig} = workers;
  const {held} = await abandoned(workers);
  expect((await rig.milestone('status', 'm')).stdout).toMatch(/working on \S+, goes on there/);
  expect(await workers.milestone('pause', 'm', '--now')).toMatchObject({exitCode: 0, stderr: ''});
  await held.ended;
  expect(rig.git('show', 'refs/milestone/rescue/m/build.1:half')).toBe('half');
  expect(workers.ask('select state from milestone.job where name = $$milestone/any$$')).toBe('cancelled');
  expect(rig.events('m').filter(({event}) => event === 'attempt_ended')).toHaveLength(1);
  expect(workers.remoteRefs()).not.toEqual([]);
  expect(await workers.milestone('cancel', 'm')).toMatchObject({exitCode: 0, stderr: ''});
  expect(left(workers)).toEqual([]);
});

test('`discard` does both at once', async () => {
  await using workers = await WorkersRig.create();
  const {held} = await abandoned(workers);
  expect(await workers.milestone('discard', 'm', '--yes')).toMatchObject({exitCode: 0, stderr: ''});
  await held.ended;
  expect(left(workers)).toEqual([]);
});

test('`skip` ends one at its worker; what others report meanwhile waits for the next executor', async () => {
  await using workers = await WorkersRig.create();
  const {rig} = workers;
  const [build, other] = [await rig.command('build'), await rig.command('other')];
  await rig.writeMilestone('m', [
    {id: 'build', run: build.shell, where: 'any'},
    {id: 'other', run: `(${other.shell}); echo done > other`, where: 'any'},
  ]);
  workers.worker('--slots', '2');
  const run = workers.milestone('execute', 'm');
  const [held, goesOn] = [await build.nextRun(), await other.nextRun()];
  process.kill(run.pid, 'SIGKILL');
  await run;
  await goesOn.write('said meanwhile\n');
  const isReported = `select 1 from milestone.job where name like 'milestone/reports/%' and data->>'text' = E'said meanwhile\\n'`;
  while (workers.ask(isReported) === '') await new Promise(resolve => setImmediate(resolve));
  expect((await workers.milestone('skip', 'build', '--yes')).exitCode).toBe(0);
  await held.ended;
  const again = workers.milestone('resume', 'm');
  await goesOn.exit(0);
  expect((await again).exitCode).toBe(0);
  expect(rig.read('.milestones/logs/m/other.1.log')).toContain('said meanwhile');
  expect(rig.git('show', 'milestone/m:other')).toBe('done');
});

test('while the database is away that is said, and the next one who asks tells the workers', async () => {
  await using database = await Postgres.start();
  await using workers = await WorkersRig.create({}, database.createDatabase('own'));
  const {held} = await abandoned(workers);
  await database.stop();
  const cancelled = await workers.milestone('cancel', 'm');
  expect(cancelled.exitCode).toBe(0);
  expect(cancelled.stderr).toMatch(/workers could not be told .*`milestone cancel m` again tells them/);
  await database.resume();
  await workers.milestone('cancel', 'm');
  await held.ended;
});

/** What there is of executions at the remote, and as queues in the database. */
function left(workers: WorkersRig): string[] {
  const queues = workers.ask("select name from milestone.queue where name like 'milestone/reports/%'");
  return [...workers.remoteRefs(), ...queues.split('\n').filter(Boolean)];
}
