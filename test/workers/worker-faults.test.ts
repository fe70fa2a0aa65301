// What goes wrong on the way, each with the real engine: whoever dies, a task is integrated once, and no try is lost.

import {describe, expect} from 'vitest';
import {test} from './with-postgres.ts';
import {WorkersRig} from './workers-rig.ts';

describe('a worker', () => {
  test('that is killed costs no try: another one does the task', async () => {
    await using workers = await WorkersRig.create();
    const {rig} = workers;
    const build = await rig.command('build');
    await rig.writeMilestone('m', [{id: 'build', run: build.shell, where: 'any', retries: 0}]);
    const first = workers.worker();
    const run = workers.milestone('execute', 'm');
    await build.nextRun();
    await rig.waitForEvent('m', 'task_working');
    process.kill(first.pid, 'SIGKILL');
    workers.worker();
    const ended = await rig.waitForEvent('m', 'attempt_ended');
    expect(ended.details.outcome).toMatchObject({kind: 'interrupted', worker_lost: true, executor_died: false});
    const [, name] = /^worker (\S+) waits/.exec(first.printed.stdout) ?? [];
    expect(ended.details.outcome).toMatchObject({message: expect.stringContaining(`the worker \`${name}\` was lost`)});
    await (await build.nextRun()).exit(0);
    expect((await run).exitCode).toBe(0);
    expect(rig.events('m').filter(({event}) => event === 'task_completed')).toHaveLength(1);
  });

  test('that stands still for longer than its lease ends what it has, and hands in nothing', async () => {
    await using workers = await WorkersRig.create();
    const {rig} = workers;
    const build = await rig.command('build');
    await rig.writeMilestone('m', [
      {id: 'build', run: `(${build.shell}); echo $MILESTONE_ATTEMPT > built`, where: 'any'},
    ]);
    const first = workers.worker();
    const run = workers.milestone('execute', 'm');
    const zombie = await build.nextRun();
    process.kill(first.pid, 'SIGSTOP');
    await rig.waitForEvent('m', 'attempt_ended');
    // What it was told to do goes on without it, and is done before it wakes up.
    await zombie.exit(0);
    process.kill(first.pid, 'SIGCONT');
    await (await build.nextRun()).exit(0);
    expect((await run).exitCode).toBe(0);
    expect(rig.git('show', 'milestone/m:built')).toBe('2');
    expect(rig.events('m').filter(({event}) => event === 'task_claimed')).toHaveLength(1);
  });

  test('that is told to end brings home what it has done, and the attempt goes on elsewhere', async () => {
    await using workers = await WorkersRig.create();
    const {rig} = workers;
    const build = await rig.command('build');
    await rig.writeMilestone('m', [{id: 'build', run: `echo half > half; ${build.shell}`, where: 'any', retries: 0}]);
    const first = workers.worker();
    const run = workers.milestone('execute', 'm');
    await build.nextRun();
    process.kill(first.pid, 'SIGTERM');
    expect((await first).exitCode).toBe(0);
    const ended = await rig.waitForEvent('m', 'attempt_ended');
    expect(ended.details.outcome).toMatchObject({kind: 'interrupted', message: expect.stringContaining('ended')});
    expect(rig.git('show', 'refs/milestone/rescue/m/build.1:half')).toBe('half');
    workers.worker();
    await (await build.nextRun()).exit(0);
    expect((await run).exitCode).toBe(0);
  });

  test('that is not there is a blocker, which goes when there is one', async () => {
    await using workers = await WorkersRig.create();
    const {rig} = workers;
    await rig.writeMilestone('m', [
      {id: 'here', run: 'true'},
      {id: 'gpu', run: 'echo trained', where: 'gpu'},
    ]);
    workers.worker('--label', 'linux');
    const run = workers.milestone('execute', 'm');
    const blocker = await rig.waitForEvent('m', 'blocker_detected');
    expect(blocker.details).toMatchObject({type: 'no_worker', hint: expect.stringContaining('--label gpu')});
    workers.worker('--label', 'gpu', '--label', 'linux');
    expect((await run).exitCode).toBe(0);
    expect(rig.events('m').map(({event}) => event)).toContain('blocker_resolved');
  });

  test('is listed with what it carries, and named wherever the attempts are told that it has', async () => {
    await using workers = await WorkersRig.create();
    const {rig} = workers;
    const build = await rig.command('build');
    const task = {run: build.shell, where: ['linux']};
    await rig.writeMilestone('m', [
      {id: 'build', ...task},
      {id: 'waits', ...task},
    ]);
    workers.worker('--label', 'linux');
    const run = workers.milestone('execute', 'm');
    const held = await build.nextRun();
    const {workers: listed} = (await workers.milestone('workers', '--json')).json();
    expect(listed).toEqual([expect.objectContaining({labels: ['linux'], slots: 1, version: expect.any(String)})]);
    const {name} = listed[0];
    expect((await workers.milestone('workers')).stdout).toMatch(new RegExp(`^${name}  linux  \\d of 1 slot busy  `));
    const working = await rig.waitForEvent('m', 'task_working');
    const first = working.details.task_id;
    const ofBoth = [
      {task_id: 'build', attempt: 1, worker: first === 'build' ? name : null},
      {task_id: 'waits', attempt: 1, worker: first === 'waits' ? name : null},
    ];
    const {tasks} = await rig.status('m');
    expect(tasks.map(({id, worker}: {id: string; worker: string}) => ({task_id: id, attempt: 1, worker}))).toEqual(
      ofBoth,
    );
    expect((await rig.milestone('list', '--json')).json().milestones[0].at_workers).toEqual(ofBoth);
    const {report} = (await rig.milestone('report', '--json')).json();
    const timeline = report.timeline.map(({task, attempt, worker}: {task: string; attempt: number; worker: string}) => {
      return {task_id: task, attempt, worker};
    });
    expect(timeline).toEqual(expect.arrayContaining(ofBoth));
    for (const words of [['status'], [], ['status', '--format', 'md'], ['--format', 'md']]) {
      const {stdout} = await rig.milestone(...words);
      expect(stdout).toContain(`working on ${name}`);
      expect(stdout).toContain('starting, waits for a worker');
    }
    expect((await rig.milestone('show', first)).stdout).toContain(`shell on ${name}`);
    expect((await rig.milestone('report', '--format', 'html')).stdout).toContain(`>${name}</`);
    await held.exit(0);
    await (await build.nextRun()).exit(0);
    expect((await run).exitCode).toBe(0);
  });
});
