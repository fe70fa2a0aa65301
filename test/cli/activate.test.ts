import fs from 'node:fs';
import {expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {oneIn} from '../rig/sweep.ts';
import {killedAt} from './answers.ts';

test.concurrent('activate makes the branch and starts nothing; a second time it changes nothing', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone('m', [{id: 'a', run: 'echo a > a.txt'}]);
  expect(await rig.milestone('activate')).toMatchObject({
    exitCode: 0,
    stdout: 'milestone `m` is active, on branch `milestone/m`\n`milestone execute m` carries out its 1 task\n',
  });
  expect(rig.git('rev-parse', 'milestone/m')).toBe(rig.git('rev-parse', 'main'));
  expect(rig.read(rig.planFile('m'))).toContain('status: in_progress');
  expect(rig.read('.milestones/active/current.txt')).toBe('m\n');
  expect(rig.git('status', '--porcelain', '--untracked-files=all').split('\n').toSorted()).toEqual([
    '?? .milestones/.gitignore',
    '?? .milestones/active/m.yaml',
  ]);

  const before = rig.read(rig.logFile('m'));
  expect((await rig.milestone('activate', 'm', '--json')).json()).toMatchObject({ok: true, activated: false});
  expect(rig.read(rig.logFile('m'))).toBe(before);
  expect(await rig.milestone('execute')).toMatchObject({exitCode: 0});
  expect(await rig.milestone('activate', 'm')).toMatchObject({exitCode: 3});
});

test.concurrent('activation without git is recorded, so that execute goes on without it', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone('m', [{id: 'a', run: 'echo a > a.txt'}]);
  expect(await rig.milestone('activate', '--no-git')).toMatchObject({exitCode: 0});
  expect(await rig.milestone('execute')).toMatchObject({exitCode: 0});
  expect(rig.read('a.txt')).toBe('a\n');
  expect(rig.git('branch', '--list', 'milestone/*')).toBe('');
});

test.concurrent('what stands in the way of an activation is said, and nothing is changed', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone('m', [{id: 'a', run: 'true'}], {dependencies: {requires: ['base']}});
  expect((await rig.milestone('activate', '--json')).json().error).toMatchObject({code: 'REQUIRED_MISSING'});
  await rig.writeMilestone('m', [{id: 'a', run: 'true', dependencies: ['b']}]);
  expect(await rig.milestone('activate')).toMatchObject({exitCode: 2});
  await rig.writeMilestone('m', [{id: 'a', run: 'true'}]);
  rig.git('branch', 'milestone/m');
  expect((await rig.milestone('activate', '--json')).json().error).toMatchObject({code: 'BRANCH_EXISTS'});
  expect(rig.exists(rig.logFile('m'))).toBe(false);
});

test.concurrent.each([
  ['says that it is not', 'id: base\ntitle: Base\nstatus: in_progress\ntasks:\n  - {id: a, title: A, run: "true"}\n'],
  ['cannot be read', 'tasks: ['],
])('a required milestone that lies among the completed ones but %s is missing', async (_, plan) => {
  await using rig = await MilestoneRig.create();
  rig.write(rig.planFile('base', 'completed'), plan);
  await rig.writeMilestone('m', [{id: 'a', run: 'true'}], {dependencies: {requires: ['base']}});
  const refused = await rig.milestone('execute', 'm', '--json');
  expect(refused.exitCode).toBe(3);
  expect(refused.jsonLines().at(-1)).toMatchObject({error: {code: 'REQUIRED_MISSING'}});
});

test.concurrent('a milestone that is being executed is not activated: exit 5, naming the executor', async () => {
  await using rig = await MilestoneRig.create();
  const build = await rig.command('build');
  await rig.writeMilestone('m', [{id: 'build', run: build.shell}]);
  const execution = rig.milestone('execute');
  const run = await build.nextRun();
  expect(await rig.milestone('activate')).toMatchObject({
    exitCode: 5,
    stderr: expect.stringContaining(`process ${execution.pid}`),
  });
  await run.exit(0);
  expect(await execution).toMatchObject({exitCode: 0});
});

test.concurrent('wherever activate is killed, doing it again makes the branch, with what the milestone requires', async () => {
  await using template = await MilestoneRig.create();
  await template.writeMilestone('base', [{id: 'a', run: 'echo base > base.txt'}]);
  expect(await template.milestone('execute', 'base')).toMatchObject({exitCode: 0});
  await template.writeMilestone('m', [{id: 'a', run: 'true'}], {dependencies: {requires: ['base']}});

  let total = 1;
  for (let at = 0; at <= total; at += at === 0 ? 1 : 7 * oneIn(5)) {
    await using rig = MilestoneRig.copyOf(template);
    const {env, countFile} = killedAt(rig, at, at % 2 === 0 ? 'kill-before' : 'kill-after');
    await rig.milestone('activate', 'm', {env});
    if (at === 0) total = fs.readFileSync(countFile, 'utf8').trim().split('\n').length;
    expect(await rig.milestone('activate', 'm'), `effect ${at}`).toMatchObject({exitCode: 0});
    expect(rig.git('show', 'milestone/m:base.txt')).toBe('base');
    const names = rig.events('m').map(({event}) => event);
    expect(names.filter(name => name !== 'dependency_resolved')).toEqual(['milestone_activated', 'branch_created']);
  }
});
