// `milestone list`: all milestones, whatever lies beside them.

import {expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {ID, plannedRig, stoppedRig} from './reading-rig.ts';

test.concurrent('every milestone with status, percentage and file', async () => {
  await using rig = await stoppedRig();
  await rig.writeMilestone('next', [{id: 'a', run: 'true'}], {title: 'What comes next'});
  await rig.writeMilestone('done', [{id: 'a', run: 'true'}]);
  await rig.milestone('execute', 'done');
  const answer = (await rig.milestone('list', '--json')).json();
  expect(answer).toEqual({
    ok: true,
    milestones: [
      {id: 'next', title: 'What comes next', status: 'planned', percentage: 0, file: rig.path(rig.planFile('next'))},
      {id: ID, title: 'The release', status: 'blocked', percentage: 25, file: rig.path(rig.planFile(ID))},
      {
        id: 'done',
        title: 'done',
        status: 'completed',
        percentage: 100,
        file: rig.path(rig.planFile('done', 'completed')),
      },
    ],
    warnings: [],
  });
  expect((await rig.milestone('list')).stdout).toBe(
    '  planned       0 %  next     What comes next\n  blocked      25 %  release  The release\n  completed   100 %  done\n',
  );
});

test.concurrent('a file that is no milestone or no YAML is a warning that names it, with its line', async () => {
  await using rig = await plannedRig();
  rig.write('.milestones/active/dependencies.yaml', 'milestones: []\n');
  rig.write('.milestones/active/broken.yaml', 'Prose without a comment sign\nid: broken\ntasks: []\n');
  rig.write('.milestones/active/notes.md', 'not looked at\n');
  const listed = await rig.milestone('list');
  expect(listed.exitCode).toBe(0);
  expect(listed.stdout).toBe('  planned       0 %  release\n');
  expect(listed.stderr).toContain('warning: .milestones/active/dependencies.yaml');
  expect(listed.stderr).toMatch(/warning: \.milestones\/active\/broken\.yaml:\d+:\d+/);
  const {ok, milestones, warnings} = (await rig.milestone('list', '--json')).json();
  expect({ok, ids: milestones.map(({id}: {id: string}) => id)}).toEqual({ok: true, ids: [ID]});
  expect(warnings).toMatchObject([
    {severity: 'warning', where: {line: expect.any(Number)}},
    {code: 'PLAN_INVALID', where: {file: rig.path('.milestones/active/dependencies.yaml')}},
  ]);
});

test.concurrent('a status that a file lacks follows from its tasks, and older words are understood', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const task = (status: string) => `  - {id: a-${status}, title: A, hours: 2, status: ${status}}\n`;
  rig.write('.milestones/active/finished.yaml', `id: finished\ntitle: F\ntasks:\n${task('completed')}`);
  rig.write(
    '.milestones/active/begun.yaml',
    `id: begun\ntitle: B\nprogress: 50\ntasks:\n${task('completed')}${task('pending')}`,
  );
  rig.write('.milestones/active/older.yaml', `id: older\ntitle: O\nstatus: planning\ntasks:\n${task('pending')}`);
  const {milestones} = (await rig.milestone('list', '--json')).json();
  expect(milestones).toMatchObject([
    {id: 'begun', status: 'in_progress', percentage: 50},
    {id: 'finished', status: 'completed', percentage: 100},
    {id: 'older', status: 'planned', percentage: 0},
  ]);
});

test.concurrent('an empty home lists nothing', async () => {
  await using rig = await MilestoneRig.create({git: false});
  rig.write('.milestones/active/.keep', '');
  expect(await rig.milestone('list')).toMatchObject({exitCode: 0, stdout: expect.stringContaining('no milestones')});
  expect((await rig.milestone('list', '--json')).json()).toEqual({ok: true, milestones: [], warnings: []});
});
