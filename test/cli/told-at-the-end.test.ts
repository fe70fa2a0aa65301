// What a person reads when a run has ended: what was done and what was not, and what comes next.

import {describe, expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {kiroTask} from './kiro-plan.ts';

describe('skipped is not done', () => {
  test.concurrent('the end, status and Markdown count them apart, with the reasons', async () => {
    await using rig = await MilestoneRig.create({git: false});
    await rig.writeMilestone('m', [
      {id: 'a', run: 'echo a > a', verify: 'test -s a'},
      {id: 'b', run: 'exit 1', retries: 0},
      {id: 'c', run: 'true', dependencies: ['b']},
      {id: 'd', run: 'exit 1', retries: 0},
    ]);
    await rig.milestone('execute', 'm');
    expect(await rig.milestone('skip', 'm', 'b', '--yes', '--reason', 'no longer wanted')).toMatchObject({exitCode: 0});
    expect(await rig.milestone('skip', 'm', 'd', '--yes')).toMatchObject({exitCode: 0});
    const {stdout} = await rig.milestone('resume', 'm');
    expect(stdout).toContain('completed: 2 tasks done, 1 of them unchecked, 2 skipped (b: no longer wanted; d)');
    const text = (await rig.milestone('status', 'm')).stdout;
    expect(text).toContain('completed · 100 % · 2 of 4 tasks done, 1 of them unchecked · 2 skipped');
    expect(text).toMatch(/skipped\n {2}b {2}no longer wanted\n {2}d {2}no reason given\n/);
    const markdown = (await rig.milestone('status', 'm', '--format', 'md')).stdout;
    expect(markdown).toContain('2 of 4 tasks done');
    expect(markdown).toContain('**Skipped**\n- `b` no longer wanted\n- `d` no reason given\n');
    expect(await rig.status('m')).toMatchObject({
      progress: {percentage: 100, tasks_completed: 4, tasks_total: 4},
      counts: {completed: 2, skipped: 2},
      tasks: [{}, {status: 'skipped', reason: 'no longer wanted'}, {}, {status: 'skipped'}],
    });
  });
});

describe('a completed milestone', () => {
  test.concurrent('lists its tasks with commit, checks, attempts and time', async () => {
    await using rig = await MilestoneRig.create();
    const second = `${rig.root}/second`;
    const flaky = `${rig.root}/flaky`;
    await rig.writeMilestone('m', [
      {id: 'a', run: `echo a > a; test -e '${second}' || { touch '${second}'; exit 1; }`, verify: 'grep a a'},
      {id: 'b', run: 'echo b > b', verify: `test -e '${flaky}' || { touch '${flaky}'; exit 1; }`},
      {id: 'c', run: 'true'},
    ]);
    expect(await rig.milestone('execute', 'm')).toMatchObject({exitCode: 0});
    const {tasks} = await rig.status('m');
    const [a, b] = tasks.map(({commit}: {commit?: string}) => commit?.slice(0, 10));
    for (const format of ['text', 'md']) {
      const lines = (await rig.milestone('status', 'm', '--format', format)).stdout
        .replaceAll(/[`\\]/g, '')
        .split('\n');
      expect(lines.filter(line => /^(- | {2})a:? /.test(line))[0]).toMatch(
        new RegExp(`a:? +${a}:? +checked by grep a a, 2 attempts, \\d+s`),
      );
      expect(lines.filter(line => /^(- | {2})b:? /.test(line))[0]).toContain(b);
      expect(lines.filter(line => /^(- | {2})c:? /.test(line))[0]).toMatch(/c:? +(- +)?unchecked, \d+s/);
    }
    expect(tasks[1]).toMatchObject({attempts: 1, checks: [{ok: true, flaky: true}]});
    expect((await rig.milestone('status', 'm', '--format', 'md')).stdout).toContain('(flaky)');
  });
});

describe('status without an id', () => {
  test.concurrent('shows what ran last, and an overview where nothing has run', async () => {
    await using rig = await MilestoneRig.create({git: false});
    for (const id of ['one', 'two']) await rig.writeMilestone(id, [{id: 'a', run: 'true'}]);
    const overview = await rig.milestone('status');
    expect(overview).toMatchObject({exitCode: 0, stderr: ''});
    expect(overview.stdout).toMatch(/planned .* one.*planned .* two.*milestone status <id>/s);
    await rig.milestone('execute', 'two');
    expect((await rig.milestone('status')).stdout).toMatch(/^two\ncompleted/);
    expect(await rig.status()).toMatchObject({id: 'two'});
  });
});

describe('the last line says what comes next', () => {
  const last = (text: string) => text.trimEnd().split('\n').at(-1);

  test.concurrent('a completed milestone, also for who waits for it: to look at it and to take it, by commands that work', async () => {
    await using rig = await MilestoneRig.create();
    await rig.writeMilestone('m', [{id: 'a', run: 'echo a > a'}]);
    const {stdout} = await rig.milestone('execute', 'm');
    expect(last(stdout)).toBe('next: `milestone diff m`, then `milestone land m`');
    expect(last((await rig.milestone('wait', 'm')).stdout)).toBe('next: `milestone diff m`, then `milestone land m`');
    expect((await rig.milestone('diff', 'm')).stdout).toContain('+++ b/a\n@@ -0,0 +1 @@\n+a\n');
    expect(await rig.milestone('land', 'm')).toMatchObject({exitCode: 0});
    expect(rig.read('a')).toBe('a\n');
  });

  test.concurrent('what failed: to look, to try again and to go on', async () => {
    await using rig = await MilestoneRig.create({git: false});
    await rig.writeMilestone('m', [{id: 'a', run: 'echo why; exit 1', retries: 0}]);
    const {stderr} = await rig.milestone('execute', 'm');
    expect(last(stderr)).toBe('hint: look (`milestone show m a`), then `milestone retry m` and `milestone resume m`');
    expect((await rig.milestone('show', 'm', 'a')).stdout).toContain('\n  | why\n');
  });

  test.concurrent('a cancelled, a paused and a restricted one', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const work = await rig.command('work');
    await rig.writeMilestone('m', [
      {id: 'a', run: 'true'},
      {id: 'b', run: work.shell},
    ]);
    expect(last((await rig.milestone('execute', 'm', '--only', 'a')).stdout)).toBe('next: `milestone resume m`');
    const paused = rig.milestone('resume', 'm');
    const attempt = await work.nextRun();
    expect(await rig.milestone('pause', 'm')).toMatchObject({exitCode: 0});
    await attempt.exit(1);
    expect(last((await paused).stderr)).toContain('`milestone resume m`');
    const cancelled = rig.milestone('resume', 'm');
    await work.nextRun();
    expect(await rig.milestone('cancel', 'm')).toMatchObject({exitCode: 0});
    expect(last((await cancelled).stderr)).toBe('next: `milestone status m`');
  });

  test.concurrent('what a person has to decide, and that it does not go on by itself; status and wait say so too', async () => {
    await using rig = await MilestoneRig.create();
    const says = (kind: string) => `drivers: {x: {command: 'cat > /dev/null; echo ${kind}'}}\n`;
    const ends: Array<[string, object, string, string]> = [
      [
        'question',
        {driver: 'x'},
        'hint: `milestone answer question a "…"`, then `milestone resume question`',
        'then `milestone resume question`',
      ],
      [
        'by-hand',
        {driver: 'manual'},
        'hint: do it, commit it on `milestone/by-hand`, then `milestone task done by-hand a` and `milestone resume by-hand`',
        'then `milestone resume by-hand`',
      ],
      [
        'gone',
        {driver: 'codex'},
        'hint: install it with `npm install -g @openai/codex`, or name another `driver`, then `milestone resume gone`',
        '  milestone resume gone',
      ],
      [
        'red',
        {run: 'true', verify: 'false'},
        'hint: look (`milestone show red a`), then `milestone retry red` and `milestone resume red`',
        '  milestone resume red',
      ],
    ];
    rig.write('.milestones/config.yaml', says('"{\\"status\\": \\"blocked\\", \\"question\\": \\"Which?\\"}"'));
    for (const [id, task, hint, waited] of ends) {
      await rig.writeMilestone(id, [{id: 'a', title: 'a', retries: 0, ...task}]);
      expect([id, last((await rig.milestone('execute', id)).stderr)]).toEqual([id, hint]);
      expect([id, last((await rig.milestone('wait', id)).stdout)]).toEqual([id, waited]);
      expect((await rig.milestone('status', id)).stdout).toContain(`milestone resume ${id}`);
    }
    const markdown = await rig.milestone('status', 'question', '--format', 'md');
    expect(markdown.stdout).toContain('milestone resume question');
  });

  test.concurrent('a gate: to decide it, and to go on', async () => {
    await using rig = await MilestoneRig.create({git: false});
    await rig.writeMilestone('m', [kiroTask('a')]);
    expect(last((await rig.milestone('execute', 'm')).stderr)).toMatch(
      /^hint: `milestone approve m a design` or .*, then `milestone resume m`$/,
    );
    expect(last((await rig.milestone('wait', 'm')).stdout)).toBe('then `milestone resume m`');
    expect((await rig.milestone()).stdout).toContain('milestone approve m a design\n  then `milestone resume m`\n');
  });
});
