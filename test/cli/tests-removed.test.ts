// What a task does to tests is seen: kept from it by `protect`, else said wherever its work is.

import {expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {eventsOf, outcomes} from './support.ts';

const FILES = {
  'test/sum.test.js': "test('adds', f);\ntest('subtracts', f);\n",
  'test/old.test.js': "test('old', f);\n",
  'src/sum.js': 'export const sum = 1;\n',
};

test('tests that are deleted, removed or skipped are said beside the check mark, in status and in the commit', async () => {
  await using rig = await MilestoneRig.create({files: FILES});
  await rig.writeMilestone('m', [
    {id: 'honest', run: "echo 'export const sum = 2;' > src/sum.js; echo \"test('new', f);\" > test/new.test.js"},
    {
      id: 'lazy',
      verify: 'true',
      run: 'git rm -q test/old.test.js; echo "test.skip(\'adds\', f);" > test/sum.test.js',
      dependencies: ['honest'],
    },
  ]);
  const ended = await rig.milestone('execute');
  expect(ended.exitCode).toBe(0);
  const said = ['1 test file deleted', '1 test removed', '1 skip added'].join(', ');
  expect(ended.stdout).toMatch(new RegExp(`✔ lazy \\w{10} done \\(2/2, 100 %\\) ! ${said}\n`));
  expect(ended.stdout).toContain('test/old.test.js deleted (1 line): old\n');
  expect(ended.stdout).toMatch(/✔ honest \w{10} done, unchecked \(1\/2, \d+ %\)\n/);
  const removed = [
    {file: 'test/old.test.js', change: 'deleted', lines: 1, cases: ['old']},
    {file: 'test/sum.test.js', change: 'removed', lines: 1, cases: ['subtracts']},
    {file: 'test/sum.test.js', change: 'skipped', lines: 1, cases: ["test.skip('adds', f);"]},
  ];
  expect(eventsOf(rig, 'm', 'tests_removed').map(({details}) => details)).toEqual([
    {task_id: 'lazy', attempt: 1, files: removed},
  ]);
  const {tasks} = await rig.status('m');
  expect(tasks.map((task: {removed_tests?: object}) => task.removed_tests)).toEqual([undefined, removed]);
  for (const format of ['text', 'md']) {
    const {stdout} = await rig.milestone('status', 'm', '--format', format);
    expect(stdout.replaceAll('\\', '')).toContain(`tests went: \`lazy\`: ${said}`);
  }
  expect(rig.git('log', '-1', '--format=%b', 'milestone/m')).toContain(
    [
      'Tests deleted or skipped:',
      '- test/old.test.js deleted (1 line): old',
      '- test/sum.test.js: 1 test removed: subtracts',
      "- test/sum.test.js: 1 skip added: test.skip('adds', f);",
    ].join('\n'),
  );
  expect(rig.git('log', '-1', '--format=%b', 'milestone/m~1')).not.toContain('Tests deleted');
});

test('what is protected only a task may change whose touches names it', async () => {
  await using rig = await MilestoneRig.create({files: FILES});
  const touch = (file: string) => `echo "test('more', f);" >> ${file}`;
  await rig.writeMilestone(
    'm',
    [
      {id: 'free', run: touch('src/sum.js')},
      {id: 'named', run: touch('test/sum.test.js'), touches: ['test/sum.test.js']},
      {id: 'other', run: touch('test/old.test.js'), touches: ['test/sum.test.js', 'test/old.test.js'], protect: []},
      {id: 'caught', run: `${touch('src/sum.js')}; rm test/old.test.js`, retries: 0, dependencies: ['free']},
      {id: 'own', run: touch('src/sum.js'), protect: ['src'], retries: 0, dependencies: ['free']},
    ],
    {settings: {protect: ['test/**'], touches: ['**']}},
  );
  expect(await rig.milestone('validate', 'm')).toMatchObject({exitCode: 0});
  const ended = await rig.milestone('execute', '--max-parallel', '1');
  expect(ended.exitCode).toBe(4);
  const {tasks} = await rig.status('m');
  expect(tasks.map(({id, status}: {id: string; status: string}) => `${id} ${status}`)).toEqual([
    'free completed',
    'named completed',
    'other completed',
    'caught failed',
    'own failed',
  ]);
  expect(outcomes(rig, 'm')).toMatchObject([
    {kind: 'failed', cause: 'out_of_area', message: expect.stringMatching(/`protect` .*: test\/old\.test\.js$/)},
    {kind: 'failed', cause: 'out_of_area', message: expect.stringMatching(/`protect` .*: src\/sum\.js$/)},
  ]);
  expect(rig.git('ls-tree', '-r', '--name-only', 'milestone/m')).toContain('test/old.test.js');
  await rig.writeMilestone('n', [{id: 'asked', driver: 'claude'}], {settings: {protect: ['test/**']}});
  expect((await rig.milestone('prompt', 'n', 'asked')).stdout).toContain('  - test/**\n');
});
