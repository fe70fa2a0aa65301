// `milestone status`: what it says of a milestone in every condition, and that looking changes nothing.

import fs from 'node:fs';
import {describe, expect, test} from 'vitest';
import {MILESTONE, MilestoneRig} from '../rig/milestone-rig.ts';
import {everythingBelow, ID, plannedRig, stoppedRig} from './reading-rig.ts';

const KEYS = [
  'id title status file progress counts unchecked executor git needs_you tasks blockers approvals agents events',
].flatMap(keys => keys.split(' '));

describe('what it says', () => {
  test.concurrent('a planned milestone: what would be next, and how to start it', async () => {
    await using rig = await plannedRig();
    const {stdout, exitCode} = await rig.milestone('status');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('planned · 0 % · 0 of 4 tasks done · 4 pending');
    expect(stdout).toContain('next\n  build  Build it\n  milestone execute release\n');
  });

  test.concurrent('a stopped one: what needs a person comes first, each with its command', async () => {
    await using rig = await stoppedRig();
    const {stdout} = await rig.milestone('status', ID);
    const [headline, needs] = stdout.split('\n\n');
    expect(headline).toBe(
      'release: The release\nblocked · 25 % · 1 of 4 tasks done, 1 of them unchecked · 1 failed · 2 pending',
    );
    expect(needs).toContain('needs you\n  task `check` failed with exit code 3\n    milestone retry release check\n');
    expect(needs).toContain('task `notes` waits for a person: Write the notes');
    expect(stdout).toMatch(/\nfailed\n {2}check {2}failed with exit code 3\n/);
    expect(stdout).toMatch(/\nlast events\n( {2}\d\d:\d\d:\d\d .*\n){5}$/);
    // What the program notes for itself is left to `milestone log`.
    expect(stdout).toMatch(/task_failed +check #1 .*\n(.*\n)*.* milestone_blocked .*\n$/);
    expect(stdout).not.toMatch(/agent_|session_|progress_updated/);
  });

  test.concurrent('as JSON: every key of the contract', async () => {
    await using rig = await stoppedRig();
    const answer = (await rig.milestone('status', '--json')).json();
    expect(answer.ok).toBe(true);
    expect(Object.keys(answer.milestone)).toEqual(expect.arrayContaining(KEYS));
    expect(answer.milestone).toMatchObject({
      id: ID,
      title: 'The release',
      status: 'blocked',
      file: rig.path(rig.planFile(ID)),
      progress: {percentage: 25, tasks_completed: 1, tasks_total: 4},
      counts: {pending: 2, in_progress: 0, kiro_managed: 0, completed: 1, failed: 1, blocked: 0, skipped: 0},
      unchecked: 1,
      executed: 'nobody',
      executor: null,
      git: {branch: null, base: null, head: null, landed: false},
      needs_you: [
        {kind: 'failed', command: 'milestone retry release check'},
        {kind: 'manual', command: 'milestone task done release notes'},
        {kind: 'blocked', command: 'milestone resume release'},
      ],
      tasks: [
        {
          id: 'build',
          title: 'Build it',
          status: 'completed',
          progress: 100,
          attempts: 1,
          dependencies: [],
          driver: 'shell',
          checked: false,
        },
        {
          id: 'check',
          status: 'failed',
          progress: 0,
          dependencies: ['build'],
          error: {cause: 'exit', message: 'failed with exit code 3'},
        },
        {id: 'ship', status: 'pending', attempts: 0},
        {id: 'notes', driver: 'manual'},
      ],
      blockers: [{type: 'task_dependency', task_id: 'check', hint: 'milestone retry release check'}],
      approvals: [],
    });
    expect(answer.milestone.events).toHaveLength(5);
    expect(answer.milestone.agents).toContainEqual({name: 'task-executor', status: 'stopped'});
  });

  test.concurrent('a running one: who works on it, and each attempt with stage and age', async () => {
    await using rig = await MilestoneRig.create();
    const work = await rig.command('work');
    await rig.writeMilestone(ID, [{id: 'build', run: work.shell}]);
    const run = rig.milestone('execute', ID);
    const attempt = await work.nextRun();
    await rig.waitForEvent(ID, 'task_working');
    const {stdout} = await rig.milestone('status');
    expect(stdout).toMatch(/\nrunning\n {2}build {2}working \d+s/);
    expect(stdout).toContain('branch milestone/release');
    const report = await rig.status();
    expect(report).toMatchObject({
      executed: 'here',
      executor: {alive: true, pid: run.pid, session_id: rig.events(ID)[1]!.session_id},
      tasks: [{status: 'in_progress', stage: 'working', progress: 50, driver: 'shell'}],
      git: {branch: 'milestone/release', base: rig.git('rev-parse', 'main')},
      needs_you: [],
    });
    await attempt.exit(0);
    await run;
  });

  test.concurrent("one whose executor was killed is nobody's, and says how to go on", async () => {
    await using rig = await MilestoneRig.create({git: false});
    const work = await rig.command('work');
    await rig.writeMilestone(ID, [{id: 'build', run: work.shell}]);
    const run = rig.milestone('execute', ID);
    await work.nextRun();
    run.kill('SIGKILL');
    await run;
    expect(await rig.status()).toMatchObject({
      status: 'in_progress',
      executed: 'gone',
      executor: {alive: false},
      needs_you: [{kind: 'interrupted', command: 'milestone resume release'}],
    });
  });

  test.concurrent('Markdown is short, and the same as long as nothing changes', async () => {
    await using rig = await stoppedRig();
    const [once, again] = [
      await rig.milestone('status', '--format', 'md'),
      await rig.milestone('status', '--format', 'md'),
    ];
    expect(once.stdout).toContain(
      '**Needs you**\n- task \\`check\\` failed with exit code 3: `milestone retry release check`',
    );
    expect(once.stdout.split('\n').length).toBeLessThan(40);
    expect(again.stdout).toBe(once.stdout);
  });

  test.concurrent('titles never reach the terminal raw, and lines keep to 80 columns', async () => {
    const title = `\u001b[31mred\u0007 ${'漢字'.repeat(60)}`;
    await using rig = await plannedRig([{id: 'a', title, run: 'true'}], {title});
    const {stdout} = await rig.milestone('status');
    expect(stdout).toContain('\\x1b[31mred\\x07');
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    for (const line of stdout.split('\n')) expect(line.replace(/[漢字]/g, 'ww').length).toBeLessThanOrEqual(80);
  });

  test.concurrent('a thousand tasks take no more lines than ten', async () => {
    const tasks = Array.from({length: 1_000}, (_, place) => ({id: `task-${place}`, run: 'true'}));
    await using rig = await plannedRig(tasks);
    const {stdout} = await rig.milestone('status');
    expect(stdout.split('\n').length).toBeLessThan(15);
    expect(stdout).toContain('and 995 more that are ready');
  });
});

describe('plans without a log', () => {
  test.concurrent('one that was executed elsewhere is shown as its file says', async () => {
    const text = `id: release
title: The release
status: in_progress
execution: {id: exec-abc, branch: milestone/release}
tasks:
  - {id: build, title: Build, run: "true", status: completed, commit: abcdef1}
  - {id: ship, title: Ship, run: "true"}
`;
    await using rig = await plannedRig(text);
    expect(await rig.status()).toMatchObject({
      status: 'in_progress',
      origin: 'elsewhere',
      progress: {percentage: 50},
      needs_you: [{kind: 'adopt', command: 'milestone resume --adopt release'}],
    });
    expect((await rig.milestone('status')).stdout).toContain('executed elsewhere: shown as its file says');
  });

  test.concurrent('an invalid one is named with its place', async () => {
    await using rig = await plannedRig('id: release\ntitle: x\ntasks:\n  - {id: a, title: A, run: x, retries: many}\n');
    const {exitCode, stderr} = await rig.milestone('status');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('release.yaml:4:');
  });

  test.concurrent('an unknown id, no home, or several milestones: exit code 3 with a way out', async () => {
    await using rig = await plannedRig();
    expect(await rig.milestone('status', 'relase')).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('did you mean `release`?'),
    });
    expect(await rig.milestone('status', '../release')).toMatchObject({exitCode: 3});
    await rig.writeMilestone('other', [{id: 'a', run: 'true'}]);
    const ambiguous = await rig.milestone('status', '--json');
    expect(ambiguous.exitCode).toBe(3);
    expect(ambiguous.json()).toMatchObject({ok: false, error: {code: 'AMBIGUOUS_MILESTONE'}});
    const outside = await rig.milestone('status', '--json', {cwd: '..'});
    expect(outside.json()).toMatchObject({ok: false, error: {code: 'NO_HOME'}});
    // Such as a slot that has gone while somebody looked around in it.
    const words = `'${process.execPath}' '${MILESTONE}' status --json`;
    const gone = await rig.start('sh', '-c', `mkdir gone && cd gone && rmdir ../gone && exec ${words}`);
    expect(gone).toMatchObject({exitCode: 3});
    expect(gone.json()).toMatchObject({ok: false, error: {code: 'NO_HOME'}});
  });
});

describe('the plan file against the plan in force', () => {
  test.concurrent('an edit that is not in force yet is said, and is gone once it is undone', async () => {
    await using rig = await stoppedRig();
    const before = rig.read(rig.planFile(ID));
    rig.write(rig.planFile(ID), before.replace('Ship it', 'Ship it all'));
    expect(await rig.status()).toMatchObject({plan_edit: {problems: []}});
    expect((await rig.milestone('status')).stdout).toContain('the plan was edited; not in force before the next start');
    rig.write(rig.planFile(ID), before);
    expect(await rig.status()).not.toHaveProperty('plan_edit');
  });

  test.concurrent('an edit that is invalid needs a person', async () => {
    await using rig = await stoppedRig();
    rig.write(
      rig.planFile(ID),
      rig.read(rig.planFile(ID)).replace('dependencies:\n      - check', 'dependencies:\n      - chek'),
    );
    const {plan_edit, needs_you} = await rig.status();
    expect(plan_edit.problems).toHaveLength(1);
    expect(needs_you[0]).toMatchObject({kind: 'plan', command: 'milestone validate release'});
  });

  test.concurrent('an edit that takes out what is completed needs a person', async () => {
    await using rig = await stoppedRig();
    await rig.writeMilestone(ID, [{id: 'check', title: 'Check it', run: 'exit 3'}], {title: 'The release'});
    const {plan_edit, needs_you} = await rig.status();
    expect(plan_edit.problems).toEqual(['task `build` is completed and cannot be removed from the plan']);
    expect(needs_you[0]).toMatchObject({kind: 'plan', command: 'milestone validate release'});
  });

  test.concurrent('a plan file that was deleted leaves the log to tell', async () => {
    await using rig = await stoppedRig();
    fs.rmSync(rig.path(rig.planFile(ID)));
    expect(await rig.status(ID)).toMatchObject({status: 'blocked', needs_you: [{kind: 'plan'}, {}, {}, {}]});
  });

  test.concurrent('state fields that were edited by hand say nothing', async () => {
    await using rig = await stoppedRig();
    rig.write(rig.planFile(ID), rig.read(rig.planFile(ID)).replace('status: failed', 'status: completed'));
    expect(await rig.status()).toMatchObject({counts: {failed: 1, completed: 1}});
    expect(await rig.status()).not.toHaveProperty('plan_edit');
  });
});

describe('the cache', () => {
  test.concurrent('the answer is the same from the cache, from the log alone, and from both', async () => {
    await using rig = await stoppedRig();
    const whole = await rig.status();
    fs.rmSync(rig.path('.milestones/cache'), {recursive: true});
    expect(await rig.status()).toEqual(whole);
    expect(rig.exists('.milestones/cache/release.json')).toBe(true);
    expect(await rig.status()).toEqual(whole);
    rig.write('.milestones/cache/release.json', '{"format": 2, "seal":');
    expect(await rig.status()).toEqual(whole);
    await rig.milestone('skip', '--yes', ID, 'check');
    expect(await rig.status()).toMatchObject({counts: {skipped: 1, failed: 0}});
  });

  test.concurrent('a cache that lacks tasks is none', async () => {
    await using rig = await stoppedRig();
    const whole = await rig.status();
    const file = '.milestones/cache/release.json';
    const {snapshot, ...about} = JSON.parse(rig.read(file));
    rig.write(file, JSON.stringify({...about, snapshot: {...snapshot, tasks: []}}));
    expect(await rig.status()).toEqual(whole);
  });

  test.concurrent('a planned milestone is cached out of the sight of git', async () => {
    await using rig = await MilestoneRig.create();
    await rig.writeMilestone(ID, [{id: 'a', run: 'true'}]);
    rig.commit('A plan');
    await rig.status();
    expect(rig.exists('.milestones/cache/release.json')).toBe(true);
    expect(rig.git('status', '--porcelain')).toBe('');
    await rig.writeMilestone(ID, [
      {id: 'a', run: 'true'},
      {id: 'b', run: 'true'},
    ]);
    expect(await rig.status()).toMatchObject({progress: {tasks_total: 2}});
  });

  test.concurrent('the driver of the project is known, also after it changed', async () => {
    await using rig = await plannedRig([{id: 'a'}]);
    expect((await rig.status()).tasks[0].driver).toBe('manual');
    rig.write('.milestones/config.yaml', 'settings: {driver: claude}\n');
    expect((await rig.status()).tasks[0].driver).toBe('claude');
    expect((await rig.status()).tasks[0].driver).toBe('claude');
  });

  test.concurrent('a second look changes nothing at all, also where nothing can be written', async () => {
    await using rig = await stoppedRig();
    await rig.status();
    const before = everythingBelow(rig.folder);
    await rig.milestone('status');
    await rig.milestone('list');
    await rig.milestone('graph');
    await rig.milestone('log');
    expect(everythingBelow(rig.folder)).toEqual(before);
  });
});

test.concurrent('a damaged log is not passed over', async () => {
  await using rig = await stoppedRig();
  fs.rmSync(rig.path('.milestones/cache'), {recursive: true});
  rig.write(rig.logFile(ID), rig.read(rig.logFile(ID)).replace('"exit_code":3', '"exit_code":4'));
  const ended = await rig.milestone('status', '--json');
  expect(ended.exitCode).toBe(9);
  expect(ended.json()).toMatchObject({ok: false, error: {code: 'LOG_CORRUPT', where: {line: expect.any(Number)}}});
});

test.concurrent('a linked worktree sees the executor of the other checkout', async () => {
  await using rig = await MilestoneRig.create();
  const work = await rig.command('work');
  await rig.writeMilestone(ID, [{id: 'build', run: work.shell}]);
  const run = rig.milestone('execute', ID);
  const attempt = await work.nextRun();
  rig.git('worktree', 'add', '-q', '../other');
  fs.cpSync(rig.path('.milestones/active'), rig.path('../other/.milestones/active'), {recursive: true});
  const ended = await rig.milestone('status', '--json', {cwd: '../other'});
  expect(ended.json().milestone.executor).toMatchObject({alive: true, pid: run.pid});
  await attempt.exit(0);
  await run;
});

test.concurrent('a milestone that is named twice is the same one', async () => {
  await using rig = await stoppedRig();
  await rig.writeMilestone('next', [{id: 'a', run: 'true'}]);
  const refused = {exitCode: 2, stderr: expect.stringContaining('name two milestones')};
  expect(await rig.milestone('status', ID, '--milestone', 'next')).toMatchObject(refused);
  expect(await rig.milestone('status', ID, '--milestone', 'next', '--watch')).toMatchObject(refused);
  expect(await rig.milestone('status', ID, '--milestone', ID)).toMatchObject({exitCode: 0});
  expect(await rig.status('--milestone', 'next')).toMatchObject({id: 'next'});
});
