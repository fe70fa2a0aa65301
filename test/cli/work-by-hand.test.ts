// A task for a person: what he is told, and what counts as his work.

import {expect, test} from 'vitest';
import {copiesOf} from '../rig/copies.ts';
import {MilestoneRig} from '../rig/milestone-rig.ts';

const MANUAL = {id: 'a', title: 'Write it', driver: 'manual', description: 'In words.'};

async function waitingRig(task: Record<string, unknown> = {}): Promise<MilestoneRig> {
  const rig = await MilestoneRig.create();
  await rig.writeMilestone('m', [
    {id: 'first', run: 'echo 1 > first.txt'},
    {...MANUAL, dependencies: ['first'], ...task},
  ]);
  expect(await rig.milestone('execute')).toMatchObject({exitCode: 6});
  return rig;
}

/** The same, for what executes nothing in it. */
const copyOfWaiting = copiesOf(waitingRig);

function commitOnBranch(rig: MilestoneRig): void {
  const commit = rig.git('commit-tree', '-p', 'milestone/m', '-m', 'Words', 'milestone/m^{tree}');
  rig.git('update-ref', 'refs/heads/milestone/m', commit);
}

test.concurrent('the prompt of a person says where to commit and how to end, and nothing that is for agents', async () => {
  await using rig = await copyOfWaiting();
  const {stdout} = await rig.milestone('prompt', 'm', 'a');
  expect(stdout).toContain('- Commit your work on the branch `milestone/m`: only what is committed there counts.\n');
  expect(stdout).toContain('- When it is done, run `milestone task done m a`.\n');
  expect(stdout).not.toMatch(/Do not commit|JSON|Nobody can answer/);
});

test.concurrent('done without a commit and without a check counts, with a warning', async () => {
  await using rig = await waitingRig();
  const done = await rig.milestone('task', 'done', 'm', 'a');
  expect(done).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('task `a` is said to be done with what is committed on `milestone/m`'),
    stderr: 'warning: nothing new is on `milestone/m`; it counts as done, unchecked\n',
  });
  expect(await rig.milestone('resume')).toMatchObject({exitCode: 0});
});

test.concurrent('a commit on the branch, or a check, is enough to say nothing', async () => {
  await using rig = await copyOfWaiting();
  commitOnBranch(rig);
  expect(await rig.milestone('task', 'done', 'm', 'a')).toMatchObject({exitCode: 0, stderr: ''});
  await using checked = await waitingRig({verify: 'true'});
  expect(await checked.milestone('task', 'done', 'm', 'a')).toMatchObject({exitCode: 0, stderr: ''});
});

test.concurrent('the report leads to work that a person did, and to where it lands', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone('m', [MANUAL]);
  expect(await rig.milestone('activate')).toMatchObject({exitCode: 0});
  commitOnBranch(rig);
  expect(await rig.milestone('task', 'done', 'm', 'a')).toMatchObject({exitCode: 0});
  expect(await rig.milestone('resume')).toMatchObject({exitCode: 0});
  const {report} = (await rig.milestone('report', '--json')).json();
  expect(report).toMatchObject({review: ['milestone diff m', 'milestone show m a'], land: ['milestone land m']});
  expect(await rig.milestone('diff', 'a')).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining('or a person did it'),
  });
});

test.concurrent('what was committed is seen below the work of other tasks', async () => {
  await using rig = await MilestoneRig.create();
  const other = await rig.command('other');
  await rig.writeMilestone('m', [{id: 'first', run: `${other.shell}; echo 1 > first.txt`}, MANUAL]);
  const execution = rig.milestone('execute');
  const run = await other.nextRun();
  commitOnBranch(rig);
  await run.exit(0);
  expect(await execution).toMatchObject({exitCode: 6});
  expect(await rig.milestone('task', 'done', 'm', 'a')).toMatchObject({exitCode: 0, stderr: ''});
});

test.concurrent('a red check is shown by the status of the task, which waits again', async () => {
  await using rig = await waitingRig({verify: 'test -f NOTES.md'});
  await rig.milestone('task', 'done', 'm', 'a');
  expect(await rig.milestone('resume')).toMatchObject({exitCode: 6});
  const {tasks} = await rig.status('m');
  expect(tasks.find(({id}: {id: string}) => id === 'a')).toMatchObject({
    status: 'pending',
    error: {cause: 'check', message: expect.stringContaining('did not pass its check: `test -f NOTES.md`')},
  });
});
