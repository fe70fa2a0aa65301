// An evening, a night in which the executor dies, and a morning, up to the landing and a clone of it: every screen is true.

import path from 'node:path';
import {expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';

test('a night with a kill, a flaky check, an unchecked task and a failure, reviewed and landed in the morning', async () => {
  await using rig = await MilestoneRig.create({files: {'test/old.test.js': "test('old', f);\n"}});
  const [flaky, lazy] = [await rig.command('flaky'), await rig.command('lazy')];
  const [seen, mended] = [path.join(rig.root, 'seen'), path.join(rig.root, 'mended')];
  const failure = "echo 'not ok 1 - sums'; seq 1 900; exit 3";
  await rig.writeMilestone('m', [
    {id: 'sound', run: 'echo a > sound', verify: 'test -f sound'},
    {id: 'flaky', run: `${flaky.shell} && echo f > flaky`, verify: `test -e ${seen} || { touch ${seen}; false; }`},
    {id: 'lazy', run: `${lazy.shell} && git rm -q test/old.test.js`},
    {id: 'bad', run: `test -e ${mended} && echo b > bad || { ${failure}; }`, verify: 'test -f bad', retries: 0},
    {id: 'after', run: 'echo c > after', verify: 'test -f after', dependencies: ['bad']},
  ]);
  const screen = async () => {
    const {stdout, exitCode} = await rig.milestone();
    expect(exitCode).toBe(0);
    expect(stdout.trimEnd().split('\n').length).toBeLessThanOrEqual(20);
    return stdout;
  };
  const isDone = (task: string) => (event: {event: string; details: object}) =>
    event.event === 'task_completed' && (event.details as {task_id: string}).task_id === task;

  const evening = rig.milestone('execute', 'm', '--max-parallel', '5');
  await Promise.all([flaky.nextRun(), lazy.nextRun(), rig.waitForEvent('m', isDone('sound'))]);
  await rig.waitForEvent('m', 'task_failed');
  evening.kill('SIGKILL');
  await evening;
  const dead = await screen();
  expect(dead).toContain('\n  no executor is at work on it\n    milestone resume m\n');
  expect(dead).toContain('\ninterrupted\n  flaky  ');
  expect(dead).not.toContain('running');

  const night = rig.milestone('resume', 'm');
  const [flakyRun, lazyRun] = [await flaky.nextRun(), await lazy.nextRun()];
  await lazyRun.exit();
  await rig.waitForEvent('m', isDone('lazy'));
  await flakyRun.exit();
  expect(await night).toMatchObject({exitCode: 4});

  // Green at once on the merged files, where the other task had come before it: still flaky.
  const isFlaky = [{ok: true, flaky: true}];
  expect((await rig.status('m')).tasks[1]).toMatchObject({id: 'flaky', checks: isFlaky});
  const {report} = (await rig.milestone('report', '--json')).json();
  expect(report.done[1]).toMatchObject({task: 'flaky', checks: isFlaky});
  const text = (await rig.milestone('report')).stdout;
  expect(text).toContain('\n    | not ok 1 - sums\n');
  expect(text).toContain('\nnot done\n  after: pending, waits for bad\n');
  expect((await rig.milestone('report', '--format', 'md')).stdout).toContain(
    '\n## Not done\n\n- `after` after: pending, waits for bad\n',
  );
  expect((await rig.milestone('show', 'bad')).stdout).toContain('| not ok 1 - sums\n');

  rig.write(mended, '');
  expect(await rig.milestone('retry')).toMatchObject({exitCode: 0});
  expect(await screen()).toContain(
    '\n  what held it up is dealt with, and nobody executes it\n    milestone resume m\n',
  );
  expect(await rig.milestone('resume')).toMatchObject({exitCode: 0});
  const completed = await screen();
  expect(completed).toContain('\nnext\n  milestone report m\n  milestone diff m\n  milestone land m\n');
  expect(completed).toContain('· 4 checked · 1 unchecked ·');
  expect(await rig.milestone('retry', 'bad')).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining('`milestone redo m bad` does it again'),
  });
  expect(await rig.milestone('land')).toMatchObject({exitCode: 0});
  const landed = await screen();
  expect(landed).toMatch(/\nbranch milestone\/m at [0-9a-f]{10}, landed\n/);
  expect(landed).not.toContain('milestone land');

  const clone = path.join(rig.root, 'clone');
  rig.git('clone', '-q', rig.folder, clone);
  expect((await rig.milestone({cwd: clone})).stdout).toContain('· 4 checked · 1 unchecked\n');
  const there = (await rig.milestone('status', '--json', {cwd: clone})).json().milestone;
  expect(there).toMatchObject({status: 'completed', unchecked: 1, git: {landed: true}});
  rig.write(
    path.join(clone, '.milestones/active/next.yaml'),
    'id: next\ntitle: next\ndependencies: {requires: [m]}\ntasks: [{id: a, title: a, run: "test -f after"}]\n',
  );
  expect(await rig.milestone('execute', 'next', {cwd: clone})).toMatchObject({exitCode: 0});
});
