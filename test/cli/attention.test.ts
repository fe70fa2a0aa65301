// `milestone` alone, and which milestone is meant by a command that names none.

import fs from 'node:fs';
import {expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';

test.concurrent('the command alone: where it stands, what needs you, what is next, on one screen', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const many = Array.from({length: 12}, (_, place) => ({id: `later-${place}`, run: 'true', title: 'For later'}));
  await rig.writeMilestone('m', [{id: 'a', run: 'exit 1', retries: 0}, ...many], {title: 'The first'});
  const planned = (await rig.milestone()).stdout;
  expect(planned).toMatch(/^m: The first\nplanned · 0 % · .*\n\nnext \(5 of 13\)\n {2}a\n/);
  expect(planned).toContain('\n  milestone execute m\n');
  expect(planned.trimEnd().split('\n').length).toBeLessThanOrEqual(20);
  await rig.milestone('execute', 'm', '--only', 'a');
  const {stdout, exitCode} = await rig.milestone();
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^m: The first\nblocked · /);
  expect(stdout).toContain('\nneeds you\n  task `a` failed with exit code 1\n    milestone retry m a\n');
  expect(stdout).toContain('\nnext (5 of 12)\n  later-0  For later\n');
  expect(stdout).not.toContain('last events');
  expect(stdout.trimEnd().split('\n').length).toBeLessThanOrEqual(20);
});

test.concurrent('each task that failed, and each that only a person can do, has a command of its own', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const failing = Array.from({length: 9}, (_, place) => ({id: `bad-${place}`, run: `exit ${place + 1}`, retries: 0}));
  const manual = ['sign', 'ship'].map(id => ({id, driver: 'manual', title: `To ${id}`}));
  await rig.writeMilestone('m', [...failing, ...manual]);
  await rig.milestone('execute', 'm');
  const {needs_you} = await rig.status('m');
  expect(needs_you.map(({command}: {command: string}) => command)).toEqual([
    ...failing.map(({id}) => `milestone retry m ${id}`),
    ...manual.map(({id}) => `milestone task done m ${id}`),
    'milestone resume m',
  ]);
  expect(needs_you[1].text).toBe('task `bad-1` failed with exit code 2');
  const {stdout} = await rig.milestone();
  expect(stdout).toMatch(
    /\nneeds you \(\d of 12\)\n {2}task `bad-0` failed with exit code 1\n {4}milestone retry m bad-0\n/,
  );
  expect(stdout).toContain('    milestone retry m bad-2\n');
  expect(stdout.trimEnd().split('\n').length).toBeLessThanOrEqual(20);
});

test.concurrent('what ended in the night is shown until it has landed and was looked at, whatever else is planned', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone('later', [{id: 'a', run: 'true'}]);
  await rig.writeMilestone('m', [{id: 'a', run: 'echo a > a'}], {title: 'The first'});
  expect(await rig.milestone('execute', 'm')).toMatchObject({exitCode: 0});
  const atNight = (await rig.milestone()).stdout;
  expect(atNight).toMatch(/^m: The first\ncompleted · /);
  expect(atNight).toContain('\nalso active: later (`milestone list`)\n');
  expect(atNight).toContain('\n  milestone land m\n');
  expect((await rig.milestone()).stdout).toMatch(/^m: The first\n/);
  expect(await rig.milestone('land', 'm')).toMatchObject({exitCode: 0});
  expect((await rig.milestone('--json')).json().attention).toMatchObject({
    id: 'm',
    landed: true,
    also_active: ['later'],
  });
  expect((await rig.milestone()).stdout).toMatch(/^m: The first\n(?:.*\n)*.*, landed\n/);
  expect((await rig.milestone()).stdout).toMatch(/^later\nplanned · /);
});

test.concurrent('of several milestones of which none is the current one, each has a line', async () => {
  await using rig = await MilestoneRig.create({git: false});
  for (const id of ['one', 'two']) await rig.writeMilestone(id, [{id: 'a', run: 'true'}], {title: `The ${id}`});
  const {stdout, exitCode} = await rig.milestone();
  expect(exitCode).toBe(0);
  expect(stdout.split('\n').map(line => line.trim())).toEqual([
    expect.stringMatching(/^planned +0 % +one +The one$/),
    expect.stringMatching(/^planned +0 % +two +The two$/),
    '`milestone status <id>` shows one of them',
    '',
  ]);
  const told = await rig.milestone('--json');
  expect(told).toMatchObject({exitCode: 0});
  expect(JSON.parse(told.stdout)).toEqual({
    ok: true,
    attention: null,
    milestones: ['one', 'two'].map(id => ({
      id,
      title: `The ${id}`,
      status: 'planned',
      percentage: 0,
      file: expect.stringContaining(`${id}.yaml`),
    })),
    warnings: [],
  });
});

test.concurrent('where none is active, the completed one that was executed last is looked at', async () => {
  await using rig = await MilestoneRig.create({git: false});
  for (const id of ['first', 'last']) {
    await rig.writeMilestone(id, [{id: 'a', run: 'true'}]);
    await rig.milestone('execute', id);
  }
  expect(await rig.milestone('wait')).toMatchObject({
    exitCode: 0,
    stdout: 'milestone `last` is completed\nnext: `milestone status last`\n',
  });
  expect((await rig.milestone()).stdout).toMatch(/^last\ncompleted/);
  for (const words of [['status'], ['status', '--watch'], ['log'], ['graph'], ['approvals'], ['blockers']])
    expect(await rig.milestone(...words), words.join(' ')).toMatchObject({exitCode: 0, stderr: ''});
  for (const command of ['execute', 'resume'])
    expect(await rig.milestone(command)).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('no milestone is active; `last`, the last one, is completed'),
    });
  await rig.writeMilestone('next', [{id: 'a', run: 'true'}]);
  expect((await rig.milestone('status')).stdout).toMatch(/^last\ncompleted/);
  expect((await rig.milestone()).stdout).toMatch(/^next\nplanned/);
});

test.concurrent('what is new since somebody last looked is said once; a program that looks takes nothing away', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone('m', [
    {id: 'a', run: 'echo a > a', verify: 'test -f a'},
    {id: 'b', run: 'exit 1', retries: 1, dependencies: ['a']},
  ]);
  await rig.milestone('execute', 'm');
  const {attention} = (await rig.milestone('--json')).json();
  expect(attention).toMatchObject({
    id: 'm',
    status: 'blocked',
    headline: {done: 1, total: 2, checked: 1, unchecked: 0, failed: 1, cost_usd: null},
    needs_you: [{kind: 'failed', command: 'milestone retry m b'}, {kind: 'blocked'}],
    running: [],
    next: [],
    since: {at: null, done: 1, failed: 1, retries: 1, quota_pauses: 0, restarts: 0},
  });
  const {stdout} = await rig.milestone();
  expect(stdout).toMatch(/^m\nblocked · 50 % · 1 of 2 tasks done · 1 checked · 1 failed · \d/);
  expect(stdout).toContain('\nso far: 1 done, 1 failed, 1 retry\n');
  expect((await rig.milestone('--format', 'md')).stdout).toContain('\n\nsince you last looked: nothing\n\n');
  await rig.milestone('retry', 'm');
  await rig.milestone('resume', 'm');
  expect((await rig.milestone('--json')).json().attention.since).toMatchObject({at: expect.any(String), restarts: 1});
  expect((await rig.milestone()).stdout).toContain('\nsince you last looked: 1 failed, 1 retry, 1 restart\n');
  expect((await rig.milestone()).stdout).toContain('\nsince you last looked: nothing\n');
  expect(rig.git('status', '--porcelain', '--untracked-files=all')).not.toContain('looked');
});

test.concurrent('where the home cannot be written, or the log is another one, it answers all the same', async () => {
  await using rig = await MilestoneRig.create({git: false});
  await rig.writeMilestone('m', [{id: 'a', run: 'true'}]);
  await rig.milestone('execute', 'm');
  await rig.milestone();
  fs.rmSync(rig.path('.milestones/cache'), {recursive: true});
  rig.write('.milestones/cache', 'no folder');
  for (let look = 0; look < 2; look++)
    expect(await rig.milestone()).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('so far: 1 done'),
      stderr: '',
    });
  fs.rmSync(rig.path('.milestones/cache'));
  rig.write(
    '.milestones/cache/looked/m.json',
    '{"at": "2026-11-23T10:00:00.000Z", "position": {"seq": 9, "offset": 7}}',
  );
  expect(await rig.milestone()).toMatchObject({exitCode: 0, stderr: ''});
});

test.concurrent('what runs, and Markdown that obeys no title', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const work = await rig.command('work');
  await rig.writeMilestone('m', [{id: 'a', title: 'A *bold* <b>one</b>', run: work.shell}], {title: '# [x](y)'});
  const run = rig.milestone('execute', 'm');
  const attempt = await work.nextRun();
  await rig.waitForEvent('m', 'task_working');
  expect((await rig.milestone()).stdout).toMatch(/\nrunning\n {2}a {2}working .*A \*bold\*/);
  const {stdout} = await rig.milestone('--format=md');
  expect(stdout).toContain('# m: \\# \\[x\\](y)\n');
  expect(stdout).toContain('\n**Running**\n\n- `a` working\n');
  expect((await rig.milestone('--json')).json().attention.running).toMatchObject([{id: 'a', stage: 'working'}]);
  await attempt.exit(0);
  await run;
});

test.concurrent('outside a home, and in one without a milestone: three lines on how to begin', async () => {
  await using rig = await MilestoneRig.create({git: false});
  for (let home = 0; home < 2; home++) {
    const {stdout, stderr, exitCode} = await rig.milestone();
    expect([stdout.trimEnd().split('\n').length, stderr, exitCode]).toEqual([3, '', 0]);
    for (const command of ['milestone init', 'milestone new <id>', 'milestone execute <id>'])
      expect(stdout).toContain(`\`${command}\``);
    expect((await rig.milestone('--json')).json()).toMatchObject({ok: true, attention: null});
    fs.mkdirSync(rig.path('.milestones/active'), {recursive: true});
  }
  expect(await rig.milestone('--format', 'xml')).toMatchObject({exitCode: 2});
});
