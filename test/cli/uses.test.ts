// `uses`: named mutual exclusion over all milestones of a repository.

import {expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {tasksIn} from './support.ts';

test.concurrent('a kiro task has what it uses to itself from its first phase on, also when it is done again', async () => {
  await using rig = await MilestoneRig.create();
  const [seed, free] = [await rig.command('seed'), await rig.command('free')];
  const nothing = {run: 'true', deliverables: [], approval_required: false};
  const phases = {design: {...nothing, run: seed.shell}, spec: nothing, task: nothing, execute: {run: 'true'}};
  const kiro = {id: 'seed', uses: ['database'], kiro_workflow: {enabled: true, phases}};
  await rig.writeMilestone('one', [kiro, {id: 'last', run: 'exit 1', retries: 0, dependencies: ['seed']}]);
  const executeOther = async (id: string, command: 'execute' | 'resume') => {
    await rig.writeMilestone(id, [
      {id: 'seed', run: seed.shell, uses: ['database']},
      {id: 'free', run: free.shell},
    ]);
    const one = rig.milestone(command, 'one');
    const first = await seed.nextRun();
    const other = rig.milestone('execute', id);
    await (await free.nextRun()).exit();
    await rig.waitForEvent(id, 'task_completed');
    expect(tasksIn(rig, id, 'task_started')).toEqual(['free']);
    await first.exit();
    await (await seed.nextRun()).exit();
    expect([(await one).exitCode, (await other).exitCode]).toEqual([4, 0]);
  };
  await executeOther('two', 'execute');
  expect(await rig.milestone('redo', 'one', 'seed')).toMatchObject({exitCode: 0});
  await executeOther('three', 'resume');
  expect(seed.mostAtOnce).toBe(1);
});
