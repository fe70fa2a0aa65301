// `milestone discard`: as if it had never been executed, and nothing is lost by that. `milestone clean`: what is over goes.

import fs from 'node:fs';
import {describe, expect, test} from 'vitest';
import {parse} from 'yaml';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {oneIn} from '../rig/sweep.ts';
import {killedAt} from './answers.ts';

const ID = 'auth';
const PLAN = `# Mine to keep.
id: ${ID}
title: The API
tasks:
  - id: a # first
    title: Do a
    run: echo a >> a.txt
  - id: b
    title: Do b
    run: test -e go && echo b > b.txt
    dependencies: [a]
    retries: 0
`;

/** One task is on the branch, the other has failed. */
async function stoppedRig(): Promise<MilestoneRig> {
  const rig = await MilestoneRig.create();
  await rig.writeMilestone(ID, PLAN);
  expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 4});
  return rig;
}

/** Moments at which a discard is killed. */
const PARTS = 30 / oneIn(15);

function refs(rig: MilestoneRig, pattern: string): string[] {
  return rig.git('for-each-ref', '--format=%(refname)', pattern).split('\n').filter(Boolean);
}

async function expectPlanned(rig: MilestoneRig, tip: string): Promise<void> {
  expect(refs(rig, 'refs/heads/milestone')).toEqual([]);
  const kept = refs(rig, `refs/milestone/rescue/${ID}`).filter(ref => /\/discarded\.\d{8}T\d{6}Z$/.test(ref));
  expect(kept.map(ref => rig.git('rev-parse', ref))).toContain(tip);
  expect(rig.read(rig.planFile(ID))).toMatch(/^# Mine to keep\.\n/);
  const plan = parse(rig.read(rig.planFile(ID)));
  expect(plan).toMatchObject({status: 'planned', title: 'The API'});
  expect(plan.execution).toBeUndefined();
  expect(plan.tasks.map((task: object) => Object.keys(task))).toEqual([
    ['id', 'title', 'run'],
    ['id', 'title', 'run', 'dependencies', 'retries'],
  ]);
  expect(rig.git('worktree', 'list', '--porcelain').match(/^worktree /gm)).toHaveLength(1);
  expect(rig.exists(rig.logFile(ID))).toBe(false);
  expect(await rig.status(ID)).toMatchObject({status: 'planned', counts: {pending: 2}, git: {branch: null}});
}

describe('discard', () => {
  test.concurrent('shows branch, commits, spend and slots, and without a terminal wants --yes; then takes branch and slots, keeps the tip, and the plan is planned and can be executed anew', async () => {
    await using rig = await stoppedRig();
    const tip = rig.git('rev-parse', `milestone/${ID}`);
    const seen = await rig.milestone('discard', ID);
    expect(seen).toMatchObject({exitCode: 2, stderr: expect.stringContaining('wants `--yes`')});
    expect(seen.stdout).toMatch(/branch {2}milestone\/auth at [0-9a-f]{10}, 1 commit\n {2}spent .*\n {2}slots {3}\d/);
    expect(refs(rig, 'refs/heads/milestone')).toHaveLength(1);
    const {discarded} = (await rig.milestone('discard', ID, '--yes', '--json')).json();
    expect(discarded).toMatchObject({id: ID, branch: `milestone/${ID}`, commit: tip, commits: 1, landed: null});
    expect(discarded.slots).toBeGreaterThan(0);
    expect(rig.git('rev-parse', discarded.ref)).toBe(tip);
    await expectPlanned(rig, tip);
    expect(fs.readdirSync(discarded.logs).sort()).toEqual(['a.1.log', 'b.1.log', `execution-${ID}.jsonl`]);
    rig.write('go', '');
    rig.commit('Now it can be');
    expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 0});
    expect(rig.git('show', `milestone/${ID}:a.txt`)).toBe('a');
    expect(rig.events(ID)[0]).toMatchObject({seq: 1, event: 'milestone_activated'});
  });

  test.concurrent('a completed one comes back from completed/, and what was never executed is refused', async () => {
    await using rig = await MilestoneRig.create();
    await rig.writeMilestone(ID, [{id: 'a', run: 'echo a > a.txt'}]);
    expect(await rig.milestone('discard', ID, '--yes')).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('nothing to discard'),
    });
    await rig.milestone('execute', ID);
    expect(await rig.milestone('discard', ID, '--yes')).toMatchObject({exitCode: 0});
    expect([rig.exists(rig.planFile(ID)), rig.exists(rig.planFile(ID, 'completed'))]).toEqual([true, false]);
    expect((await rig.milestone('execute', ID, '--dry-run', '--json')).json().plan.tasks).toMatchObject([
      {id: 'a', action: 'run'},
    ]);
  });

  test.concurrent('is refused while its branch is checked out, while it is executed, and inside an attempt', async () => {
    await using rig = await stoppedRig();
    rig.git('switch', '-q', `milestone/${ID}`);
    expect(await rig.milestone('discard', ID, '--yes')).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('checked out'),
    });
    rig.git('switch', '-q', 'main');
    const text = rig.read(rig.planFile(ID));
    rig.write(rig.planFile(ID), `tasks: [\n${text}`);
    expect(await rig.milestone('discard', ID, '--yes')).toMatchObject({exitCode: 2});
    expect(rig.read(rig.planFile(ID))).toBe(`tasks: [\n${text}`);
    rig.write(rig.planFile(ID), text);
    expect(await rig.milestone('discard', ID, '--yes', {env: {MILESTONE_RUN: 'x'}})).toMatchObject({exitCode: 3});
    const work = await rig.command('work');
    await rig.writeMilestone('live', [{id: 'a', run: work.shell}]);
    const execution = rig.milestone('execute', 'live');
    const run = await work.nextRun();
    expect(await rig.milestone('discard', 'live', '--yes')).toMatchObject({exitCode: 5});
    await run.exit(0);
    expect(await execution).toMatchObject({exitCode: 0});
  });

  test.concurrent('killed on the way, the next call does it, and the tip is kept all the while', async () => {
    await using counted = await stoppedRig();
    const {env, countFile} = killedAt(counted, 0, 'kill-before');
    expect(await counted.milestone('discard', ID, '--yes', {env})).toMatchObject({exitCode: 0});
    const total = fs.readFileSync(countFile, 'utf8').trim().split('\n').length;
    expect(total).toBeGreaterThan(20);
    for (let part = 0; part < PARTS; part++) {
      await using rig = await stoppedRig();
      const tip = rig.git('rev-parse', `milestone/${ID}`);
      const at = 1 + Math.floor((part / PARTS) * total);
      await rig.milestone('discard', ID, '--yes', {env: killedAt(rig, at, 'kill-before').env});
      expect(refs(rig, 'refs').map(ref => rig.git('rev-parse', ref))).toContain(tip);
      if (rig.exists(rig.logFile(ID)))
        expect(await rig.milestone('discard', ID, '--yes'), `killed at ${at} of ${total}`).toMatchObject({exitCode: 0});
      await expectPlanned(rig, tip);
    }
  });
});

describe('clean', () => {
  test.concurrent('frees logs and kept refs of what is over for long enough, says how much, and leaves the rest', async () => {
    await using rig = await stoppedRig();
    await rig.writeMilestone('done', [
      {
        id: 'x',
        run: `test -e '${rig.root}/second' || { touch '${rig.root}/second'; echo half > half.txt; exit 1; }; echo x > x`,
      },
    ]);
    expect(await rig.milestone('execute', 'done')).toMatchObject({exitCode: 0});
    expect(refs(rig, 'refs/milestone/rescue/done')).not.toEqual([]);
    const before = refs(rig, 'refs');
    expect(await rig.milestone('clean')).toMatchObject({exitCode: 0, stdout: 'nothing to free\n'});
    const dry = (await rig.milestone('clean', '--older-than', '0s', '--dry-run', '--json')).json();
    expect(dry).toMatchObject({ok: true, dry_run: true, cleaned: [{id: 'done', refs: 1}]});
    expect(refs(rig, 'refs')).toEqual(before);
    const {stdout} = await rig.milestone('clean', '--older-than', '0s');
    expect(stdout).toMatch(/^done: 0 slots, 1 kept ref, \d+\.\d kB\nfreed \d+\.\d kB\n$/);
    expect(refs(rig, 'refs/milestone/rescue/done')).toEqual([]);
    expect(rig.exists('.milestones/logs/done')).toBe(false);
    // What is not over keeps all that it has; what is over still says what was done.
    expect(refs(rig, 'refs')).toEqual(before.filter(ref => !ref.includes('rescue/done')));
    expect(rig.exists(`.milestones/logs/${ID}`)).toBe(true);
    expect(await rig.status('done')).toMatchObject({status: 'completed', counts: {completed: 1}});
    expect(await rig.milestone('log', 'done', 'x', '--output')).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('what task `x` printed is not here any more'),
    });
    expect(await rig.milestone('land', 'done')).toMatchObject({exitCode: 0});
    expect((await rig.milestone('clean', '--older-than', '0s')).stdout).toBe('nothing to free\n');
  });

  test.concurrent('frees what a cancelled one has kept but its branch, and leaves its plan where a person has put it', async () => {
    await using rig = await stoppedRig();
    await rig.milestone('cancel', ID);
    fs.mkdirSync(rig.path('.milestones/completed'));
    fs.renameSync(rig.path(rig.planFile(ID)), rig.path(rig.planFile(ID, 'completed')));
    expect((await rig.milestone('clean', '--older-than', '0s', '--json')).json().cleaned).toMatchObject([{id: ID}]);
    expect([rig.exists(rig.planFile(ID)), rig.exists(rig.planFile(ID, 'completed'))]).toEqual([false, true]);
    expect(refs(rig, 'refs/heads/milestone')).toHaveLength(1);
  });

  test.concurrent('frees what a discard has kept, and wants a time with a unit', async () => {
    await using rig = await stoppedRig();
    await rig.milestone('discard', ID, '--yes');
    expect((await rig.milestone('clean')).stdout).toBe('nothing to free\n');
    expect((await rig.milestone('clean', '--older-than', '0s', '--json')).json().cleaned).toMatchObject([{id: ID}]);
    expect(refs(rig, 'refs/milestone')).toEqual([]);
    expect(await rig.milestone('clean', '--older-than', '30')).toMatchObject({exitCode: 2});
    expect(await rig.status(ID)).toMatchObject({status: 'planned'});
  });
});
