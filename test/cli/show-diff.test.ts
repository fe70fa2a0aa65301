// One task with all its attempts, and what was changed.

import {describe, expect, test} from 'vitest';
import {copiesOf} from '../rig/copies.ts';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {kiroTask} from './kiro-plan.ts';
import {stoppedRig} from './reading-rig.ts';

const FAILS = 'echo half > bad; echo why; exit 3';
const CLAIM = JSON.stringify({status: 'done', summary: 'Did it.', assumptions: ['cookies are fine']});
const DRIVER = `drivers: {x: {command: "cat > /dev/null; echo x > agent; echo '${CLAIM.replaceAll('"', '\\"')}'"}}\n`;

/** One task done, one that an agent did, one that failed twice, one whose check is red. */
const night = copiesOf(async () => {
  const rig = await MilestoneRig.create();
  rig.write('.milestones/config.yaml', DRIVER);
  await rig.writeMilestone('m', [
    {id: 'a', title: 'Build it', run: 'echo a > a', verify: 'test -f a'},
    {id: 'agent', title: 'Write it', driver: 'x', verify: 'true', dependencies: ['a']},
    {id: 'bad', title: 'Break it', run: FAILS, retries: 1},
    {id: 'red', title: 'Redden it', run: 'echo r > r', verify: 'echo because; false', retries: 0},
    {id: 'empty', title: 'Nothing', run: 'true'},
    {id: 'after', run: 'true', dependencies: ['bad']},
  ]);
  await rig.milestone('execute', 'm');
  return rig;
});

describe('show', () => {
  test.concurrent('every attempt with its end, checks, output, assumptions, commit and kept work', async () => {
    await using rig = await night();
    const done = (await rig.milestone('show', 'agent', '--json')).json();
    expect(done).toMatchObject({ok: true, task: {milestone: 'm', id: 'agent', status: 'completed', checked: true}});
    expect(done.task.commit).toBe(rig.git('rev-parse', 'milestone/m^{/Write it}'));
    expect(done.task.attempt_records).toMatchObject([
      {
        attempt: 1,
        driver: 'x',
        outcome: 'completed',
        commit: done.task.commit,
        summary: 'Did it.',
        assumptions: ['cookies are fine'],
        checks: [{command: 'true', ok: true}],
        work_at: null,
      },
    ]);
    const {task: bad} = (await rig.milestone('show', 'm', 'bad', '--json')).json();
    expect(bad.attempt_records).toMatchObject([
      {attempt: 1, outcome: 'failed', cause: 'exit', output_tail: 'why\n'},
      {attempt: 2, outcome: 'failed', cause: 'exit', work_at: 'refs/milestone/rescue/m/bad.2'},
    ]);
    expect(rig.git('show', 'refs/milestone/rescue/m/bad.2:bad')).toBe('half');
    const {stdout: text} = await rig.milestone('show', 'bad');
    expect(text).toMatch(/^bad: Break it\nfailed · shell · 2 attempts\nfailed with exit code 3 \(exit\)\n/);
    expect(text).toMatch(/\nattempt 1 failed \(exit\)\n {2}shell · .*\n {2}failed with exit code 3\n {2}\| why\n/);
    expect(text).toContain('\n  kept at refs/milestone/rescue/m/bad.2\n');
    const {stdout: red} = await rig.milestone('show', 'red');
    expect(red).toMatch(/\n {2}`echo because; false` failed with exit code 1 in \d.*\n {2}\| because\n/);
  });

  test.concurrent('while it runs; the documents of its phases; a task that nobody has tried', async () => {
    await using rig = await MilestoneRig.create();
    const work = await rig.command('work');
    await rig.writeMilestone('m', [
      kiroTask('docs'),
      {id: 'a', run: work.shell},
      {id: 'z', run: 'true', dependencies: ['a']},
    ]);
    const run = rig.milestone('execute', 'm');
    const attempt = await work.nextRun();
    await rig.waitForEvent('m', 'kiro_approval_requested');
    expect((await rig.milestone('show', 'a', '--json')).json().task).toMatchObject({
      status: 'in_progress',
      attempt_records: [{outcome: 'running', to: null}],
    });
    const {task} = (await rig.milestone('show', 'docs', '--json')).json();
    expect(task.attempt_records).toMatchObject([{phase: 'design', outcome: 'waiting_approval'}]);
    expect(task.documents.map(({path}: {path: string}) => path)).toContain(
      'deliverables/m/docs/design/architecture.md',
    );
    expect((await rig.milestone('show', 'docs')).stdout).toContain(
      '\ndocuments\n  .milestones/deliverables/m/docs/design/',
    );
    expect((await rig.milestone('show', 'z')).stdout).toMatch(/^z\npending · shell · 0 attempts\nafter a\n$/);
    await attempt.exit(0);
    await run;
  });

  test.concurrent('says which task is meant, and that one must be named', async () => {
    await using rig = await night();
    expect(await rig.milestone('show')).toMatchObject({exitCode: 2, stderr: expect.stringContaining('[id] <task>')});
    expect(await rig.milestone('show', 'm', 'agnet')).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('did you mean `agent`?'),
    });
  });
});

describe('diff', () => {
  test.concurrent("a task's commit, and all since the base", async () => {
    await using rig = await night();
    const {stdout: task} = await rig.milestone('diff', 'a');
    expect(task).toMatch(/^commit \w{40}\n/);
    expect(task).toContain('\n    feat(milestone-m): Build it\n');
    expect(task).toContain('\n+++ b/a\n@@ -0,0 +1 @@\n+a\n');
    expect(task).not.toContain('b/agent');
    const {stdout: all} = await rig.milestone('diff');
    expect(all).toContain('\n+++ b/a\n');
    expect(all).toContain('\n+++ b/agent\n');
    const {diff} = (await rig.milestone('diff', 'm', '--json')).json();
    expect(diff).toMatchObject({
      from: rig.git('rev-parse', 'main'),
      to: rig.git('rev-parse', 'milestone/m'),
      truncated: false,
    });
    expect(diff.files).toEqual([
      {path: 'a', added: 1, deleted: 0},
      {path: 'agent', added: 1, deleted: 0},
    ]);
    expect(diff.patch).toContain('\n+++ b/agent\n');
  });

  test.concurrent('of a task that failed its kept work', async () => {
    await using rig = await night();
    expect((await rig.milestone('diff', 'bad')).stdout).toContain('\n+++ b/bad\n@@ -0,0 +1 @@\n+half\n');
    const {diff} = (await rig.milestone('diff', 'm', 'bad', '--json')).json();
    expect(diff).toMatchObject({task: 'bad', work_at: 'refs/milestone/rescue/m/bad.2', files: [{path: 'bad'}]});
    expect(rig.git('status', '--porcelain')).toBe('?? .milestones/');
  });

  test.concurrent("through the user's pager, on a terminal", async () => {
    await using rig = await night();
    const command = `${process.execPath} ${new URL('../../bin/milestone.js', import.meta.url).pathname} diff a`;
    const env = {GIT_PAGER: 'sed s/^/paged:/', PAGER: 'false'};
    const {stdout} = await rig.start('script', '-qec', command, '/dev/null', {env});
    expect(stdout.replaceAll('\r', '')).toContain('\npaged:+++ b/a\n');
  });

  test.concurrent('where there is nothing to compare it says so', async () => {
    await using rig = await night();
    for (const [words, message] of [
      [['empty'], 'task `empty` has no commit of its own'],
      [['after'], 'task `after` has no commit, and nothing of its work was kept'],
    ] as const)
      expect(await rig.milestone('diff', ...words)).toMatchObject({
        exitCode: 3,
        stderr: expect.stringContaining(message),
      });
    await rig.writeMilestone('later', [{id: 'b', run: 'true'}]);
    expect(await rig.milestone('diff', 'later')).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('milestone `later` has no branch'),
    });
    await using plain = await stoppedRig();
    expect(await plain.milestone('diff')).toMatchObject({exitCode: 3, stderr: expect.stringContaining('outside git')});
  });
});
