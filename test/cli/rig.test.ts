// The rig is what every other promise is checked with, so it is checked itself.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import zlib from 'node:zlib';
import {expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {searchPathForTests} from '../rig/search-path.ts';

const node = process.execPath;

function logLine(seq: number, event: string, details: object = {}): string {
  const text = JSON.stringify({
    seq,
    timestamp: '2026-11-23T10:00:00.000Z',
    event,
    milestone_id: 'm',
    session_id: 's',
    details,
  });
  const body = text.slice(0, -1);
  return `${body},"sum":"${zlib.crc32(body).toString(16).padStart(8, '0')}"}\n`;
}

test('a rig is a repository with one commit, a clean environment and nothing of the caller', async () => {
  process.env.MILESTONE_RUN = 'inherited';
  await using rig = await MilestoneRig.create({files: {'src/a.txt': 'a\n'}});
  delete process.env.MILESTONE_RUN;
  const printed = await rig.start('/bin/sh', '-c', 'env; pwd; git log --format=%s; git status --porcelain');
  expect(printed.stdout).toContain(`XDG_STATE_HOME=${rig.root}/state\n`);
  expect(printed.stdout.endsWith(`${rig.folder}\nFirst commit\n`)).toBe(true);
  expect(printed.stdout).not.toMatch(/^(MILESTONE_|CI=|GIT_DIR|FORCE_COLOR)/m);
});

test('a program is awaited for its end and read line by line while it runs', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const script =
    'console.log("one\\ntwo {}"); process.stdin.once("data", text => { console.error("got " + text); process.exit(3) })';
  const program = rig.start(node, '-e', script, {stdin: 'pipe'});
  expect(await program.line(/^t/)).toBe('two {}');
  program.stdin!.write('hello\n');
  expect(await program.line('got')).toBe('got hello');
  expect(await program).toMatchObject({exitCode: 3, signal: null, stdout: 'one\ntwo {}\n'});
  await expect(program.line('never')).rejects.toThrow('ended without the line never');
});

test('a program can be killed, and its signal is told', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const program = rig.start(node, '-e', 'console.log("up"); setInterval(() => {}, 1000)');
  await program.line('up');
  program.kill('SIGKILL');
  expect(await program).toMatchObject({exitCode: null, signal: 'SIGKILL'});
});

test('a scripted command waits for the test, shows where it runs and exits as told', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const build = await rig.command('build');
  const program = rig.start('/bin/sh', '-c', build.shell, {env: {COLOUR: 'blue'}});
  const run = await build.nextRun();
  expect(run.cwd).toBe(rig.folder);
  expect(run.env.COLOUR).toBe('blue');
  expect(build.running).toEqual([run]);
  await run.write('printed\n');
  expect(await program.line('printed')).toBe('printed');
  await run.exit(7);
  expect(await program).toMatchObject({exitCode: 7});
  expect(build.timesRun).toBe(1);
  expect(build.running).toEqual([]);
});

test('runs are handed out in the order they started, and a killed one counts as ended', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const work = await rig.command('work');
  const first = rig.start('/bin/sh', '-c', work.shell);
  const runs = [await work.nextRun()];
  const second = rig.start('/bin/sh', '-c', work.shell);
  runs.push(await work.nextRun());
  expect(work.mostAtOnce).toBe(2);
  first.kill('SIGKILL');
  await runs[0]!.ended;
  await runs[1]!.kill();
  expect(await second).toMatchObject({signal: 'SIGKILL'});
  expect([work.timesRun, work.running.length]).toEqual([2, 0]);
});

test('a scripted command can ignore signals', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const stubborn = await rig.command('stubborn', {ignoresSignals: ['SIGINT', 'SIGTERM']});
  const program = rig.start('/bin/sh', '-c', stubborn.shell);
  const run = await stubborn.nextRun();
  program.kill('SIGTERM');
  await run.received('SIGTERM');
  await run.exit(0);
  expect(await program).toMatchObject({exitCode: 0});
});

test('processes that a program leaves behind are found, and end with the rig', async () => {
  const rig = await MilestoneRig.create({git: false});
  // In a session of its own, its parent gone: only the environment still tells whose it is.
  const leave = `require('child_process').spawn('sleep', ['100'], {detached: true, stdio: 'ignore'}).unref()`;
  await rig.start(node, '-e', leave);
  const left = rig.processesLeft();
  expect(left.map(({command}) => command)).toEqual(['sleep 100']);
  await rig[Symbol.asyncDispose]();
  expect(rig.processesLeft()).toEqual([]);
  expect(fs.existsSync(rig.root)).toBe(false);
});

test('a plan is written as YAML, from data or as it is', async () => {
  await using rig = await MilestoneRig.create({git: false});
  await rig.writeMilestone('m', [{id: 'a', run: 'true'}], {settings: {max_parallel: 2}});
  expect(rig.read('.milestones/active/m.yaml')).toBe(
    'id: m\ntitle: m\nsettings:\n  max_parallel: 2\ntasks:\n  - title: a\n    id: a\n    run: "true"\n',
  );
  await rig.writeMilestone('m', 'id: [');
  expect(rig.read(rig.planFile('m'))).toBe('id: [');
});

test('the log is read with its sums and numbers checked, and a torn tail left out', async () => {
  await using rig = await MilestoneRig.create({git: false});
  expect(rig.events('m')).toEqual([]);
  rig.write(rig.logFile('m'), `${logLine(1, 'session_started')}${logLine(2, 'milestone_resumed')}{"seq":3,"times`);
  expect(rig.events('m').map(({event}) => event)).toEqual(['session_started', 'milestone_resumed']);
  rig.write(rig.logFile('m'), `${logLine(1, 'session_started')}${logLine(3, 'milestone_resumed')}`);
  expect(() => rig.events('m')).toThrow('seq is 3');
  rig.write(rig.logFile('m'), logLine(1, 'session_started').replace('started', 'stopped'));
  expect(() => rig.events('m')).toThrow('its bytes give');
});

test('an event is waited for until the log has it', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const waiting = rig.waitForEvent('m', 'task_started');
  rig.write(rig.logFile('m'), logLine(1, 'session_started'));
  fs.appendFileSync(rig.path(rig.logFile('m')), logLine(2, 'task_started', {task_id: 'a', attempt: 1}));
  expect((await waiting).details.task_id).toBe('a');
  expect((await rig.waitForEvent('m', ({seq}) => seq === 1)).event).toBe('session_started');
});

test('a rig is copied with its repository, for a second world that starts the same', async () => {
  await using rig = await MilestoneRig.create();
  await using copy = MilestoneRig.copyOf(rig);
  expect(copy.git('rev-parse', 'HEAD')).toBe(rig.git('rev-parse', 'HEAD'));
  expect(path.dirname(copy.folder)).not.toBe(rig.root);
  expect(copy.env.GIT_CONFIG_GLOBAL).toBe(path.join(copy.root, 'home', '.gitconfig'));
});

test('neither a coding agent of this machine nor what keeps it awake is found by what a rig starts', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bin-'));
  for (const name of ['claude', 'systemd-inhibit', 'tool'])
    fs.writeFileSync(path.join(folder, name), '#!/bin/sh\n', {mode: 0o755});
  const search = searchPathForTests(`${folder}${path.delimiter}${folder}/other`).split(path.delimiter);
  expect(search[1]).toBe(`${folder}/other`);
  expect(fs.readdirSync(search[0]!)).toEqual(['tool']);
  fs.rmSync(folder, {recursive: true});
});
