// `milestone land`: a milestone gets into the branch that it began at, checked there, whatever that branch did meanwhile.

import fs from 'node:fs';
import path from 'node:path';
import {describe, expect, test} from 'vitest';
import {copiesOf} from '../rig/copies.ts';
import {MilestoneRig, type RigOptions} from '../rig/milestone-rig.ts';

const ID = 'auth';

/** Two tasks, done on the milestone's branch; `main` is checked out and where it was. */
const completedRig = copiesOf(() => completeRig());

const CHECKS = {verify: 'sh "$HOME/check"', verify_final: 'sh "$HOME/final-check"'};

/** The same, with checks that were green so far; no copy, as its checks run. */
async function checkedRig({check = '', final = ''}): Promise<MilestoneRig> {
  const rig = await completeRig(CHECKS);
  writeChecks(rig, check, final);
  return rig;
}

function writeChecks(rig: MilestoneRig, check: string, final: string): void {
  fs.writeFileSync(path.join(rig.root, 'home', 'check'), check);
  fs.writeFileSync(path.join(rig.root, 'home', 'final-check'), final);
}

async function completeRig(settings: Record<string, unknown> = {}, options: RigOptions = {}): Promise<MilestoneRig> {
  const rig = await MilestoneRig.create({files: {'shared.txt': 'one\ntwo\nthree\n'}, ...options});
  writeChecks(rig, '', '');
  await rig.writeMilestone(
    ID,
    [
      {id: 'a', title: 'Do a', run: 'echo a > a.txt'},
      {id: 'b', run: 'sed -i s/two/TWO/ shared.txt', dependencies: ['a']},
    ],
    {title: 'The auth API', settings},
  );
  const ended = await rig.milestone('execute', ID);
  if (ended.exitCode !== 0) throw new Error(ended.stderr);
  return rig;
}

/** What somebody has who clones `main`. */
async function cloneOf(rig: MilestoneRig): Promise<MilestoneRig> {
  const clone = await MilestoneRig.create({git: false, commit: false});
  fs.rmSync(clone.folder, {recursive: true});
  rig.git('clone', '-q', '--no-local', '--single-branch', '--branch', 'main', rig.folder, clone.folder);
  return clone;
}

/** Somebody else's commit on `main`. */
function moveMain(rig: MilestoneRig, files: Record<string, string>): string {
  for (const [name, text] of Object.entries(files)) rig.write(name, text);
  rig.git('add', ...Object.keys(files));
  rig.git('commit', '-q', '-m', 'Meanwhile');
  return rig.git('rev-parse', 'main');
}

const firstParents = (rig: MilestoneRig, branch = 'main') =>
  rig.git('log', '--first-parent', '--format=%s', branch).split('\n');

function expectNoSlots(rig: MilestoneRig): void {
  expect(rig.git('worktree', 'list', '--porcelain').match(/^worktree /gm)).toHaveLength(1);
  const left = fs.existsSync(rig.stateFolder) ? fs.readdirSync(rig.stateFolder, {recursive: true}) : [];
  expect(left.filter(name => name !== 'milestone')).toEqual([]);
}

describe('what lands', () => {
  test.concurrent('becomes one merge commit, whose files the clean checkout has, with the record beside it', async () => {
    await using rig = await checkedRig({check: 'test -s README', final: 'grep -q TWO shared.txt'});
    const before = rig.git('rev-parse', 'main');
    const {landed, ok} = (await rig.milestone('land', ID, '--json')).json();
    expect(ok).toBe(true);
    expect(landed).toMatchObject({into: 'main', kind: 'merge', tasks: ['a', 'b'], already: false});
    expect(landed.checks).toMatchObject([
      {name: 'milestone', command: CHECKS.verify, ok: true},
      {name: 'final', command: CHECKS.verify_final, ok: true},
    ]);
    expect(landed.commit).toBe(rig.git('rev-parse', 'main'));
    expect(firstParents(rig)).toEqual(['Merge milestone auth: The auth API', 'First commit']);
    expect(rig.git('rev-parse', 'main^1')).toBe(before);
    // The record is the milestone's side of the merge, right on its last commit; its own branch has none of it.
    expect(rig.git('rev-parse', 'main^2^')).toBe(rig.git('rev-parse', `milestone/${ID}`));
    expect(rig.git('log', '-1', '--format=%s', 'main^2')).toBe('Record milestone auth');
    expect(rig.git('show', '--format=', '--name-only', 'main^2')).toBe(rig.planFile(ID, 'completed'));
    expect(rig.git('ls-tree', '-r', '--name-only', `milestone/${ID}`)).not.toContain('.milestones');
    const message = rig.git('log', '-1', '--format=%B', 'main');
    expect(message).toContain('- a: Do a\n- b\n');
    expect(message).toMatch(/\nMilestone: auth\nExecution: \S+\n$/);
    // The checkout has followed, and has nothing to commit but what was never the milestone's.
    expect(rig.read('a.txt')).toBe('a\n');
    expect(rig.read('shared.txt')).toContain('TWO');
    expect(rig.git('status', '--porcelain')).toBe('?? .milestones/.gitignore');
    expect(rig.git('show', `main:${rig.planFile(ID, 'completed')}`)).toBe(
      rig.read(rig.planFile(ID, 'completed')).trimEnd(),
    );
    expect(rig.events(ID).slice(-2)).toMatchObject([
      {event: 'milestone_landing', details: {into: 'main', onto: before, commit: landed.commit}},
      {event: 'milestone_landed', details: {into: 'main', commit: landed.commit, kind: 'merge'}},
    ]);
    expect((await rig.status(ID)).git).toMatchObject({landed: true});
    expect((await rig.milestone('status', ID)).stdout).toContain(', landed\n');
    expectNoSlots(rig);
    expect(rig.processesLeft()).toEqual([]);
  });

  test.concurrent('landing again says so, and so does the status; nothing moves', async () => {
    await using rig = await completedRig();
    const first = await rig.milestone('land');
    expect(first).toMatchObject({exitCode: 0, stdout: expect.stringContaining('unchecked')});
    const [main, seq] = [rig.git('rev-parse', 'main'), rig.events(ID).length];
    expect(await rig.milestone('land')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('is in `main` already'),
    });
    expect((await rig.milestone('land', ID, '--squash', '--json')).json().landed).toMatchObject({
      already: true,
      commit: main,
    });
    expect(rig.git('rev-parse', 'main')).toBe(main);
    expect(rig.events(ID)).toHaveLength(seq);
  });

  test.concurrent('squashed it is one commit, record and all, and whoever requires it builds on that', async () => {
    await using rig = await completedRig();
    moveMain(rig, {'other.txt': 'other\n'});
    const {landed} = (await rig.milestone('land', ID, '--squash', '--json')).json();
    expect(landed).toMatchObject({kind: 'squash'});
    expect(firstParents(rig)).toEqual(['The auth API (milestone auth)', 'Meanwhile', 'First commit']);
    expect(rig.git('rev-list', '--merges', 'main')).toBe('');
    expect(rig.git('show', `main:${rig.planFile(ID, 'completed')}`)).toBe(
      rig.read(rig.planFile(ID, 'completed')).trimEnd(),
    );
    expect(rig.git('status', '--porcelain')).toBe('?? .milestones/.gitignore');
    expect((await rig.status(ID)).git).toMatchObject({landed: true});
    expect((await rig.milestone('land', ID, '--json')).json().landed).toMatchObject({already: true});
    expect(await rig.milestone('doctor')).toMatchObject({exitCode: 0});
    await rig.writeMilestone('next', [{id: 'n', run: 'cp a.txt n.txt'}], {dependencies: {requires: [ID]}});
    expect(await rig.milestone('execute', 'next')).toMatchObject({exitCode: 0});
    expect(rig.events('next').find(({event}) => event === 'branch_created')).toMatchObject({details: {merged: []}});
  });

  test.concurrent('fast-forwarded it has no commit that joins, and where the branch has moved it is refused', async () => {
    await using rig = await completedRig();
    const head = rig.git('rev-parse', `milestone/${ID}`);
    const {landed} = (await rig.milestone('land', ID, '--ff', '--no-record', '--json')).json();
    expect(landed).toMatchObject({kind: 'ff', commit: head});
    expect(rig.git('rev-parse', 'main')).toBe(head);
    await using moved = await completedRig();
    const main = moveMain(moved, {'other.txt': 'other\n'});
    expect(await moved.milestone('land', ID, '--ff')).toMatchObject({
      exitCode: 3,
      stderr: expect.stringMatching(/`main` has moved.*\nhint: milestone land auth --merge/),
    });
    expect(moved.git('rev-parse', 'main')).toBe(main);
  });

  test.concurrent('without a record, and where git ignores the home, its plan stays out', async () => {
    await using rig = await completedRig();
    await rig.milestone('land', ID, '--no-record');
    expect(rig.git('ls-tree', '-r', '--name-only', 'main')).not.toContain('.milestones');
    await using ignoring = await completeRig({}, {files: {'shared.txt': 'two\n', '.gitignore': '.milestones/\n'}});
    expect(await ignoring.milestone('land', ID)).toMatchObject({exitCode: 0});
    expect(ignoring.git('rev-parse', 'main^2')).toBe(ignoring.git('rev-parse', `milestone/${ID}`));
  });

  test.concurrent('a plan that was committed where it was active moves with the record; other files of the home stay', async () => {
    await using rig = await MilestoneRig.create();
    await rig.writeMilestone(ID, [{id: 'a', run: 'echo a > a.txt'}]);
    await rig.writeMilestone('later', [{id: 'x', run: 'true'}]);
    rig.commit('The plans');
    await rig.milestone('execute', ID);
    rig.write(rig.planFile('later'), 'half written');
    expect(await rig.milestone('land', ID)).toMatchObject({exitCode: 0});
    expect(rig.git('diff', '--name-status', 'main^1', 'main', '--', '.milestones')).toMatch(
      /^D\t.*active\/auth.yaml\nA\t.*completed\/auth.yaml$/,
    );
    expect(rig.read(rig.planFile('later'))).toBe('half written');
    expect(rig.git('status', '--porcelain').split('\n')).toEqual([
      ` M ${rig.planFile('later')}`,
      '?? .milestones/.gitignore',
    ]);
  });
});

describe('a branch that has moved', () => {
  test.concurrent('gets both, checked together', async () => {
    await using rig = await checkedRig({final: 'test -s other.txt && test -s a.txt'});
    moveMain(rig, {'other.txt': 'other\n'});
    expect(await rig.milestone('land', ID)).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining(`✔ ${CHECKS.verify_final}`),
    });
    expect(rig.read('other.txt') + rig.read('a.txt')).toBe('other\na\n');
    expect(rig.git('status', '--porcelain')).toBe('?? .milestones/.gitignore');
  });

  test.concurrent('stays where it was when the whole is red, exit 4 with the end of the output', async () => {
    await using rig = await checkedRig({check: 'echo why; ! test -e other.txt'});
    const main = moveMain(rig, {'other.txt': 'other\n'});
    const red = await rig.milestone('land', ID, '--json');
    expect(red.exitCode).toBe(4);
    expect(red.json().error).toMatchObject({
      code: 'CHECK_RED',
      message: expect.stringMatching(/HOME\/check.*exit code 1.*why/s),
    });
    expect(rig.git('rev-parse', 'main')).toBe(main);
    expect(rig.events(ID).map(({event}) => event)).not.toContain('milestone_landing');
    expect((await rig.status(ID)).git).toMatchObject({landed: false});
    expectNoSlots(rig);
    // Mended on the milestone's branch, by a commit of a person's.
    rig.git('rm', '-q', 'other.txt');
    rig.git('commit', '-q', '-m', 'Take it back');
    expect(await rig.milestone('land', ID)).toMatchObject({exitCode: 0});
  });

  test.concurrent('that conflicts is exit 3 and names the files, and a merge of it into the milestone mends it', async () => {
    await using rig = await completedRig();
    const main = moveMain(rig, {'shared.txt': 'one\n2\nthree\n'});
    for (const flags of [[], ['--dry-run']]) {
      const {exitCode, stderr} = await rig.milestone('land', ID, ...flags);
      expect([exitCode, stderr]).toEqual([3, expect.stringContaining('conflicts with `main` in `shared.txt`')]);
    }
    expect(rig.git('rev-parse', 'main')).toBe(main);
    rig.git('switch', '-q', `milestone/${ID}`);
    rig.git('merge', '-q', '-X', 'ours', 'main');
    rig.git('switch', '-q', 'main');
    expect(await rig.milestone('land', ID)).toMatchObject({exitCode: 0});
    expect(rig.read('shared.txt')).toContain('TWO');
  });

  test.concurrent('while the checks run is joined and checked anew', async () => {
    await using rig = await completeRig();
    const check = await rig.command('check');
    rig.write('.milestones/config.yaml', `settings:\n  verify: ${JSON.stringify(check.shell)}\n`);
    const landing = rig.milestone('land', ID);
    const first = await check.nextRun();
    rig.git('commit', '-q', '--allow-empty', '-m', 'In between');
    await first.exit(0);
    await (await check.nextRun()).exit(0);
    expect(await landing).toMatchObject({exitCode: 0});
    expect(firstParents(rig)).toEqual(['Merge milestone auth: The auth API', 'In between', 'First commit']);
    expect(check.timesRun).toBe(2);
  });
});

describe('checkouts of the branch', () => {
  test.concurrent('that are dirty are named, exit 3, and nothing is checked or moved', async () => {
    await using rig = await checkedRig({final: 'touch "$HOME/checked"'});
    const main = rig.git('rev-parse', 'main');
    rig.write('shared.txt', 'mine\n');
    for (const flags of [[], ['--dry-run']]) {
      const {exitCode, stderr} = await rig.milestone('land', ID, ...flags);
      expect([exitCode, stderr]).toEqual([3, expect.stringMatching(/repo` has `main` checked out.*`shared.txt`/)]);
      expect(stderr).toContain(`, then \`milestone land ${ID}\`\n`);
    }
    expect(rig.git('rev-parse', 'main')).toBe(main);
    expect(fs.existsSync(path.join(rig.root, 'home', 'checked'))).toBe(false);
    expect(rig.read('shared.txt')).toBe('mine\n');
    // Or it gets dirty while the checks run.
    rig.git('checkout', '-q', 'shared.txt');
    writeChecks(rig, `echo mine > '${rig.path('shared.txt')}'`, '');
    expect(await rig.milestone('land', ID)).toMatchObject({exitCode: 3, stderr: expect.stringContaining('shared.txt')});
    expect(rig.git('rev-parse', 'main')).toBe(main);
    expectNoSlots(rig);
    writeChecks(rig, '', '');
    // What the hint says takes away all of that, but no plan.
    rig.write('note.txt', 'mine\n');
    const {stderr} = await rig.milestone('land', ID);
    const [, putAside] = /\(`(git stash [^`]*)`\)/.exec(stderr) as RegExpExecArray;
    expect(await rig.start('sh', '-c', putAside as string)).toMatchObject({exitCode: 0});
    expect(await rig.milestone('land', ID)).toMatchObject({exitCode: 0});
    expect(fs.existsSync(rig.path('note.txt'))).toBe(false);
  });

  test.concurrent('elsewhere follow, too, with the record; one of another branch stays as it is', async () => {
    await using rig = await completedRig();
    rig.git('switch', '-q', '-c', 'mine');
    rig.write('shared.txt', 'unfinished\n');
    const other = path.join(rig.root, 'other');
    rig.git('worktree', 'add', '-q', other, 'main');
    expect(await rig.milestone('land', ID)).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('other follows'),
    });
    expect(fs.readFileSync(path.join(other, 'a.txt'), 'utf8')).toBe('a\n');
    expect(fs.existsSync(path.join(other, rig.planFile(ID, 'completed')))).toBe(true);
    expect(rig.git('-C', other, 'status', '--porcelain')).toBe('');
    expect(rig.read('shared.txt')).toBe('unfinished\n');
    expect(rig.exists('a.txt')).toBe(false);
  });

  test.concurrent('a branch that nobody has checked out moves all the same', async () => {
    await using rig = await completedRig();
    rig.git('branch', 'release');
    rig.write('shared.txt', 'unfinished\n');
    expect((await rig.milestone('land', ID, '--into', 'release', '--json')).json().landed).toMatchObject({
      into: 'release',
      followed: [],
    });
    expect(rig.git('show', 'release:a.txt')).toBe('a');
    expect(rig.read('shared.txt')).toBe('unfinished\n');
  });
});

test.concurrent('milestones that land at the same time land one after the other, and the checkout has all of them', async () => {
  await using rig = await MilestoneRig.create();
  const ids = ['m1', 'm2', 'm3'];
  for (const id of ids) await rig.writeMilestone(id, [{id: 'a', run: `echo ${id} > ${id}.txt`}]);
  await Promise.all(ids.map(id => rig.milestone('execute', id)));
  const ended = await Promise.all(ids.map(id => rig.milestone('land', id)));
  expect(ended.map(({exitCode, stderr}) => [exitCode, stderr])).toEqual(ids.map(() => [0, '']));
  expect(ids.map(id => rig.read(`${id}.txt`))).toEqual(ids.map(id => `${id}\n`));
  expect(rig.git('status', '--porcelain')).toBe('?? .milestones/.gitignore');
});

describe('what is not complete', () => {
  test.concurrent('is refused, and lands as far as it is done with --partial', async () => {
    await using rig = await MilestoneRig.create();
    await rig.writeMilestone(ID, [
      {id: 'a', run: 'echo a > a.txt'},
      {id: 'b', run: 'test -e now && echo b > b.txt', retries: 0, dependencies: ['a']},
    ]);
    expect(await rig.milestone('land', ID)).toMatchObject({exitCode: 3, stderr: expect.stringContaining('is planned')});
    await rig.milestone('execute', ID);
    expect(await rig.milestone('land', ID)).toMatchObject({
      exitCode: 3,
      stderr: expect.stringMatching(/is blocked, not completed\nhint: .*milestone land auth --partial/),
    });
    expect((await rig.milestone('land', ID, '--partial', '--json')).json().landed).toMatchObject({tasks: ['a']});
    expect(rig.read('a.txt')).toBe('a\n');
    expect((await rig.status(ID)).git).toMatchObject({landed: false});
    await rig.milestone('retry', ID);
    await rig.writeMilestone(ID, [
      {id: 'a', run: 'echo a > a.txt'},
      {id: 'b', run: 'echo b > b.txt', retries: 0, dependencies: ['a']},
    ]);
    expect(await rig.milestone('resume', ID)).toMatchObject({exitCode: 0});
    expect(await rig.milestone('land', ID)).toMatchObject({exitCode: 0});
    expect(rig.read('b.txt')).toBe('b\n');
    expect(firstParents(rig)).toEqual(['Merge milestone auth', 'Merge milestone auth', 'First commit']);
    expect((await rig.status(ID)).git).toMatchObject({landed: true});
  });

  test.concurrent('is not landed while an executor is at work, nor from inside an attempt', async () => {
    await using rig = await MilestoneRig.create();
    const work = await rig.command('work');
    await rig.writeMilestone(ID, [{id: 'a', run: work.shell}]);
    const execution = rig.milestone('execute', ID);
    const run = await work.nextRun();
    expect(await rig.milestone('land', ID, '--partial')).toMatchObject({exitCode: 5});
    await run.exit(0);
    await execution;
    expect(await rig.milestone('land', ID, {env: {MILESTONE_RUN: 'x'}})).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('inside an attempt'),
    });
  });

  test.concurrent('what was executed without git, or began at no branch, says what to do', async () => {
    await using rig = await MilestoneRig.create({git: false});
    await rig.writeMilestone(ID, [{id: 'a', run: 'true'}]);
    await rig.milestone('execute', ID);
    expect(await rig.milestone('land', ID)).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('without git'),
    });
    await using detached = await MilestoneRig.create();
    detached.git('checkout', '-q', '--detach');
    await detached.writeMilestone(ID, [{id: 'a', run: 'echo a > a.txt'}]);
    await detached.milestone('execute', ID);
    expect(await detached.milestone('land', ID)).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('--into'),
    });
    expect(await detached.milestone('land', ID, '--into', 'mian')).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('`main`'),
    });
    expect(await detached.milestone('land', ID, '--into', `milestone/${ID}`)).toMatchObject({exitCode: 2});
    expect(await detached.milestone('land', ID, '--ff', '--squash')).toMatchObject({exitCode: 2});
    expect(await detached.milestone('land', ID, '--into', 'main')).toMatchObject({exitCode: 0});
    expect(detached.git('show', 'main:a.txt')).toBe('a');
  });
});

test.concurrent('what a person merged by hand has landed: status says it, and land brings the record alone', async () => {
  await using rig = await checkedRig({final: 'grep -q TWO shared.txt'});
  rig.git('merge', '-q', '--no-ff', '-m', 'By hand', `milestone/${ID}`);
  expect((await rig.status(ID)).git).toMatchObject({landed: true});
  const main = rig.git('rev-parse', 'main');
  const land = async (...flags: string[]) => (await rig.milestone('land', ID, '--json', ...flags)).json();
  expect((await land('--no-record')).landed).toMatchObject({already: true, into: 'main'});
  expect(rig.git('rev-parse', 'main')).toBe(main);
  expect(rig.events(ID).at(-1)).toMatchObject({event: 'milestone_landed', details: {into: 'main'}});
  expect((await land()).landed).toMatchObject({
    already: false,
    into: 'main',
    checks: [{ok: true}, {name: 'final', ok: true}],
  });
  expectRecordAlone(rig, main);
  expect((await land('--dry-run')).would).toMatchObject({already: true});
  expect((await land()).landed).toMatchObject({already: true, commit: rig.git('rev-parse', 'main')});
  expectRecordAlone(rig, main);
  expectNoSlots(rig);
});

test.concurrent('who has merged it may delete its branch: it has landed, and is not called unchecked', async () => {
  await using rig = await checkedRig({});
  const head = rig.git('rev-parse', `milestone/${ID}`);
  rig.git('branch', '-q', '-D', `milestone/${ID}`);
  for (const flags of [[], ['--dry-run']])
    expect(await rig.milestone('land', ID, ...flags)).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining(`git branch milestone/${ID} ${head}`),
    });
  rig.git('merge', '-q', '--no-ff', '-m', 'By hand', head);
  expect(await rig.milestone('land', ID)).toMatchObject({exitCode: 0, stdout: expect.stringContaining(CHECKS.verify)});
  forgetLanding(rig);
  // Nothing is left to check: it had moved.
  const again = await rig.milestone('land', ID);
  expect(again).toMatchObject({exitCode: 0, stdout: expect.stringContaining('is in `main`')});
  expect(again.stdout).not.toContain('unchecked');
  expect((await rig.milestone('land', ID, '--json')).json().landed).toMatchObject({already: true});
});

test.concurrent('where nothing was committed when it began, its branch gets its first commits', async () => {
  await using rig = await MilestoneRig.create({commit: false});
  await rig.writeMilestone(ID, [{id: 'a', run: 'echo a > a.txt'}]);
  await rig.milestone('execute', ID);
  const dryRun = await rig.milestone('land', ID, '--dry-run', '--json');
  expect(dryRun.json().would).toMatchObject({into: 'main', already: false});
  expect(rig.git('for-each-ref', '--format=%(refname)', 'refs/heads')).toBe(`refs/heads/milestone/${ID}`);
  rig.write('mine.txt', 'mine\n');
  expect(await rig.milestone('land', ID)).toMatchObject({exitCode: 3, stderr: expect.stringContaining('mine.txt')});
  fs.rmSync(rig.path('mine.txt'));
  expect(await rig.milestone('land', ID)).toMatchObject({exitCode: 0});
  expect(rig.read('a.txt')).toBe('a\n');
  expect(rig.git('status', '--porcelain')).toBe('?? .milestones/.gitignore');
  expect(rig.git('log', '-1', '--format=%s', 'main')).toMatch(/^Merge milestone auth/);
});

test.concurrent('a clone of a branch that lacks it has not landed, and says what is missing', async () => {
  await using rig = await completedRig();
  rig.git('add', '.milestones');
  rig.git('commit', '-q', '-m', 'The plan alone');
  await using clone = await cloneOf(rig);
  expect((await clone.status(ID)).git).toMatchObject({landed: false});
  expect(await clone.milestone('land', ID)).toMatchObject({exitCode: 3, stderr: expect.stringContaining('elsewhere')});
});

test.concurrent('after a death between the move and its record, one more call lands what has come since', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone(ID, [
    {id: 'a', run: 'echo a > a.txt'},
    {id: 'b', run: 'echo b > b.txt', dependencies: ['a']},
  ]);
  await rig.milestone('execute', ID, '--only', 'a');
  expect(await rig.milestone('land', ID, '--partial')).toMatchObject({exitCode: 0});
  forgetLanding(rig);
  expect(await rig.milestone('resume', ID)).toMatchObject({exitCode: 0});
  expect(await rig.milestone('land', ID)).toMatchObject({exitCode: 0});
  expect(rig.read('b.txt')).toBe('b\n');
  expect(rig.git('show', `main:${rig.planFile(ID, 'completed')}`)).toContain('status: completed');
  expect(rig.events(ID).filter(({event}) => event === 'milestone_landed')).toHaveLength(2);
  expectNoSlots(rig);
});

/** As it was before the last line of the log was written. */
function forgetLanding(rig: MilestoneRig): void {
  const log = rig.path(`.milestones/logs/execution-${ID}.jsonl`);
  const lines = fs.readFileSync(log, 'utf8').trimEnd().split('\n');
  expect(lines.pop()).toContain('"milestone_landed"');
  fs.writeFileSync(log, `${lines.join('\n')}\n`);
  fs.rmSync(rig.path('.milestones/cache'), {recursive: true, force: true});
}

/** `main` is one commit further, which has what the home has of the completed milestone. */
function expectRecordAlone(rig: MilestoneRig, before: string): void {
  expect(rig.git('rev-parse', 'main^@')).toBe(before);
  expect(rig.git('log', '-1', '--format=%s', 'main')).toBe('Record milestone auth');
  expect(rig.git('ls-tree', '-r', '--name-only', 'main', '.milestones/')).toBe(rig.planFile(ID, 'completed'));
  expect(rig.git('show', `main:${rig.planFile(ID, 'completed')}`)).toBe(
    rig.read(rig.planFile(ID, 'completed')).trimEnd(),
  );
  expect(rig.git('status', '--porcelain')).toBe('?? .milestones/.gitignore');
}

test.concurrent.each([['--merge'], ['--squash'], ['--ff']])(
  'after --partial %s and a completion without another commit, the record goes alone, and who clones can build on it',
  async kind => {
    await using rig = await MilestoneRig.create();
    await rig.writeMilestone(ID, [
      {id: 'a', run: 'echo a > a.txt'},
      {id: 'b', run: 'true', dependencies: ['a']},
    ]);
    await rig.milestone('execute', ID, '--only', 'a');
    expect(await rig.milestone('land', ID, '--partial', kind)).toMatchObject({exitCode: 0});
    // Its record is still to land.
    expect(await rig.milestone('resume', ID)).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/\nnext: `milestone diff auth`, then `milestone land auth`\n$/),
    });
    if (kind === '--merge') {
      expect((await rig.milestone()).stdout).toContain('\n  milestone land auth\n');
      expect((await rig.milestone('report', '--json')).json().report.land).toEqual(['milestone land auth']);
    }
    const main = rig.git('rev-parse', 'main');
    expect((await rig.milestone('land', ID, '--json')).json().landed).toMatchObject({
      already: false,
      kind: kind.slice(2),
      tasks: ['a', 'b'],
    });
    expectRecordAlone(rig, main);
    if (kind === '--merge') {
      expect((await rig.milestone('land', ID, '--json')).json().landed).toMatchObject({already: true});
      expectRecordAlone(rig, main);
      expect((await rig.milestone()).stdout).not.toContain('milestone land');
      return;
    }
    await using clone = await cloneOf(rig);
    await clone.writeMilestone('next', [{id: 'n', run: 'cp a.txt n.txt'}], {dependencies: {requires: [ID]}});
    expect(await clone.milestone('execute', 'next')).toMatchObject({exitCode: 0});
    expect(clone.git('show', 'milestone/next:n.txt')).toBe('a');
  },
);

test.concurrent.each([['--merge'], ['--squash'], ['--ff']])(
  'after %s, who clones has all that a milestone requires which builds on it',
  async kind => {
    await using rig = await completedRig();
    expect(await rig.milestone('land', ID, kind)).toMatchObject({exitCode: 0});
    await using clone = await cloneOf(rig);
    expect(await clone.status(ID)).toMatchObject({
      status: 'completed',
      progress: {percentage: 100},
      needs_you: [],
      git: {landed: true},
    });
    expect((await clone.milestone('land', ID, '--json')).json()).toMatchObject({
      ok: true,
      landed: {into: 'main', tasks: ['a', 'b'], already: true},
    });
    if (kind === '--merge') {
      expect(await clone.milestone('land', ID, '--into', 'main')).toMatchObject({
        exitCode: 0,
        stdout: expect.stringContaining('is in `main` already'),
      });
      expect((await clone.milestone('list', '--json')).json().milestones).toMatchObject([
        {id: ID, status: 'completed'},
      ]);
      expect(await clone.milestone('validate')).toMatchObject({exitCode: 0});
    }
    await clone.writeMilestone('next', [{id: 'n', run: 'cp a.txt n.txt'}], {dependencies: {requires: [ID]}});
    expect(await clone.milestone('execute', 'next')).toMatchObject({exitCode: 0});
    expect(clone.git('show', 'milestone/next:n.txt')).toBe('a');
  },
);

test.concurrent('no hook of the user runs, unless `git.hooks` says so', async () => {
  await using rig = await completedRig();
  const hooks = rig.path('.git/hooks');
  const said = path.join(rig.root, 'hooked');
  for (const name of [
    'pre-commit',
    'commit-msg',
    'pre-merge-commit',
    'post-merge',
    'post-checkout',
    'reference-transaction',
    'post-commit',
  ])
    fs.writeFileSync(path.join(hooks, name), `#!/bin/sh\necho ${name} >> '${said}'\n`, {mode: 0o755});
  expect(await rig.milestone('land', ID)).toMatchObject({exitCode: 0});
  expect(fs.existsSync(said)).toBe(false);
  await using refusing = await completedRig();
  refusing.write('.milestones/config.yaml', 'settings:\n  git: {hooks: true}\n');
  fs.writeFileSync(refusing.path('.git/hooks/commit-msg'), '#!/bin/sh\necho "no ticket"; exit 1\n', {mode: 0o755});
  const main = refusing.git('rev-parse', 'main');
  expect(await refusing.milestone('land', ID)).toMatchObject({
    exitCode: 4,
    stderr: expect.stringContaining('no ticket'),
  });
  expect(refusing.git('rev-parse', 'main')).toBe(main);
  fs.writeFileSync(refusing.path('.git/hooks/commit-msg'), '#!/bin/sh\necho "Ticket: 7" >> "$1"\n', {mode: 0o755});
  expect(await refusing.milestone('land', ID)).toMatchObject({exitCode: 0});
  expect(refusing.git('log', '-1', '--format=%B', 'main')).toContain('Ticket: 7');
});

test.concurrent('a signal ends the checks, exit 130, and nothing has moved', async () => {
  await using rig = await completeRig();
  const check = await rig.command('check');
  rig.write('.milestones/config.yaml', `settings:\n  verify_final: ${JSON.stringify(check.shell)}\n`);
  const landing = rig.milestone('land', ID);
  await check.nextRun();
  process.kill(landing.pid, 'SIGINT');
  expect(await landing).toMatchObject({exitCode: 130});
  expect(rig.git('log', '--format=%s', 'main')).toBe('First commit');
  await rig.untilNoProcessLeft();
  expectNoSlots(rig);
});

test.concurrent('in shared mode the checks have a folder of their own, and the checkout stays on its branch', async () => {
  await using rig = await completeRig({isolation: 'shared', verify_final: 'grep -q TWO shared.txt'});
  expect(rig.git('branch', '--show-current')).toBe(`milestone/${ID}`);
  const {exitCode, stdout} = await rig.milestone('land', ID);
  expect(exitCode).toBe(0);
  expect(rig.git('branch', '--show-current')).toBe(`milestone/${ID}`);
  expect(rig.git('show', 'main:a.txt')).toBe('a');
  expectNoSlots(rig);
  // Git alone would stop at the plan, which the checkout does not know and the branch has.
  const [, command] = /would stop at it: `(.*)`$/m.exec(stdout) as RegExpExecArray;
  expect(await rig.start('sh', '-c', command as string)).toMatchObject({exitCode: 0});
  expect(rig.git('branch', '--show-current')).toBe('main');
  expect(rig.git('status', '--porcelain')).toBe('?? .milestones/.gitignore');
});
