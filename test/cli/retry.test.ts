import fs from 'node:fs';
import {expect, test} from 'vitest';
import {copiesOf} from '../rig/copies.ts';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {answers} from './answers.ts';

/** Milestones outside git whose only task has failed. */
const failed = (...ids: string[]) =>
  copiesOf(async () => {
    const rig = await MilestoneRig.create({git: false});
    for (const id of ids) {
      await rig.writeMilestone(id, [{id: 'build', run: 'false', retries: 0}]);
      expect(await rig.milestone('execute', id)).toMatchObject({exitCode: 4});
    }
    return rig;
  });
const oneFailed = failed('m');
const twoFailed = failed('one', 'two');

test.concurrent('a failed task is retried by the live executor, within the same run', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const [flaky, long] = [await rig.command('flaky'), await rig.command('long')];
  await rig.writeMilestone('m', [
    {id: 'flaky', run: flaky.shell, retries: 0},
    {id: 'long', run: long.shell},
  ]);
  const execution = rig.milestone('execute');
  await (await flaky.nextRun()).exit(1);
  const holding = await long.nextRun();
  await rig.waitForEvent('m', 'task_failed');

  expect(await rig.milestone('retry', 'flaky')).toMatchObject({
    exitCode: 0,
    stdout: 'task `flaky` is pending again\nits executor goes on with that\n',
  });
  await (await flaky.nextRun()).exit(0);
  await holding.exit(0);
  expect(await execution).toMatchObject({exitCode: 0});
});

test.concurrent('without an executor all that failed is pending again, and resume runs it', async () => {
  await using rig = await MilestoneRig.create({git: false});
  await rig.writeMilestone('m', [
    {id: 'a', run: 'test -e ../go || test -e "$GO"', retries: 0},
    {id: 'b', run: 'test -e "$GO"', retries: 0},
    {id: 'c', run: 'echo c > c.txt', dependencies: ['a', 'b']},
  ]);
  rig.env.GO = rig.path('../go');
  expect(await rig.milestone('execute')).toMatchObject({exitCode: 4});
  fs.writeFileSync(rig.env.GO, '');

  expect(await rig.milestone('retry')).toMatchObject({
    exitCode: 0,
    stdout: 'what failed or was blocked in `m` is pending again\n`milestone resume m` goes on with that\n',
  });
  expect(answers(rig.events('m'))).toHaveLength(1);
  expect(await rig.milestone('execute')).toMatchObject({exitCode: 3, stderr: expect.stringContaining('resume')});
  expect(await rig.milestone('resume')).toMatchObject({exitCode: 0});
});

test.concurrent('the milestone may be named first, or by --milestone; a misspelt task is answered with the one that was meant', async () => {
  await using rig = await twoFailed();
  expect(await rig.milestone('retry', 'one', 'build')).toMatchObject({exitCode: 0});
  expect(await rig.milestone('retry', 'build', '--milestone', 'two')).toMatchObject({exitCode: 0});
  expect(await rig.milestone('retry', 'one', 'build')).toMatchObject({
    exitCode: 3,
    stderr: 'error: task `build` is pending: only a failed or blocked task can be retried\n',
  });
  expect(await rig.milestone('retry', 'one', 'biuld')).toMatchObject({
    exitCode: 3,
    stderr: 'error: milestone `one` has no task `biuld`\nhint: did you mean `build`?\n',
  });
  expect(await rig.milestone('retry', 'one', '--milestone', 'two', '--json')).toMatchObject({exitCode: 3});
  expect(await rig.milestone('retry', 'onne', 'build')).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining('did you mean `one`?'),
  });
  expect(await rig.milestone('pause', 'one', '--milestone', 'two')).toMatchObject({exitCode: 2});
});

test.concurrent('a milestone that is named alone has all its failed tasks retried', async () => {
  await using rig = await twoFailed();
  expect(await rig.milestone('retry', 'one')).toMatchObject({exitCode: 0});
  expect(answers(rig.events('one'))).toHaveLength(1);
});

test.concurrent('a task that was added to the plan while nobody executed is known', async () => {
  await using rig = await oneFailed();
  rig.write(rig.planFile('m'), `${rig.read(rig.planFile('m'))}  - id: b\n    title: b\n    run: "true"\n`);
  expect(await rig.milestone('skip', '--yes', 'b')).toMatchObject({exitCode: 0});
  expect(rig.events('m').slice(-2)).toMatchObject([{event: 'plan_changed'}, {event: 'task_skipped'}]);
});

test.concurrent('a request that a killed executor had taken, or nobody took, is answered once', async () => {
  await using rig = await oneFailed();
  const request = (id: string, kind: string) => ({
    kind,
    ...(kind === 'pause' && {now: false, session_id: 'session-of-the-dead'}),
    request_id: `00000000-0000-4000-8000-00000000000${id}`,
    requested_at: `2026-11-23T10:00:0${id}.000Z`,
  });
  const leave = (id: string, kind: string, ending: string) => {
    const name = `20261123T10000${id}000Z-${request(id, kind).request_id}.${ending}`;
    rig.write(`.milestones/inbox/m/${name}`, JSON.stringify(request(id, kind)));
  };
  leave('1', 'retry', 'taken');
  leave('2', 'pause', 'json');
  expect(await rig.milestone('skip', '--yes', 'build')).toMatchObject({exitCode: 0});
  expect(answers(rig.events('m')).map(({event}) => event)).toEqual(['task_reset', 'request_rejected', 'task_skipped']);
  expect(fs.readdirSync(rig.path('.milestones/inbox/m'))).toEqual([]);

  leave('1', 'retry', 'taken');
  expect(await rig.milestone('cancel')).toMatchObject({exitCode: 0});
  expect(answers(rig.events('m'))).toHaveLength(4);
});

test.concurrent('when the executor dies while a request waits, the sender acts in its place', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const build = await rig.command('build');
  await rig.writeMilestone('m', [{id: 'build', run: build.shell}]);
  const execution = rig.milestone('execute');
  await build.nextRun();
  execution.kill('SIGSTOP');
  const sender = rig.milestone('cancel', '--json');
  const inbox = rig.path('.milestones/inbox/m');
  fs.mkdirSync(inbox, {recursive: true});
  await new Promise<void>(resolve => {
    const watcher = fs.watch(inbox, () => {
      if (!fs.readdirSync(inbox).some(name => name.endsWith('.json'))) return;
      watcher.close();
      resolve();
    });
  });
  execution.kill('SIGKILL');
  expect((await sender).json()).toMatchObject({ok: true, answered_by: 'command'});
  expect(answers(rig.events('m')).map(({event}) => event)).toEqual(['milestone_cancelled']);
  expect(fs.readdirSync(inbox)).toEqual([]);
  expect(rig.processesLeft()).toEqual([]);
});

test.concurrent('a retry of all of which only the beginning reached the disk is taken up again', async () => {
  await using rig = await MilestoneRig.create({git: false});
  await rig.writeMilestone('m', [
    {id: 'a', run: 'false', retries: 0},
    {id: 'b', run: 'false', retries: 0},
    {id: 'c', run: 'true', dependencies: ['a', 'b']},
  ]);
  expect(await rig.milestone('execute')).toMatchObject({exitCode: 4});
  const {request_id} = (await rig.milestone('retry', '--json')).json();
  const lines = rig.read(rig.logFile('m')).split('\n').slice(0, -1);
  expect(lines.at(-1)).toContain('"event":"task_reset"');
  rig.write(rig.logFile('m'), `${lines.slice(0, -1).join('\n')}\n${lines.at(-1)?.slice(0, 40)}`);
  const request = {kind: 'retry', request_id, requested_at: '2026-11-23T10:00:00.000Z'};
  rig.write(`.milestones/inbox/m/20261123T100000000Z-${request_id}.taken`, JSON.stringify(request));
  expect(await rig.milestone('skip', '--yes', 'c')).toMatchObject({exitCode: 0});
  expect(rig.events('m').slice(-3)).toMatchObject([
    {event: 'task_reset', details: {task_id: 'a'}},
    {event: 'task_reset', details: {task_id: 'b', request_id}},
    {event: 'task_skipped', details: {task_id: 'c'}},
  ]);
  expect((await rig.status('m')).counts).toMatchObject({pending: 2, skipped: 1});
});
