// A plan that is emptied while it executes is refused, and whoever reads of it learns why.

import {expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {saveAs} from './support.ts';

const ID = 'release';

test.concurrent('a file that holds no plan any more is refused for what it lacks', async () => {
  await using rig = await MilestoneRig.create();
  const work = await rig.command('work');
  await rig.writeMilestone(ID, [{id: 'a', run: work.shell}]);
  const run = rig.milestone('execute', ID);
  const attempt = await work.nextRun();
  await rig.waitForEvent(ID, 'task_working');
  saveAs(rig, rig.planFile(ID), '# nothing yet\n');
  const {details} = await rig.waitForEvent(ID, 'plan_refused');
  const reason = '`release.yaml` is no milestone: it has neither an `id` nor `tasks`';
  expect(details.problems).toEqual([reason]);
  await attempt.exit(0);
  expect(await run).toMatchObject({
    exitCode: 4,
    stderr: expect.stringContaining(`the plan on disk is not valid: ${reason}`),
  });
});
