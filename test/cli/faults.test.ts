// What tasks, disks and terminals do wrong: a clear message, nothing lost.

import fs from 'node:fs';
import {fileURLToPath} from 'node:url';
import {describe, expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {diary, fileAt, outcomes, readPlan, subjects, tasksIn} from './support.ts';

const ID = 'release';
const FAULT = fileURLToPath(new URL('../rig/fault.cjs', import.meta.url));
const node = `'${process.execPath}'`;

function attemptLog(rig: MilestoneRig, task: string, attempt = 1): Buffer {
  return fs.readFileSync(rig.path(`.milestones/logs/${ID}/${task}.${attempt}.log`));
}

describe('tasks', () => {
  test.concurrent('whatever bytes a task prints are in its log, as they were, however many', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const bytes = `process.stdout.write(Buffer.from(Array.from({length: 256}, (_, i) => i)))`;
    const many = `for (let i = 0; i < 160; i++) require('fs').writeSync(1, Buffer.alloc(65536, 'x'))`;
    await rig.writeMilestone(ID, [
      {id: 'binary', run: `${node} -e "${bytes}"`},
      {id: 'much', run: `${node} -e "${many}"`},
    ]);
    const ended = await rig.milestone('execute', ID);
    expect(ended).toMatchObject({exitCode: 0, stderr: ''});
    expect(attemptLog(rig, 'binary').equals(Buffer.from(Array.from({length: 256}, (_, i) => i)))).toBe(true);
    expect(attemptLog(rig, 'much')).toHaveLength(160 * 65536);
    expect(ended.stdout.length).toBeLessThan(2_000);
  });

  test.concurrent('a task may close its streams, has no terminal, and cannot wait for one', async () => {
    await using rig = await MilestoneRig.create({git: false});
    await rig.writeMilestone(ID, [
      {id: 'closes', run: 'exec <&- >&- 2>&-; true'},
      {id: 'asks', run: 'if read answer; then exit 1; fi'},
      {id: 'tty', run: 'test ! -t 0 && test ! -t 1 && test ! -t 2'},
      {id: 'opens', run: `if (: < /dev/tty) 2> /dev/null; then exit 1; fi`},
    ]);
    expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 0, stderr: ''});
  });

  test.concurrent('what a task leaves in the background ends with it', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const daemon = await rig.command('daemon');
    await rig.writeMilestone(ID, [
      {id: 'forks', run: `(setsid sh -c "${daemon.shell.replaceAll('"', '\\"')}" &) ; echo started`},
      {id: 'waits', run: 'true', dependencies: ['forks']},
    ]);
    expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 0});
    expect(rig.processesLeft()).toEqual([]);
  });

  test.concurrent('a task that a signal ended is a failed attempt that says so; a command that does not exist fails like any other', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const work = await rig.command('work');
    await rig.writeMilestone(ID, [
      {id: 'a', run: work.shell, retries: 0},
      {id: 'b', run: 'no-such-program --at-all', retries: 0},
    ]);
    const run = rig.milestone('execute', ID);
    const running = await work.nextRun();
    await rig.waitForEvent(ID, 'task_failed');
    await running.kill();
    const {exitCode, stderr} = await run;
    expect(exitCode).toBe(4);
    expect(stderr).toMatch(/`a` .*SIGKILL/);
    expect(stderr).toContain('`b` failed with exit code 127');
    expect(attemptLog(rig, 'b').toString()).toContain('no-such-program');
    expect(outcomes(rig, ID)).toMatchObject([
      {kind: 'failed', cause: 'exit', exit_code: 127},
      {kind: 'failed', cause: 'exit', signal: 'SIGKILL'},
    ]);
  });

  test.concurrent('a task that removes its own folder, or breaks the git of its slot, harms itself alone', async () => {
    await using rig = await MilestoneRig.create({files: {kept: 'kept\n'}});
    await rig.writeMilestone(ID, [
      {id: 'gone', run: 'test "$MILESTONE_ATTEMPT" -gt 1 || rm -rf "$PWD"; echo 1 > one'},
      {id: 'broken', run: 'test "$MILESTONE_ATTEMPT" -gt 1 || { echo junk > .git; exit 1; }; echo 2 > two'},
      {id: 'commits', run: 'git checkout -q -b mine && echo 3 > three && git add three && git commit -q -m "My own"'},
    ]);
    const ended = await rig.milestone('execute', ID);
    expect(ended.stdout + ended.stderr).not.toContain('bug in milestone');
    expect(ended.exitCode, ended.stdout + ended.stderr).toBe(0);
    expect(rig.read('kept')).toBe('kept\n');
    expect(rig.git('rev-parse', '--abbrev-ref', 'HEAD')).toBe('main');
    expect(fileAt(rig, `milestone/${ID}`, 'three')).toBe('3');
    expect(fileAt(rig, `milestone/${ID}`, 'two')).toBe('2');
    expect(subjects(rig, ID)).not.toContain('My own');
  });

  test.concurrent('ids, titles and outputs with every kind of character are data', async () => {
    await using rig = await MilestoneRig.create();
    const title =
      '$(touch pwned) `touch pwned` "; touch pwned\u0007 \u001b[31mred\u001b[0m \u202eright to left 日本語 — Ünïcödé';
    await rig.writeMilestone('a.b-c_d', [
      {
        id: 'x.1-y_z',
        title,
        run: `printf '\\033]0;title\\007 %s' "$MILESTONE_TASK"; exit 3`,
        verify: 'true',
        retries: 0,
      },
      {id: 'fine', title: `${title}\n\nTask: forged`, run: 'echo a > \'日本 $(x) "q"\''},
    ]);
    const ended = await rig.milestone('execute', 'a.b-c_d');
    expect(ended).toMatchObject({exitCode: 4, stderr: expect.stringContaining('`x.1-y_z` failed with exit code 3')});
    expect(ended.stdout + ended.stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
    expect(ended.stdout).toContain('日本語');
    expect(rig.exists('pwned')).toBe(false);
    expect(rig.git('log', '-1', '--format=%(trailers:key=Task,valueonly)', 'milestone/a.b-c_d').trim()).toBe('fine');
    expect(rig.git('log', '-1', '--format=%s', 'milestone/a.b-c_d')).toContain('日本語');
    expect(rig.git('-c', 'core.quotePath=false', 'ls-tree', '-z', '--name-only', 'milestone/a.b-c_d')).toContain(
      '日本 $(x) "q"',
    );
  });
});

describe('what is asked for', () => {
  test.concurrent('is not there', async () => {
    await using rig = await MilestoneRig.create();
    expect(await rig.milestone('execute', 'relaese')).toMatchObject({
      exitCode: 3,
      stdout: '',
      stderr: expect.stringMatching(/^error: there is no `\.milestones`.*\nhint: .*milestone init/),
    });
    await rig.writeMilestone(ID, [{id: 'a', run: 'true'}]);
    expect(await rig.milestone('execute', 'relaese')).toMatchObject({
      exitCode: 3,
      stdout: '',
      stderr: expect.stringMatching(/^error: .*`relaese`.*\nhint: did you mean `release`/),
    });
    for (const id of ['../x', '', 'a/b', '-x y', 'ünï'])
      expect((await rig.milestone('execute', '--', id)).exitCode).toBe(3);
    expect(rig.exists('.milestones/logs')).toBe(false);
    expect(fs.existsSync(rig.path('.git/milestone/locks/relaese'))).toBe(false);
  });

  test.concurrent('is wrongly used', async () => {
    await using rig = await MilestoneRig.create();
    await rig.writeMilestone(ID, [{id: 'a', run: 'true'}]);
    expect(await rig.milestone('execute', ID, '--no-such-flag')).toMatchObject({exitCode: 2, stdout: ''});
    expect(await rig.milestone('exeucte', ID)).toMatchObject({exitCode: 2, stdout: ''});
    expect(await rig.milestone('execute', ID, 'another')).toMatchObject({exitCode: 2, stdout: ''});
  });

  test.concurrent('is not a valid plan: file, line and column are told, and nothing happens', async () => {
    await using rig = await MilestoneRig.create();
    await rig.writeMilestone(
      ID,
      `id: ${ID}\ntitle: R\ntasks:\n  - {id: a, title: A, run: 'true', dependencies: [b]}\n`,
    );
    expect(await rig.milestone('execute', ID)).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringMatching(/^error: .*`b`.* \(.*release\.yaml:4:\d+\)/),
    });
    await rig.writeMilestone(ID, `id: ${ID}\ntitle: "unclosed\ntasks: []\n`);
    expect(await rig.milestone('execute', ID)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/release\.yaml:\d+:\d+\)/),
    });
    await rig.writeMilestone(ID, [
      {id: 'api', run: 'true', dependencies: ['db']},
      {id: 'db', run: 'true', dependencies: ['api']},
    ]);
    expect(await rig.milestone('execute', ID, '--json').then(ended => ended.jsonLines())).toMatchObject([
      {ok: false, exit: 2, error: {code: 'PLAN_INVALID', where: {file: expect.any(String), line: expect.any(Number)}}},
    ]);
    await rig.writeMilestone(ID, []);
    expect(await rig.milestone('execute', ID)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('no tasks'),
    });
    expect(rig.exists('.milestones/logs')).toBe(false);
    expect(rig.git('branch', '--list', 'milestone/*')).toBe('');
  });

  test.concurrent('has defaults that are not valid: their place is told, and nothing happens', async () => {
    await using rig = await MilestoneRig.create({git: false});
    rig.write('.milestones/config.yaml', 'settings: {max_parallel: many}\n');
    await rig.writeMilestone(ID, [{id: 'a', run: 'true'}]);
    expect(await rig.milestone('execute', ID)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/config\.yaml:1:\d+/),
    });
    expect(rig.exists('.milestones/logs')).toBe(false);
  });

  test.concurrent('a `.gitignore` is made and nothing of the program shows up in git', async () => {
    await using rig = await MilestoneRig.create();
    await rig.writeMilestone(ID, [{id: 'a', run: 'echo a > a'}]);
    expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 0});
    expect(rig.git('status', '--porcelain', '-uall').split('\n').sort()).toEqual([
      '?? .milestones/.gitignore',
      '?? .milestones/completed/release.yaml',
    ]);
  });
});

describe('the machine', () => {
  const disk = (kind: string, at: number, sticky = true) => ({
    NODE_OPTIONS: `--require ${FAULT}`,
    FAULT_AT: String(at),
    FAULT_KIND: kind,
    ...(sticky && {FAULT_STICKY: '1'}),
  });

  test.concurrent('a disk that turns read-only while tasks run: it says so, ends them, and a later execute completes', async () => {
    await using rig = await MilestoneRig.create();
    const {file, lines} = diary(rig);
    const work = await rig.command('work');
    await rig.writeMilestone(ID, [
      {id: 'a', run: `echo a >> '${file}'; echo a > a`},
      {id: 'b', run: work.shell, dependencies: ['a']},
    ]);
    const killed = rig.milestone('execute', ID);
    await work.nextRun();
    await rig.waitForEvent(ID, event => event.event === 'task_working' && event.details.task_id === 'b');
    killed.kill('SIGKILL');
    await killed;
    const ended = await rig.milestone('execute', ID, {env: disk('fail:EROFS', 60)});
    expect(ended).toMatchObject({exitCode: 9, stderr: expect.stringMatching(/^error: /m)});
    expect(ended.stderr).toContain('read-only');
    expect(ended.stderr).not.toContain('bug in milestone');
    expect(rig.processesLeft()).toEqual([]);
    const last = rig.milestone('resume', ID);
    await (await work.nextRun()).exit();
    expect(await last).toMatchObject({exitCode: 0});
    expect(lines()).toEqual(['a']);
    expect(subjects(rig, ID)).toHaveLength(1);
  });

  test.concurrent.each([
    ['execute', ID],
    ['init', '--json'],
  ])('where nothing can be written from the start, `%s` says that it is read-only', async (...words) => {
    await using rig = await MilestoneRig.create({git: false});
    if (words[0] === 'execute') await rig.writeMilestone(ID, [{id: 'a', run: 'true'}]);
    const ended = await rig.milestone(...words, {env: disk('fail:EROFS', 1)});
    expect(ended).toMatchObject({exitCode: 9});
    expect(ended.stdout + ended.stderr).toContain('the file system is read-only');
  });

  test.concurrent('what cannot be cached keeps nothing from being done, and `doctor` says so', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const work = await rig.command('work');
    await rig.writeMilestone(ID, [{id: 'a', run: work.shell, retries: 0}]);
    rig.write('.milestones/cache', '');
    const first = rig.milestone('execute', ID);
    (await work.nextRun()).exit(1);
    expect(await first).toMatchObject({exitCode: 4});
    expect(await rig.milestone('doctor')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/cache. is no folder/),
    });
    expect(await rig.milestone('retry', ID, 'a')).toMatchObject({exitCode: 0});
    expect((await rig.status(ID)).counts).toMatchObject({pending: 1});
    const second = rig.milestone('resume', ID);
    (await work.nextRun()).exit(0);
    expect(await second).toMatchObject({exitCode: 0});
  });

  test.concurrent('a log that cannot be written stops everything before anything starts', async () => {
    await using rig = await MilestoneRig.create();
    await rig.writeMilestone(ID, [{id: 'a', run: 'echo a > a'}]);
    fs.mkdirSync(rig.path(rig.logFile(ID)), {recursive: true});
    const ended = await rig.milestone('execute', ID);
    expect(ended).toMatchObject({exitCode: 9, stderr: expect.stringMatching(/^error: /)});
    expect(ended.stderr).not.toContain('bug in milestone');
    expect(rig.git('for-each-ref', 'refs/heads/milestone')).toBe('');
    fs.rmdirSync(rig.path(rig.logFile(ID)));
    expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 0});
  });
});

describe('terminals', () => {
  test.concurrent('when nobody reads the output any more, execution goes on', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const work = await rig.command('work');
    await rig.writeMilestone(ID, [
      {id: 'a', run: work.shell},
      {id: 'b', run: 'echo b > b', dependencies: ['a']},
    ]);
    const bin = fileURLToPath(new URL('../../bin/milestone.js', import.meta.url));
    const pipe = rig.start('/bin/sh', '-c', `{ ${node} '${bin}' execute ${ID}; echo "exit $?" >&2; } | head -n 1`);
    const run = await work.nextRun();
    await pipe.line('activated');
    await run.exit();
    expect(await pipe.line('exit ')).toBe('exit 0');
    await pipe;
    expect(tasksIn(rig, ID, 'task_completed')).toEqual(['a', 'b']);
  });

  test.concurrent('a terminal that closes ends the run, which can be taken up again', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const work = await rig.command('work');
    await rig.writeMilestone(ID, [{id: 'a', run: work.shell}]);
    const run = rig.milestone('execute', ID, {detached: true});
    const attempt = await work.nextRun();
    run.stdout.destroy();
    run.stderr.destroy();
    run.killGroup('SIGHUP');
    expect(await run).toMatchObject({exitCode: 129});
    await attempt.ended;
    expect(rig.processesLeft()).toEqual([]);
    expect(readPlan(rig, ID).status).toBe('paused');
  });
});
