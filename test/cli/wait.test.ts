// `milestone wait`: its exit code says what the waiting has come to.

import {describe, expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';

const ID = 'release';
const MANUAL = {id: 'sign', title: 'Sign the contract', driver: 'manual'};

describe('nobody executes the milestone', () => {
  test.concurrent('the answer comes at once, from its state', async () => {
    await using rig = await MilestoneRig.create({git: false});
    await rig.writeMilestone(ID, [{id: 'a', run: 'exit 1', retries: 0}]);
    expect(await rig.milestone('wait', ID)).toMatchObject({
      exitCode: 3,
      stdout: 'nobody executes milestone `release`\nnext: `milestone execute release`\n',
    });
    await rig.milestone('execute', ID);
    expect((await rig.milestone('wait', '--json')).json()).toMatchObject({
      ok: false,
      milestone_id: ID,
      exit: 4,
      because: 'resting',
      status: 'blocked',
      error: {code: 'STOPPED', message: expect.stringContaining('task `a` failed')},
      needs_you: [{kind: 'failed', command: 'milestone retry release a'}, {kind: 'blocked'}],
    });
    expect((await rig.milestone('wait')).stdout).toContain('\n  milestone retry release a\n');
    await rig.milestone('skip', '--yes', ID, 'a');
    await rig.milestone('resume', ID);
    const done = await rig.milestone('wait', ID, '--json');
    expect(done.exitCode).toBe(0);
    expect(done.json()).toMatchObject({ok: true, milestone_id: ID, exit: 0, status: 'completed'});
    expect(await rig.milestone('wait', 'nothing')).toMatchObject({exitCode: 3});
  });

  test.concurrent('what waits for a person, was paused, cancelled or killed has the exit code of that', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const work = await rig.command('work');
    await rig.writeMilestone('manual', [MANUAL]);
    await rig.milestone('execute', 'manual');
    expect(await rig.milestone('wait', 'manual')).toMatchObject({exitCode: 6});
    await rig.milestone('cancel', 'manual');
    expect(await rig.milestone('wait', 'manual')).toMatchObject({exitCode: 3});
    await rig.writeMilestone(ID, [{id: 'a', run: work.shell}]);
    const stopped = rig.milestone('execute', ID);
    await work.nextRun();
    stopped.kill('SIGTERM');
    await stopped;
    expect(await rig.milestone('wait', ID)).toMatchObject({exitCode: 143});
    const killed = rig.milestone('resume', ID);
    await work.nextRun();
    killed.kill('SIGKILL');
    await killed;
    expect(await rig.milestone('wait', ID)).toMatchObject({
      exitCode: 9,
      stdout:
        'the executor is gone without having ended its session\nno executor is at work on it\n  milestone resume release\n',
    });
  });
});

describe('while the milestone is executed', () => {
  test.concurrent('the end of the executor is the end of the waiting, and the next one can start at once', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const work = await rig.command('work');
    await rig.writeMilestone(ID, [{id: 'a', run: work.shell, retries: 0}]);
    await rig.milestone('execute', ID, '--detach');
    const run = await work.nextRun();
    const waiting = rig.milestone('wait', ID, '--until', 'done', '--json');
    await waiting.line('waiting');
    await run.exit(1);
    const ended = await waiting;
    expect(ended.exitCode).toBe(4);
    expect(ended.json()).toMatchObject({ok: false, exit: 4, because: 'ended', status: 'blocked'});
    await rig.milestone('retry', ID, 'a');
    expect(await rig.milestone('resume', ID, '--detach')).toMatchObject({exitCode: 0});
    const second = await work.nextRun();
    const again = rig.milestone('wait', ID);
    await again.line('waiting');
    await second.exit(0);
    expect(await again).toMatchObject({exitCode: 0, stdout: 'completed\nnext: `milestone status release`\n'});
  });

  test.concurrent('the time that was given is kept to, and an executor that is killed ends it, too', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const work = await rig.command('work');
    await rig.writeMilestone(ID, [{id: 'a', run: work.shell}]);
    const executor = rig.milestone('execute', ID);
    await work.nextRun();
    const ended = await rig.milestone('wait', ID, '--timeout', '50ms', '--json');
    expect(ended.exitCode).toBe(10);
    expect(ended.json()).toMatchObject({ok: false, exit: 10, because: 'timeout', error: {code: 'STILL_RUNNING'}});
    expect(await rig.milestone('wait', ID, '--timeout', 'soon')).toMatchObject({exitCode: 2});
    expect(await rig.milestone('wait', ID, '--until', 'never')).toMatchObject({exitCode: 2});
    const waiting = rig.milestone('wait', ID);
    await waiting.line('waiting');
    executor.kill('SIGKILL');
    expect(await waiting).toMatchObject({exitCode: 9});
  });

  test.concurrent('what needs a person ends it, also when that was there before', async () => {
    await using rig = await MilestoneRig.create();
    const [first, other] = [await rig.command('first'), await rig.command('other')];
    await rig.writeMilestone(ID, [
      {id: 'draft', run: first.shell},
      {...MANUAL, dependencies: ['draft']},
      {id: 'other', run: other.shell},
    ]);
    await rig.milestone('execute', ID, '--detach');
    const [draft, beside] = [await first.nextRun(), await other.nextRun()];
    const waiting = rig.milestone('wait', ID);
    await waiting.line('waiting');
    await draft.exit(0);
    const ended = await waiting;
    expect(ended.exitCode).toBe(6);
    expect(ended.stdout).toMatch(
      /^task `sign` waits for a person: Sign the contract; commit the work on `milestone\/release`\n {2}milestone /,
    );
    expect((await rig.milestone('wait', ID, '--json')).json()).toMatchObject({
      ok: false,
      exit: 6,
      because: 'attention',
      status: 'in_progress',
      needs_you: [{kind: 'manual', command: expect.any(String)}],
      error: {code: 'NEEDS_YOU'},
    });
    const toTheEnd = rig.milestone('wait', ID, '--until', 'done');
    await toTheEnd.line('waiting');
    await beside.exit(0);
    expect(await toTheEnd).toMatchObject({exitCode: 6});
  });

  test.concurrent('a change ends the waiting for a change, and nothing that was there before', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const work = await rig.command('work');
    await rig.writeMilestone(ID, [
      {id: 'a', run: work.shell},
      {id: 'b', run: work.shell, dependencies: ['a']},
    ]);
    await rig.milestone('execute', ID, '--detach');
    const a = await work.nextRun();
    expect(await rig.milestone('wait', ID, '--until', 'change', '--timeout', '300ms')).toMatchObject({exitCode: 10});
    const waiting = rig.milestone('wait', ID, '--until', 'change', '--json', '--timeout', '1h');
    await waiting.line('waiting');
    await a.exit(0);
    expect((await waiting).json()).toMatchObject({ok: true, exit: 0, because: 'change', status: 'in_progress'});
    await (await work.nextRun()).exit(0);
    await rig.waitForEvent(ID, 'milestone_completed');
  });
});
