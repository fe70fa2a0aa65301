// Attempts in the user's own checkout: what is his stays his, and what others leave there does not stay.

import {spawnSync} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {acquireLock} from '../../src/lock/lock.ts';
import {systemClock} from '../../src/platform/clock.ts';
import {ownIdentity} from '../../src/platform/processes/identity.ts';
import {claude, works} from '../rig/agent-scripts.ts';
import {FakeAgents} from '../rig/fake-agents.ts';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {fileAt, filesAt, outcomes, subjects, tasksIn} from './support.ts';

const ID = 'release';
const BRANCH = `milestone/${ID}`;
const SHARED = {settings: {isolation: 'shared'}};

/** What a person has changed in the checkout since the last commit. */
function changes(rig: MilestoneRig): string[] {
  const text = rig.git('status', '--porcelain', '--', ':!.milestones');
  return text === '' ? [] : text.split('\n').map(line => line.slice(3));
}

function rescues(rig: MilestoneRig): string[] {
  const text = rig.git('for-each-ref', '--format=%(refname)', 'refs/milestone/rescue');
  return text === '' ? [] : text.split('\n');
}

/** Have a `git` in front of the real one, which once kills whoever started it: round a call that is like a shell pattern. */
function killAtGit(rig: MilestoneRig, moment: 'before' | 'after', pattern: string): void {
  const folder = path.join(rig.root, 'killing-git');
  const git = spawnSync('sh', ['-c', 'command -v git'], {env: rig.env, encoding: 'utf8'}).stdout.trim();
  const kill = `case "$*" in (${pattern}) mkdir '${folder}/done' 2> /dev/null && kill -9 $PPID && exit 1;; esac`;
  const run = [`'${git}' "$@"`, 'code=$?'];
  const lines = moment === 'before' ? [kill, ...run] : [...run, kill];
  fs.mkdirSync(folder);
  fs.writeFileSync(path.join(folder, 'git'), ['#!/bin/sh', ...lines, 'exit $code', ''].join('\n'), {mode: 0o755});
  rig.env.PATH = `${folder}${path.delimiter}${rig.env.PATH}`;
}

test.concurrent('changes of a person are refused at every resume, and stay where they are', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone(ID, [{id: 'a', run: 'test -e mine && echo a > a', retries: 0}], SHARED);
  expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 4});
  rig.write('README', 'Mine.\n');
  rig.write('mine', 'mine\n');
  expect(await rig.milestone('retry', ID, 'a')).toMatchObject({exitCode: 0});
  for (let time = 1; time <= 2; time++) {
    expect(await rig.milestone('resume', ID)).toMatchObject({
      exitCode: 3,
      stderr: expect.stringMatching(/`README`, `mine`[\s\S]*git stash/),
    });
    expect([rig.read('README'), rig.read('mine')]).toEqual(['Mine.\n', 'mine\n']);
  }
  expect([tasksIn(rig, ID, 'task_started'), rescues(rig)]).toEqual([['a'], []]);
  rig.git('add', 'README', 'mine');
  rig.git('commit', '-q', '-m', 'Mine');
  expect(await rig.milestone('resume', ID)).toMatchObject({exitCode: 0});
  expect(fileAt(rig, BRANCH, 'README')).toBe('Mine.');
});

test.concurrent('what a person changes between two attempts keeps the next from beginning, and is not taken for its work', async () => {
  await using rig = await MilestoneRig.create();
  const agents = FakeAgents.into(rig, 'claude');
  agents.script('claude', 'b', works('claude', {b: 'b\n'}));
  const locks = rig.path('.git/milestone/locks/uses/port');
  const lock = acquireLock(locks, {purpose: 'execute', identity: ownIdentity(), clock: systemClock});
  await rig.writeMilestone(
    ID,
    [
      {id: 'a', run: 'echo a > a'},
      {id: 'b', dependencies: ['a'], uses: ['port']},
    ],
    SHARED,
  );
  const run = rig.milestone('execute', ID);
  await rig.waitForEvent(ID, 'task_completed');
  rig.write('README', 'Mine.\n');
  lock.release();
  expect(await run).toMatchObject({exitCode: 3, stderr: expect.stringMatching(/`README`[\s\S]*git stash/)});
  expect(outcomes(rig, ID)).toMatchObject([{kind: 'cancelled', message: expect.stringContaining('`README`')}]);
  expect(await rig.milestone('resume', ID)).toMatchObject({exitCode: 3});
  expect(rig.read('README')).toBe('Mine.\n');
  expect([tasksIn(rig, ID, 'task_started'), rescues(rig), agents.runs('claude')]).toEqual([['a', 'b'], [], []]);
  rig.git('checkout', '-q', 'README');
  expect(await rig.milestone('resume', ID)).toMatchObject({exitCode: 0});
  expect(filesAt(rig, BRANCH)).toEqual(['README', 'a', 'b']);
});

test.concurrent('an attempt that could not begin has left nothing: what lies there is a person’s', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone(ID, [{id: 'a', run: 'echo a > a'}], SHARED);
  killAtGit(rig, 'after', '*"symbolic-ref -m milestone: moving"*');
  expect(await rig.milestone('execute', ID)).toMatchObject({signal: 'SIGKILL'});
  expect([tasksIn(rig, ID, 'task_started'), outcomes(rig, ID)]).toEqual([['a'], []]);
  rig.write('README', 'Mine.\n');
  for (let time = 1; time <= 2; time++) {
    expect(await rig.milestone('resume', ID)).toMatchObject({exitCode: 3});
    expect(rig.read('README')).toBe('Mine.\n');
  }
  expect(rescues(rig)).toEqual([]);
});

test.concurrent('a switch to the branch that was cut off is finished, not taken for a person’s changes', async () => {
  await using rig = await MilestoneRig.create();
  const base = rig.commit('Second');
  await rig.writeMilestone(
    ID,
    [
      {id: 'a', run: 'echo a > a; echo changed > README'},
      {id: 'b', run: 'echo b > b', dependencies: ['a']},
    ],
    SHARED,
  );
  await rig.milestone('execute', ID, '--only', 'a');
  rig.git('checkout', '-q', '-B', 'main', base);
  // As it is when the files are those of the branch already, and the head is not.
  rig.git('restore', `--source=${BRANCH}`, '--staged', '--worktree', 'README', 'a');
  expect(await rig.milestone('resume', ID)).toMatchObject({exitCode: 0});
});

test.concurrent('what an attempt of a dead executor left is named with the ref that keeps it', async () => {
  await using rig = await MilestoneRig.create();
  const work = await rig.command('work');
  await rig.writeMilestone(ID, [{id: 'a', run: `test ! -e half || exit 9; echo half > half; ${work.shell}`}], SHARED);
  const run = rig.milestone('execute', ID);
  await work.nextRun();
  run.kill('SIGKILL');
  await run;
  const again = rig.milestone('resume', ID);
  await (await work.nextRun()).exit();
  const ref = `refs/milestone/rescue/${ID}/a.1`;
  expect(await again).toMatchObject({exitCode: 0, stderr: expect.stringContaining(`\`${ref}\``)});
  expect(fileAt(rig, ref, 'half')).toBe('half');
});

test.concurrent('what the checks of the base and the final check write does not stay', async () => {
  await using rig = await MilestoneRig.create();
  const agents = FakeAgents.into(rig, 'claude');
  agents.script('claude', 'a', works('claude', {a: 'a\n'}));
  const verify = 'test ! -e junk && mkdir junk && echo junk > junk/file && echo changed > README';
  const settings = {...SHARED.settings, verify, verify_final: `${verify} && rm a`};
  await rig.writeMilestone(ID, [{id: 'a'}], {settings});
  expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 0});
  expect([filesAt(rig, BRANCH), fileAt(rig, BRANCH, 'README')]).toEqual([['README', 'a'], 'A project.']);
  expect([changes(rig), rig.exists('junk'), rig.read('README')]).toEqual([[], false, 'A project.\n']);
});

test.concurrent('the base is checked as the branch has it', async () => {
  await using rig = await MilestoneRig.create({files: {old: 'old\n'}});
  rig.git('branch', 'start');
  rig.git('rm', '-q', 'old');
  rig.git('commit', '-q', '-m', 'Away');
  const agents = FakeAgents.into(rig, 'claude');
  agents.script('claude', 'a', works('claude', {a: 'a\n'}));
  const settings = {...SHARED.settings, base: 'start', verify: 'test -e old'};
  await rig.writeMilestone(ID, [{id: 'a'}], {settings});
  expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 0});
});

test.concurrent('while the base is checked, no attempt works in the checkout', async () => {
  await using rig = await MilestoneRig.create();
  const agents = FakeAgents.into(rig, 'claude');
  agents.script('claude', 'b', [claude.init, {write: {b: 'b\n'}}, claude.done()]);
  const check = await rig.command('check');
  const settings = {...SHARED.settings, verify: `echo junk > junk && ${check.shell}`};
  await rig.writeMilestone(ID, [{id: 'a', run: 'test ! -e junk && echo a > a', retries: 0}, {id: 'b'}], {settings});
  const run = rig.milestone('execute', ID);
  const first = await check.nextRun();
  expect(rig.events(ID).map(({event}) => event)).not.toContain('task_started');
  await first.exit();
  await (await check.nextRun()).exit();
  await (await check.nextRun()).exit();
  expect(await run).toMatchObject({exitCode: 0});
  expect(filesAt(rig, BRANCH)).toEqual(['README', 'a', 'b']);
});

test.concurrent('a check of the base waits for the attempt that works in the checkout', async () => {
  await using rig = await MilestoneRig.create();
  const agents = FakeAgents.into(rig, 'claude');
  agents.script('claude', 'b', works('claude', {b: 'b\n'}));
  const work = await rig.command('work');
  const a = {id: 'a', run: `echo a > a && ${work.shell}`, retries: 0};
  const settings = {...SHARED.settings, verify: 'test -e a'};
  await rig.writeMilestone(ID, [a], SHARED);
  const run = rig.milestone('execute', ID);
  const attempt = await work.nextRun();
  await rig.writeMilestone(ID, [a, {id: 'b'}], {settings});
  await rig.waitForEvent(ID, 'plan_changed');
  await attempt.exit();
  expect(await run).toMatchObject({exitCode: 0});
  expect(filesAt(rig, BRANCH)).toEqual(['README', 'a', 'b']);
  // Not while the attempt was at it: its files would have been taken for those of the check.
  const names = rig.events(ID).map(({event}) => event);
  expect(names.indexOf('baseline_checked')).toBeGreaterThan(names.indexOf('task_completed'));
});

test.concurrent('the final check is of the branch, whatever is checked out', async () => {
  await using rig = await MilestoneRig.create();
  const settings = {...SHARED.settings, verify_final: 'test -e a'};
  await rig.writeMilestone(
    ID,
    [
      {id: 'a', run: 'echo a > a'},
      {id: 'b', run: 'echo b > b'},
    ],
    {settings},
  );
  await rig.milestone('execute', ID, '--only', 'a');
  rig.git('checkout', '-q', 'main');
  expect(await rig.milestone('resume', ID)).toMatchObject({exitCode: 0});
  expect(rig.git('symbolic-ref', '--short', 'HEAD')).toBe(BRANCH);
});

test.concurrent('a commit that a dead executor got onto the branch is adopted without what lay beside it', async () => {
  await using rig = await MilestoneRig.create();
  const verify = 'echo junk > junk; echo changed > README';
  await rig.writeMilestone(
    ID,
    [
      {id: 'a', run: 'echo a > a', verify},
      {id: 'b', run: 'echo b > b', dependencies: ['a']},
    ],
    SHARED,
  );
  killAtGit(rig, 'after', '*"update-ref --no-deref -m milestone: a, attempt 1"*');
  expect(await rig.milestone('execute', ID)).toMatchObject({signal: 'SIGKILL'});
  expect([subjects(rig, ID).length, changes(rig)]).toEqual([1, expect.arrayContaining(['junk'])]);
  const ref = `refs/milestone/rescue/${ID}/a.1`;
  expect(await rig.milestone('resume', ID)).toMatchObject({exitCode: 0, stderr: expect.stringContaining(ref)});
  expect([filesAt(rig, BRANCH), fileAt(rig, BRANCH, 'README')]).toEqual([['README', 'a', 'b'], 'A project.']);
  expect([changes(rig), rig.exists('junk')]).toEqual([[], false]);
  expect(fileAt(rig, ref, 'junk')).toBe('junk');
});

test.concurrent('what lies beside work that is integrated after a crash is kept', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone(ID, [{id: 'a', run: 'echo a > a', verify: 'echo junk > junk'}], SHARED);
  killAtGit(rig, 'before', '*"update-ref --no-deref -m milestone: a, attempt 1"*');
  expect(await rig.milestone('execute', ID)).toMatchObject({signal: 'SIGKILL'});
  rig.write('README', 'Mine.\n');
  const ref = `refs/milestone/rescue/${ID}/a.1`;
  expect(await rig.milestone('resume', ID)).toMatchObject({exitCode: 0, stderr: expect.stringContaining(ref)});
  expect([changes(rig), fileAt(rig, ref, 'README')]).toEqual([[], 'Mine.']);
});

test.concurrent('temporary indexes of processes that are dead are cleared away, those of others are not', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone(ID, [{id: 'a', run: 'echo a > a'}], SHARED);
  const {pid: dead} = spawnSync('true');
  const left = [`milestone-index-${dead}-1`, `milestone-index-${dead}-2.lock`];
  const others = [`milestone-index-${process.pid}-1`, 'milestone-index-of-mine'];
  for (const name of [...left, ...others]) rig.write(`.git/${name}`, '');
  expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 0});
  const names = fs.readdirSync(rig.path('.git')).filter(name => name.startsWith('milestone-index-'));
  expect(names.sort()).toEqual([...others].sort());
});
