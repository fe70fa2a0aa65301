// `milestone init`: a home to begin with, and never over what is there.

import {expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';

test.concurrent('a home with a plan that is valid and can be carried out as it is', async () => {
  await using rig = await MilestoneRig.create();
  const made = await rig.milestone('init');
  expect(made.exitCode).toBe(0);
  expect(made.stdout).toContain(
    'made in .milestones:\n  active\n  completed\n  config.yaml\n  .gitignore\n  active/example.yaml\n',
  );
  expect((await rig.milestone('validate', '--json')).json()).toMatchObject({
    ok: true,
    results: [{problems: []}, {problems: []}],
  });
  expect(await rig.milestone('execute', 'example')).toMatchObject({exitCode: 0});
  expect(rig.git('show', 'milestone/example:loud.txt')).toBe('HELLO');
});

test.concurrent('what is there stays, and what is missing comes', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone('mine', [{id: 'a', run: 'true'}]);
  rig.write('.milestones/config.yaml', '# mine\n');
  const first = (await rig.milestone('init', '--json')).json();
  expect(first).toEqual({ok: true, home: rig.path('.milestones'), made: ['completed', '.gitignore']});
  expect(rig.read('.milestones/config.yaml')).toBe('# mine\n');
  expect((await rig.milestone('init', '--json')).json()).toEqual({ok: true, home: rig.path('.milestones'), made: []});
  expect((await rig.milestone('init')).stdout).toBe('.milestones is complete already\n');
});

test.concurrent('below a home that home is meant, unless a folder is named', async () => {
  await using rig = await MilestoneRig.create({files: {'packages/one/a.txt': ''}});
  await rig.milestone('init');
  expect((await rig.milestone('init', '--json', {cwd: 'packages/one'})).json().home).toBe(rig.path('.milestones'));
  expect((await rig.milestone('init', '.', '--json', {cwd: 'packages/one'})).json()).toMatchObject({
    home: rig.path('packages/one/.milestones'),
    made: expect.arrayContaining(['active/example.yaml']),
  });
  expect(await rig.milestone('init', 'nowhere')).toMatchObject({exitCode: 2});
});
