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

test('when a merge cannot be tried, whatever ran has ended as interrupted, and its work is kept', async () => {
  await using rig = await MilestoneRig.create();
  const [work, other] = [await rig.command('work'), await rig.command('other')];
  await rig.writeMilestone(ID, [
    {id: 'a', run: `echo mine > a; ${work.shell}`},
    {id: 'b', run: other.shell},
  ]);
  const broken = {env: {PATH: withoutMerges(rig)}};
  // As often as would make the tasks suspect, had an executor died under them.
  for (const command of ['execute', 'resume', 'resume']) {
    const run = rig.milestone(command, ID, broken);
    const [first, second] = [await work.nextRun(), await other.nextRun()];
    moveBranch(rig);
    await first.exit();
    expect(await run).toMatchObject({exitCode: 9, stderr: expect.stringContaining('Input/output error')});
    await second.ended;
  }
  expect(rig.processesLeft()).toEqual([]);
  const interrupted = {kind: 'interrupted', executor_died: false};
  expect(outcomes(rig, ID)).toMatchObject(Array(6).fill(interrupted));
  expect(fileAt(rig, `refs/milestone/rescue/${ID}/a.3`, 'a')).toBe('mine');
  expect(readPlan(rig, ID)).toMatchObject({status: 'paused', tasks: [{status: 'pending'}, {status: 'pending'}]});

  const last = rig.milestone('resume', ID);
  for (const attempt of [await work.nextRun(), await other.nextRun()]) await attempt.exit();
  expect(await last).toMatchObject({exitCode: 0});
  expect(tasksIn(rig, ID, 'task_completed').sort()).toEqual(['a', 'b']);
  expect(eventsOf(rig, ID, 'blocker_detected')).toEqual([]);
});
