// What a run prints, for people and for programs, and the exit code it ends with.

import {fileURLToPath} from 'node:url';
import {expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {eventsOf, readPlan} from './support.ts';

const ID = 'release';
const MILESTONE = fileURLToPath(new URL('../../bin/milestone.js', import.meta.url));

test.concurrent('a stream of events is all of the log, line by line, and ends with how it went; `--format json` is `--json`', async () => {
  await using rig = await MilestoneRig.create({git: false});
  await rig.writeMilestone(ID, [{id: 'a', run: 'echo noise; echo a > a'}]);
  const ended = await rig.milestone('execute', ID, '--format', 'json');
  const lines = ended.jsonLines();
  expect(ended.stderr).toBe('');
  expect(lines.at(-1)).toEqual({ok: true, exit: 0});
  const streamed = lines.slice(0, -1);
  expect(streamed).toEqual(rig.events(ID).slice(0, streamed.length));
  expect(streamed.map(({event}) => event)).toContain('milestone_completed');
  expect(streamed.at(-1).event).toBe('session_ended');
});

test.concurrent('a stream ends with an error for every exit but 0', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const last = async (...args: string[]) => {
    const ended = await rig.milestone(...args, '--json');
    const line = ended.jsonLines().at(-1);
    expect([line.ok, line.exit]).toEqual([ended.exitCode === 0, ended.exitCode]);
    if (ended.exitCode !== 0) expect(line.error).toMatchObject({code: expect.any(String), message: expect.any(String)});
    return line;
  };
  expect(await last('execute', ID)).toMatchObject({exit: 3, error: {code: 'NO_HOME', hint: expect.any(String)}});
  await rig.writeMilestone(ID, [{id: 'a', run: 'exit 1', retries: 0}]);
  expect(await last('execute', 'relase')).toMatchObject({exit: 3, error: {code: 'UNKNOWN_MILESTONE'}});
  expect(await last('execute', ID, '--only', 'x')).toMatchObject({exit: 3, error: {code: 'UNKNOWN_TASK'}});
  expect(await last('resume', ID)).toMatchObject({exit: 3, error: {code: 'WRONG_STATUS'}});
  expect(await last('execute', ID)).toMatchObject({exit: 4, error: {message: expect.stringContaining('`a`')}});
});

test.concurrent('wrong usage is told to programs as well', async () => {
  await using rig = await MilestoneRig.create({git: false});
  await rig.writeMilestone(ID, [{id: 'a', run: 'true'}]);
  for (const wrong of [['--max-parallel', 'x'], ['--no-such-flag'], ['one-too-many']]) {
    const ended = await rig.milestone('execute', ID, ...wrong, '--json');
    expect(ended.exitCode).toBe(2);
    expect(ended.jsonLines()).toMatchObject([{ok: false, error: {code: 'USAGE', message: expect.any(String)}}]);
  }
});

test.concurrent('people read plain lines on stdout and what is wrong on stderr', async () => {
  await using rig = await MilestoneRig.create({git: false});
  await rig.writeMilestone(ID, [
    {id: 'build', title: 'Build it', run: 'echo noise; echo a > a', verify: 'true'},
    {id: 'deploy', run: 'exit 3', retries: 1, dependencies: ['build']},
  ]);
  const {exitCode, stdout, stderr} = await rig.milestone('execute', ID);
  expect(exitCode).toBe(4);
  expect(stdout).not.toContain('noise');
  const said = stdout.split('\n').map(line => line.slice(9));
  expect(said).toEqual(
    expect.arrayContaining([expect.stringMatching(/▶ build Build it/), expect.stringMatching(/✔ build .*1\/2/)]),
  );
  expect(stderr).toMatch(/^(error: )?task `deploy` failed with exit code 3\nhint: .*milestone retry/);
});

test.concurrent('work for a person exits 6, unless something failed', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const tasks = [
    {id: 'sign', title: 'Sign the release', driver: 'manual'},
    {id: 'other', run: 'true'},
  ];
  await rig.writeMilestone('waits', [...tasks, {id: 'after', run: 'true', dependencies: ['sign']}]);
  expect(await rig.milestone('execute', 'waits')).toMatchObject({
    exitCode: 6,
    stderr: expect.stringContaining('`sign`'),
  });
  expect(readPlan(rig, 'waits')).toMatchObject({status: 'paused', execution: {paused_reason: expect.any(String)}});
  await rig.writeMilestone('fails', [...tasks, {id: 'bad', run: 'exit 1', retries: 0}]);
  expect(await rig.milestone('execute', 'fails')).toMatchObject({
    exitCode: 4,
    stderr: expect.stringContaining('`bad`'),
  });
});

test.concurrent('a signal outranks what failed before, a failing machine outranks a signal', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const work = await rig.command('work');
  await rig.writeMilestone(ID, [
    {id: 'bad', run: 'exit 1', retries: 0},
    {id: 'work', run: work.shell},
  ]);
  const run = rig.milestone('execute', ID);
  await work.nextRun();
  await rig.waitForEvent(ID, 'task_failed');
  run.kill('SIGINT');
  expect(await run).toMatchObject({exitCode: 130, stderr: expect.stringContaining('milestone resume')});
  expect(readPlan(rig, ID).status).toBe('paused');
});

test.concurrent('another terminal pauses, cancels and skips while it runs', async () => {
  await using rig = await MilestoneRig.create();
  const work = await rig.command('work');
  await rig.writeMilestone(ID, [
    {id: 'a', run: work.shell},
    {id: 'b', run: work.shell, dependencies: ['a']},
  ]);
  const run = rig.milestone('execute', ID);
  const first = await work.nextRun();
  expect(await rig.milestone('pause', ID)).toMatchObject({exitCode: 0});
  expect(work.running).toEqual([first]);
  await first.exit();
  expect(await run).toMatchObject({exitCode: 6});
  expect(work.timesRun).toBe(1);
  const again = rig.milestone('resume', ID);
  const second = await work.nextRun();
  expect(await rig.milestone('skip', '--yes', ID, 'b')).toMatchObject({exitCode: 0});
  await second.ended;
  expect(await again).toMatchObject({exitCode: 0});
  expect(eventsOf(rig, ID, 'task_skipped')).toHaveLength(1);

  await rig.writeMilestone('dropped', [{id: 'a', run: work.shell}]);
  const dropped = rig.milestone('execute', 'dropped');
  const third = await work.nextRun();
  expect(await rig.milestone('cancel', 'dropped')).toMatchObject({exitCode: 0});
  await third.ended;
  expect(await dropped).toMatchObject({exitCode: 3});
  expect(rig.git('branch', '--list', 'milestone/dropped').trim()).toBe('milestone/dropped');
  expect(rig.git('worktree', 'list').split('\n')).toHaveLength(1);
  expect(rig.processesLeft()).toEqual([]);
});

test.concurrent('`--dry-run` and `--plan` change nothing and start nothing', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone(ID, [{id: 'a', run: `echo ran > '${rig.root}/ran'`}]);
  const before = rig.git('status', '--porcelain', '-uall', '--ignored');
  for (const args of [['--dry-run'], ['--dry-run', '--json']])
    expect(await rig.milestone('execute', ID, ...args)).toMatchObject({exitCode: 0});
  expect(rig.git('status', '--porcelain', '-uall', '--ignored')).toBe(before);
  expect(rig.exists('../ran')).toBe(false);
  expect(rig.git('for-each-ref', '--format=%(refname)')).toBe('refs/heads/main');
  await rig.writeMilestone('stopped', [
    {id: 'a', run: 'true'},
    {id: 'b', run: 'exit 1', retries: 0},
  ]);
  expect(await rig.milestone('execute', 'stopped')).toMatchObject({exitCode: 4});
  const log = rig.read(rig.logFile('stopped'));
  const {plan} = (await rig.milestone('resume', 'stopped', '--plan', '--json')).json();
  expect(plan.tasks).toMatchObject([
    {id: 'a', action: 'done'},
    {id: 'b', action: 'hold'},
  ]);
  expect(rig.read(rig.logFile('stopped'))).toBe(log);
});

test.skipIf(process.platform !== 'linux')(
  'an answer that could not be written is exit code 9, said on stderr',
  async () => {
    await using rig = await MilestoneRig.create();
    await rig.writeMilestone(ID, [{id: 'a', run: 'true'}]);
    const full = (...words: string[]) =>
      rig.start('/bin/sh', '-c', `"$0" "$@" > /dev/full`, process.execPath, MILESTONE, ...words);
    const lost = {exitCode: 9, stdout: '', stderr: expect.stringContaining('cannot write to standard output')};
    for (const words of [[], ['status'], ['status', '--json'], ['list', '--json'], ['graph'], ['validate', '--json']])
      expect(await full(...words), words.join(' ')).toMatchObject(lost);
    // Its exit code is about the work.
    expect(await full('execute', ID)).toMatchObject({exitCode: 0, stderr: expect.stringContaining('cannot write')});
    expect(await rig.start('/bin/sh', '-c', `"$0" "$1" list | true`, process.execPath, MILESTONE)).toMatchObject({
      exitCode: 0,
      stderr: '',
    });
  },
);
