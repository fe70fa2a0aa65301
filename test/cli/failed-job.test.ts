// An execution that fails ends what ran in order: no executor has died.

import fs from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {eventsOf, fileAt, outcomes, readPlan, tasksIn} from './support.ts';

const ID = 'm';

/** A PATH on which `git merge-tree` fails as on a broken disk. */
function withoutMerges(rig: MilestoneRig): string {
  const folder = path.join(rig.root, 'broken');
  fs.mkdirSync(folder);
  const script = [
    '#!/bin/sh',
    'case " $* " in *" merge-tree "*) echo "fatal: Input/output error" >&2; exit 128;; esac',
    `PATH='${rig.env.PATH}' exec git "$@"`,
    '',
  ].join('\n');
  fs.writeFileSync(path.join(folder, 'git'), script, {mode: 0o755});
  return `${folder}:${rig.env.PATH}`;
}

/** A commit by hand, onto which work has to be merged. */
function moveBranch(rig: MilestoneRig): void {
  const branch = `milestone/${ID}`;
  const commit = rig.git('commit-tree', `${branch}^{tree}`, '-p', branch, '-m', 'By hand');
  rig.git('update-ref', `refs/heads/${branch}`, commit);
}

test('when a merge cannot be tried, whatever ran has ended as interrupted, and finished work waits', async () => {
  await using rig = await MilestoneRig.create();
  const [work, other] = [await rig.command('work'), await rig.command('other')];
  const mayEnd = rig.path('may-end');
  await rig.writeMilestone(ID, [
    {id: 'a', run: `echo mine > a; ${work.shell}`},
    {id: 'b', run: `test -e '${mayEnd}' || ${other.shell}`},
  ]);
  const broken = {env: {PATH: withoutMerges(rig)}};
  const run = rig.milestone('execute', ID, broken);
  const [first, second] = [await work.nextRun(), await other.nextRun()];
  moveBranch(rig);
  await first.exit();
  expect(await run).toMatchObject({exitCode: 9, stderr: expect.stringContaining('Input/output error')});
  await second.ended;
  // As often as would make the tasks suspect, had an executor died under them.
  for (let times = 0; times < 3; times++)
    expect(await rig.milestone('resume', ID, broken)).toMatchObject({
      exitCode: 9,
      stderr: expect.stringContaining('Input/output error'),
    });
  expect(rig.processesLeft()).toEqual([]);
  const ended = eventsOf(rig, ID, 'attempt_ended').map(({details}) => details.task_id);
  expect(new Set(ended)).toEqual(new Set(['b']));
  for (const outcome of outcomes(rig, ID)) expect(outcome).toMatchObject({kind: 'interrupted', executor_died: false});
  expect(fileAt(rig, `refs/milestone/frozen/${ID}/a.1`, 'a')).toBe('mine');
  expect(readPlan(rig, ID)).toMatchObject({status: 'paused', tasks: [{status: 'in_progress'}, {status: 'pending'}]});

  fs.writeFileSync(mayEnd, '');
  expect(await rig.milestone('resume', ID)).toMatchObject({exitCode: 0});
  expect(tasksIn(rig, ID, 'task_completed').sort()).toEqual(['a', 'b']);
  expect(tasksIn(rig, ID, 'task_started').filter(task => task === 'a')).toHaveLength(1);
  expect(eventsOf(rig, ID, 'blocker_detected')).toEqual([]);
});
