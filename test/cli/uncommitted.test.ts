// Tasks work on what is committed; whoever has more than that in the checkout is told so.

import {expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {eventsOf} from './support.ts';

test.concurrent('what is not committed is named before anything runs, with what tasks get instead', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone('m', [{id: 'a', run: 'test ! -e one && grep -q project README'}]);
  const base = rig.git('rev-parse', 'HEAD').slice(0, 10);
  rig.write('README', 'Changed.\n');
  for (const name of ['one', 'two', 'folder/three', 'folder/four']) rig.write(name, name);

  const planned = await rig.milestone('execute', 'm', '--dry-run');
  const said =
    /tasks do not see 4 uncommitted files of your checkout \(README, (.+?), and 1 more\): they start from `main` at (\w+)/;
  const [, names, from] = said.exec(planned.stdout.replaceAll('\n', ' ')) ?? [];
  expect({names, from}).toEqual({names: 'folder/, one', from: base});
  expect((await rig.milestone('execute', 'm', '--dry-run', '--json')).json()).toMatchObject({
    ok: true,
    uncommitted: {count: 4, names: ['README', 'folder/', 'one']},
  });

  const ended = await rig.milestone('execute', 'm');
  expect(ended).toMatchObject({exitCode: 0, stderr: ''});
  expect(ended.stdout).toMatch(said);
  expect(ended.stdout.search(said)).toBeLessThan(ended.stdout.indexOf('▶'));
  expect(eventsOf(rig, 'm', 'session_started')).toMatchObject([{details: {uncommitted: {count: 4}}}]);
});

test.concurrent('status says so while it is executed; nothing is said of a clean checkout or where tasks see all', async () => {
  await using rig = await MilestoneRig.create();
  const work = await rig.command('work');
  await rig.writeMilestone('m', [{id: 'a', run: work.shell}]);
  rig.write('one', 'one');
  const run = rig.milestone('execute', 'm');
  const attempt = await work.nextRun();
  const unseen = 'tasks do not see 1 uncommitted file of your checkout';
  expect((await rig.milestone('status', 'm')).stdout).toContain(`! ${unseen}`);
  expect(await rig.status('m')).toMatchObject({unseen});
  await attempt.exit(0);
  await run;
  expect((await rig.milestone('status', 'm')).stdout).not.toContain('do not see');

  await rig.writeMilestone('here', [{id: 'a', run: 'test -e one'}]);
  expect((await rig.milestone('execute', 'here', '--no-git')).stdout).not.toContain('do not see');
  rig.commit('All of it');
  await rig.writeMilestone('clean', [{id: 'a', run: 'true'}]);
  expect((await rig.milestone('execute', 'clean')).stdout).not.toContain('do not see');
});
