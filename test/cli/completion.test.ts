// How a milestone completes: what is checked at the end is what it ends with, whatever happens meanwhile.

import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import {describe, expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {eventsOf, readPlan} from './support.ts';

const ID = 'm';

describe('while the final check runs', () => {
  test.concurrent('a task that is done again is merged after it, and the check runs once more on what came of that', async () => {
    await using rig = await MilestoneRig.create();
    const final = await rig.command('final');
    await rig.writeMilestone(
      ID,
      ['a', 'b'].map(id => ({id, run: `date +%N%s > ${id}`})),
      {settings: {verify: 'true', verify_final: final.shell}},
    );
    const execution = rig.milestone('execute', ID);
    const first = await final.nextRun();
    for (const id of ['a', 'b']) expect(await rig.milestone('redo', ID, id)).toMatchObject({exitCode: 0});
    for (const id of ['a', 'b'])
      await rig.waitForEvent(
        ID,
        ({event, details}) => event === 'task_verified' && details.task_id === id && details.attempt === 2,
      );
    await first.exit();
    await (await final.nextRun()).exit();
    expect(await execution).toMatchObject({exitCode: 0});
    const head = rig.git('rev-parse', 'milestone/m');
    const checked = eventsOf(rig, ID, 'final_checked');
    const merged = eventsOf(rig, ID, 'task_integrating').filter(({details}) => details.attempt === 2);
    expect(checked.map(({details}) => details.head)).toEqual([merged[0]!.details.onto, head]);
    expect(merged[0]!.seq).toBeGreaterThan(checked[0]!.seq);
    expect(eventsOf(rig, ID, 'milestone_completed')[0]!.details.commit).toBe(head);
    expect(readPlan(rig, ID, 'completed').execution.commit).toBe(head);
  });

  test.concurrent('a commit that somebody puts on the branch is checked as well', async () => {
    await using rig = await MilestoneRig.create();
    const final = await rig.command('final');
    await rig.writeMilestone(ID, [{id: 'a', run: 'echo a > a'}], {settings: {verify_final: final.shell}});
    const execution = rig.milestone('execute', ID);
    const first = await final.nextRun();
    const tree = rig.git('rev-parse', 'main^{tree}');
    const byHand = rig.git('commit-tree', '-p', 'milestone/m', '-m', 'By hand', tree);
    rig.git('update-ref', 'refs/heads/milestone/m', byHand);
    // Nor does it count that what is on the branch no more was red.
    await first.exit(1);
    const second = await final.nextRun();
    // Red, then red once more: a check has a second try.
    expect(fs.existsSync(`${second.cwd}/a`)).toBe(true);
    await second.exit(1);
    const third = await final.nextRun();
    expect(fs.existsSync(`${third.cwd}/a`)).toBe(false);
    await third.exit();
    expect(await execution).toMatchObject({exitCode: 0});
    expect(eventsOf(rig, ID, 'milestone_completed')[0]!.details.commit).toBe(byHand);
    expect(eventsOf(rig, ID, 'blocker_detected')).toEqual([]);
  });

  test.concurrent('a task that is done again without git has the files checked again', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const final = await rig.command('final');
    await rig.writeMilestone(ID, [{id: 'a', run: 'true'}], {settings: {verify_final: final.shell}});
    const execution = rig.milestone('execute', ID);
    const first = await final.nextRun();
    expect(await rig.milestone('redo', ID, 'a')).toMatchObject({exitCode: 0});
    await rig.waitForEvent(ID, ({event, details}) => event === 'task_completed' && details.attempt === 2);
    await first.exit();
    await (await final.nextRun()).exit();
    expect(await execution).toMatchObject({exitCode: 0});
    expect(final.timesRun).toBe(2);
  });

  test.concurrent('a plan that is not valid any more ends the run', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const final = await rig.command('final');
    await rig.writeMilestone(ID, [{id: 'a', run: 'echo a > a'}], {settings: {verify_final: final.shell}});
    const execution = rig.milestone('execute', ID);
    await final.nextRun();
    rig.write(rig.planFile(ID), `${rig.read(rig.planFile(ID))}  - id: b\n    title: B\n    dependencies: [c]\n`);
    expect(await execution).toMatchObject({exitCode: 4, stderr: expect.stringContaining('is not valid')});
    expect(eventsOf(rig, ID, 'milestone_completed')).toEqual([]);
  });
});

test.concurrent('whatever else lies beside the plan is no obstacle, and who waits for the milestone is named', async () => {
  await using rig = await MilestoneRig.create({git: false});
  await rig.writeMilestone(ID, [{id: 'a', run: 'echo a > a'}]);
  await rig.writeMilestone('next', [{id: 'b', run: 'true'}], {dependencies: {requires: [ID]}});
  rig.write('.milestones/active/broken.yaml', `id: broken # after ${ID}\ntasks: {`);
  fs.mkdirSync(rig.path('.milestones/active/folder.yaml'));
  fs.symlinkSync('nowhere', rig.path('.milestones/active/link.yaml'));
  execFileSync('mkfifo', [rig.path('.milestones/active/pipe.yaml')]);
  expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 0});
  for (const name of ['milestone_activated', 'milestone_completed'] as const)
    expect(eventsOf(rig, ID, name)[0]!.details.dependents).toEqual(['next']);
});

describe('an edit of the plan in the last moment', () => {
  /** The last task edits the plan itself, and is done: nobody has looked at the file in between. */
  async function editedBy(rig: MilestoneRig, edit: string) {
    const file = rig.path(rig.planFile(ID));
    await rig.writeMilestone(ID, [{id: 'a', run: `echo a > a; ${edit} '${file}'`}]);
    return rig.milestone('execute', ID);
  }

  test.concurrent('that adds a task is not too late for it', async () => {
    await using rig = await MilestoneRig.create();
    const line = '  - {id: b, title: B, run: echo b > b}';
    expect(await editedBy(rig, `echo '${line}' >>`)).toMatchObject({exitCode: 0});
    expect(readPlan(rig, ID, 'completed').tasks).toMatchObject([{status: 'completed'}, {status: 'completed'}]);
    expect(rig.git('show', 'milestone/m:b')).toBe('b');
  });

  test.concurrent('that is not valid holds the completion up', async () => {
    await using rig = await MilestoneRig.create({git: false});
    expect(await editedBy(rig, 'echo "tasks: [" >>')).toMatchObject({exitCode: 4});
    expect(rig.exists(rig.planFile(ID))).toBe(true);
    expect(await rig.status()).toMatchObject({status: 'blocked'});
  });

  test.concurrent('that removes the file holds the completion up', async () => {
    await using rig = await MilestoneRig.create({git: false});
    expect(await editedBy(rig, 'rm')).toMatchObject({exitCode: 4});
    expect(rig.exists(rig.planFile(ID, 'completed'))).toBe(false);
  });
});

test.concurrent('a final check that is another one by now is run once more', async () => {
  await using rig = await MilestoneRig.create();
  const [old, other] = [await rig.command('old'), await rig.command('other')];
  const write = (verify_final: string) =>
    rig.writeMilestone(ID, [{id: 'a', run: 'echo a > a'}], {settings: {verify_final}});
  await write(old.shell);
  const execution = rig.milestone('execute', ID);
  const first = await old.nextRun();
  await write(other.shell);
  await rig.waitForEvent(ID, 'plan_changed');
  await first.exit();
  await (await other.nextRun()).exit();
  expect(await execution).toMatchObject({exitCode: 0});
  expect(eventsOf(rig, ID, 'final_checked').map(({details}) => details.checks[0]?.command)).toEqual([
    old.shell,
    other.shell,
  ]);
});

test.concurrent('what is cancelled while the final check runs is not completed', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const final = await rig.command('final');
  await rig.writeMilestone(ID, [{id: 'a', run: 'echo a > a'}], {settings: {verify_final: final.shell}});
  const execution = rig.milestone('execute', ID);
  await final.nextRun();
  expect(await rig.milestone('cancel', ID)).toMatchObject({exitCode: 0});
  expect(await execution).toMatchObject({exitCode: 3});
  expect(eventsOf(rig, ID, 'milestone_completed')).toEqual([]);
});
