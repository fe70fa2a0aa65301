// Every kind of repository, and everything a person may do to the branch meanwhile.

import fs from 'node:fs';
import {describe, expect, test} from 'vitest';
import {acquireLock} from '../../src/lock/lock.ts';
import {systemClock} from '../../src/platform/clock.ts';
import {ownIdentity} from '../../src/platform/processes/identity.ts';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {
  eventsOf,
  everythingBelow,
  fileAt,
  filesAt,
  outcomes,
  readPlan,
  subjects,
  tasksIn,
  usersThings,
} from './support.ts';

const ID = 'release';
const BRANCH = `milestone/${ID}`;
const ONE = [{id: 'a', title: 'Write a', run: 'echo a > a'}];

/** A task that runs to its end only when the test says so, and then leaves a file of its name. */
async function held(rig: MilestoneRig, id: string, extra: Record<string, unknown> = {}) {
  const command = await rig.command(id);
  return {command, task: {id, run: `(${command.shell}) && echo ${id} > ${id}`, ...extra}};
}

describe('commits', () => {
  test.concurrent('a commit says what it is, for whom and by which execution', async () => {
    await using rig = await MilestoneRig.create();
    await rig.writeMilestone(ID, [
      {id: 'a', title: 'Write a', run: 'echo a > a', verify: 'test -s a'},
      {id: 'b', title: 'Mend b', run: 'echo b > b', type: 'fix', dependencies: ['a']},
      {id: 'none', title: 'Nothing', run: 'true', dependencies: ['b']},
    ]);
    expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 0});
    expect(subjects(rig, ID)).toEqual([`feat(milestone-${ID}): Write a`, `fix(milestone-${ID}): Mend b`]);
    const plan = readPlan(rig, ID, 'completed');
    const trailers = (key: string) =>
      rig.git('log', '-1', `--format=%(trailers:key=${key},valueonly,separator=)`, `${BRANCH}~1`);
    expect(['Task', 'Milestone', 'Attempt', 'Execution'].map(trailers)).toEqual(['a', ID, '1', plan.execution.id]);
    expect(rig.git('log', '-1', '--format=%b', `${BRANCH}~1`)).toContain('test -s a');
    expect(rig.git('log', '-1', '--format=%an <%ae>', BRANCH)).toBe('Ada <ada@example.com>');
    expect(plan.execution).toMatchObject({
      branch: BRANCH,
      base: rig.git('rev-parse', 'main'),
      commit: rig.git('rev-parse', BRANCH),
    });
    expect(plan.tasks.map((task: {commit?: string}) => task.commit)).toEqual([
      rig.git('rev-parse', `${BRANCH}~1`),
      rig.git('rev-parse', BRANCH),
      undefined,
    ]);
    expect(rig.git('rev-list', '--merges', BRANCH)).toBe('');
  });

  test.concurrent('what a person has in checkout, index and stash stays byte for byte, and slots go at the end', async () => {
    await using rig = await MilestoneRig.create({files: {'a.txt': '1\n', 'b.txt': '1\n', '.gitignore': 'ignored\n'}});
    rig.write('a.txt', 'stashed\n');
    rig.git('stash');
    rig.write('b.txt', 'staged\n');
    rig.git('add', 'b.txt');
    rig.write('b.txt', 'changed\n');
    rig.write('untracked', 'mine\n');
    rig.write('ignored', 'mine\n');
    const mine = usersThings(rig);
    await rig.writeMilestone(ID, [
      {id: 'x', run: 'test "$(cat b.txt)" = 1 && test ! -e untracked && echo x > a.txt && echo x > x'},
      {id: 'y', run: 'echo y > b.txt; exit 1', retries: 0},
    ]);
    expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 4});
    expect(usersThings(rig)).toEqual(mine);
    expect(await rig.milestone('skip', '--yes', ID, 'y')).toMatchObject({exitCode: 0});
    expect(await rig.milestone('resume', ID)).toMatchObject({exitCode: 0});
    expect(usersThings(rig)).toEqual(mine);
    expect(rig.git('worktree', 'list').split('\n')).toHaveLength(1);
    expect(everythingBelow(rig.stateFolder).filter(name => /release/.test(name))).toEqual([]);
    expect(everythingBelow(rig.path('.git')).filter(name => name.endsWith('.lock'))).toEqual([]);
  });

  test.concurrent('a task that takes its slot apart fails by itself and is tried again in a slot made anew', async () => {
    await using rig = await MilestoneRig.create();
    const apart = {
      removes: 'rm -rf .git',
      begins: 'rm -rf .git && git init -q && git add . && git commit -qm b',
      empties: 'rm -rf "$PWD"; mkdir "$PWD"; cd "$PWD"',
      moves: 'mv "$PWD" "$PWD.away"; mkdir -p "$PWD.away"; cd "$PWD.away"',
    };
    const ids = Object.keys(apart);
    const beside = await held(rig, 'a');
    const other = await rig.command('other');
    await rig.writeMilestone(
      ID,
      [
        beside.task,
        ...Object.entries(apart).map(([id, how]) => ({
          id,
          run: `if [ $MILESTONE_ATTEMPT = 1 ]; then ${how}; fi; echo ${id} > ${id}`,
        })),
        {id: 'c', run: other.shell, dependencies: ids},
      ],
      {settings: {max_parallel: 6}},
    );
    const run = rig.milestone('execute', ID);
    const working = await beside.command.nextRun();
    (await other.nextRun()).exit(0);
    working.exit(0);
    expect(await run).toMatchObject({exitCode: 0});
    const failed = expect.objectContaining({
      kind: 'failed',
      message: expect.stringContaining('the `.git` of its slot'),
    });
    const ended = eventsOf(rig, ID, 'attempt_ended').map(({details}) => [details.task_id, details.outcome] as const);
    expect(ended.sort(([a], [b]) => (a < b ? -1 : 1))).toEqual([...ids].sort().map(id => [id, failed]));
    expect(filesAt(rig, BRANCH)).toEqual(['README', 'a', ...[...ids].sort()]);
  });

  test.concurrent('a task whose check removes the `.git` of its slot is judged by the check', async () => {
    await using rig = await MilestoneRig.create();
    await rig.writeMilestone(ID, [
      {id: 'a', run: 'echo a > a', verify: 'rm -rf .git'},
      {id: 'b', run: 'echo b > b', verify: 'rm -rf .git; false', retries: 1, dependencies: ['a']},
    ]);
    expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 4});
    expect(filesAt(rig, BRANCH)).toEqual(['README', 'a']);
    expect(outcomes(rig, ID)).toMatchObject([{cause: 'check'}, {cause: 'check'}]);
  });

  test.concurrent('what lies below `.milestones/` is never committed, also when it is tracked; the message follows the template of the plan', async () => {
    await using rig = await MilestoneRig.create();
    await rig.writeMilestone(ID, ONE, {settings: {git: {message: 'work: {title} [{scope}/{type}]'}}});
    rig.write('.milestones/config.yaml', 'settings: {max_parallel: 2}\n');
    rig.commit('The plan');
    const before = rig.git('rev-parse', 'main:.milestones');
    expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 0});
    expect(rig.git('rev-parse', `${BRANCH}:.milestones`)).toBe(before);
    expect(filesAt(rig, BRANCH)).toContain('a');
    expect(subjects(rig, ID)).toEqual([`work: Write a [milestone-${ID}/feat]`]);
  });
});

describe('where a branch begins', () => {
  test.concurrent('at `base`, and one that is not there is named', async () => {
    await using rig = await MilestoneRig.create();
    rig.git('branch', 'develop');
    rig.write('later', 'later\n');
    rig.commit('Later');
    await rig.writeMilestone(ID, ONE, {settings: {base: 'develp'}});
    expect(await rig.milestone('execute', ID)).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('`develp`'),
    });
    expect(rig.exists(rig.logFile(ID))).toBe(false);
    await rig.writeMilestone(ID, ONE, {settings: {base: 'develop'}});
    expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 0});
    expect(filesAt(rig, BRANCH)).toEqual(['README', 'a']);
  });

  test.concurrent('with what it requires merged in, unless that is there already', async () => {
    await using rig = await MilestoneRig.create();
    await rig.writeMilestone('second', [{id: 'b', run: 'test -e a && echo b > b'}], {
      dependencies: {requires: ['first']},
    });
    expect(await rig.milestone('execute', 'second')).toMatchObject({
      exitCode: 3,
      stderr: expect.stringMatching(/`second` requires `first`/),
    });
    expect(rig.exists(rig.logFile('second'))).toBe(false);
    await rig.writeMilestone('first', ONE);
    expect(await rig.milestone('execute', 'second')).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('milestone execute first'),
    });
    expect(await rig.milestone('execute', 'first')).toMatchObject({exitCode: 0});
    expect(eventsOf(rig, 'first', 'milestone_completed')[0]!.details.dependents).toEqual(['second']);
    const ended = await rig.milestone('execute', 'second');
    expect(ended).toMatchObject({exitCode: 0, stdout: expect.stringMatching(/`?first`? merged in/)});
    expect(filesAt(rig, 'milestone/second')).toEqual(['README', 'a', 'b']);
    expect(rig.git('rev-parse', 'main')).toBe(rig.git('rev-parse', 'milestone/first~1'));
  });

  test.concurrent('and where what it requires conflicts, it does not begin', async () => {
    await using rig = await MilestoneRig.create();
    await rig.writeMilestone('first', ONE);
    expect(await rig.milestone('execute', 'first')).toMatchObject({exitCode: 0});
    rig.write('a', 'mine\n');
    rig.git('add', 'a');
    rig.git('commit', '-q', '-m', 'Another a');
    await rig.writeMilestone('second', [{id: 'b', run: 'true'}], {dependencies: {requires: ['first']}});
    expect(await rig.milestone('execute', 'second')).toMatchObject({
      exitCode: 3,
      stderr: expect.stringMatching(/^error: .*`first`/m),
    });
    expect(tasksIn(rig, 'second', 'task_started')).toEqual([]);
    expect(rig.git('branch', '--list', 'milestone/second')).toBe('');
    // Mended by a person, the same command begins.
    rig.git('merge', '-q', '-X', 'ours', '-m', 'Together', 'milestone/first');
    const again = await rig.milestone('execute', 'second');
    expect(again).toMatchObject({exitCode: 0});
  });

  test.concurrent('a branch of that name is not taken over unasked', async () => {
    await using rig = await MilestoneRig.create();
    rig.git('branch', BRANCH);
    await rig.writeMilestone(ID, ONE);
    expect(await rig.milestone('execute', ID)).toMatchObject({
      exitCode: 3,
      stderr: expect.stringMatching(/`milestone\/release`[\s\S]*--adopt/),
    });
    expect(rig.exists(rig.logFile(ID))).toBe(false);
    expect(await rig.milestone('resume', ID, '--adopt')).toMatchObject({exitCode: 0});
    expect(subjects(rig, ID)).toHaveLength(1);
  });

  test.concurrent('a branch called `milestone` leaves no room', async () => {
    await using rig = await MilestoneRig.create();
    rig.git('branch', 'milestone');
    await rig.writeMilestone(ID, ONE);
    expect(await rig.milestone('execute', ID)).toMatchObject({
      exitCode: 3,
      stderr: expect.stringMatching(/^error: .*`milestone`[\s\S]*\nhint: /),
    });
    expect(tasksIn(rig, ID, 'task_started')).toEqual([]);
    rig.git('branch', '-m', 'milestone', 'other');
    expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 0});
  });
});

describe('what a person does to the branch meanwhile', () => {
  test.concurrent('commits to it: work is merged with them', async () => {
    await using rig = await MilestoneRig.create();
    const {command, task} = await held(rig, 'a');
    await rig.writeMilestone(ID, [task]);
    const run = rig.milestone('execute', ID);
    const attempt = await command.nextRun();
    rig.git('worktree', 'add', '-q', '../mine', BRANCH);
    fs.writeFileSync(rig.path('../mine/theirs'), 'theirs\n');
    rig.git('-C', '../mine', 'add', '-A');
    rig.git('-C', '../mine', 'commit', '-q', '-m', 'Theirs');
    rig.git('worktree', 'remove', '../mine');
    await attempt.exit();
    expect(await run).toMatchObject({exitCode: 0});
    expect(filesAt(rig, BRANCH)).toEqual(['README', 'a', 'theirs']);
    expect(subjects(rig, ID)).toEqual(['Theirs', `feat(milestone-${ID}): a`]);
  });

  test.concurrent.each(['deletes', 'rewinds'])('%s it: nothing is integrated until it is back', async how => {
    await using rig = await MilestoneRig.create();
    const {command, task} = await held(rig, 'b', {dependencies: ['a']});
    await rig.writeMilestone(ID, [...ONE, task]);
    const run = rig.milestone('execute', ID);
    const attempt = await command.nextRun();
    const head = rig.git('rev-parse', BRANCH);
    if (how === 'deletes') rig.git('branch', '-D', BRANCH);
    else rig.git('branch', '-f', BRANCH, 'main');
    await attempt.exit();
    expect(await run).toMatchObject({
      exitCode: 4,
      stderr: expect.stringMatching(/`milestone\/release`[\s\S]*git branch -f/),
    });
    expect(readPlan(rig, ID)).toMatchObject({status: 'blocked', blockers: [{type: 'branch_rewritten'}]});
    const [{hint, message}] = (await rig.status(ID)).blockers;
    if (how === 'rewinds') expect(message).toContain('was rewound or rewritten');
    expect(hint).toBe(`\`git branch -f ${BRANCH} ${head}\` puts it back, then \`milestone resume\``);
    const still = await rig.milestone('resume', ID);
    expect(still).toMatchObject({exitCode: 4, stderr: expect.stringContaining('git branch -f')});
    expect(still.stdout + still.stderr).not.toContain('no longer');
    expect(tasksIn(rig, ID, 'task_started')).toEqual(['a', 'b']);
    rig.git('branch', '-f', BRANCH, head);
    expect(await rig.milestone('resume', ID)).toMatchObject({exitCode: 0});
    // It was done, and waited.
    expect([command.timesRun, fileAt(rig, BRANCH, 'b')]).toEqual([1, 'b']);
    expect(eventsOf(rig, ID, 'attempt_ended')).toEqual([]);
    expect(tasksIn(rig, ID, 'task_completed')).toEqual(['a', 'b']);
  });

  test.concurrent('checks it out: a clean tree follows, a dirty one stops it before and during a run', async () => {
    await using rig = await MilestoneRig.create();
    const {command, task} = await held(rig, 'b', {dependencies: ['a']});
    await rig.writeMilestone(ID, [...ONE, task]);
    const run = rig.milestone('execute', ID, '--only', 'a');
    expect(await run).toMatchObject({exitCode: 0});
    rig.git('checkout', '-q', BRANCH);
    rig.write('README', 'changed\n');
    expect(await rig.milestone('execute', ID)).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('`README`'),
    });
    rig.git('checkout', '-q', 'README');
    const second = rig.milestone('execute', ID);
    const attempt = await command.nextRun();
    rig.write('README', 'changed\n');
    await attempt.exit();
    expect(await second).toMatchObject({exitCode: 4, stderr: expect.stringContaining('`README`')});
    expect(readPlan(rig, ID).blockers).toMatchObject([{type: 'branch_checked_out'}]);
    expect(rig.read('README')).toBe('changed\n');
    rig.git('checkout', '-q', 'README');
    expect(await rig.milestone('resume', ID)).toMatchObject({exitCode: 0});
    expect(command.timesRun).toBe(1);
    expect(rig.read('b')).toBe('b\n');
    expect(rig.git('status', '--porcelain', '--', ':!.milestones')).toBe('');
    expect(rig.git('rev-parse', 'HEAD')).toBe(rig.git('rev-parse', BRANCH));
  });
});

describe('shared mode', () => {
  const shared = {settings: {isolation: 'shared'}};

  test.concurrent('tasks work in the checkout itself, one at a time, on the branch', async () => {
    await using rig = await MilestoneRig.create({files: {'.gitignore': 'ignored\n'}});
    rig.write('ignored', 'mine\n');
    const [a, b] = [await held(rig, 'a'), await held(rig, 'b')];
    await rig.writeMilestone(
      ID,
      [a.task, b.task, {id: 'c', run: 'echo c > c; echo junk > junk; exit 1', retries: 0}],
      shared,
    );
    const text = rig.read(rig.planFile(ID));
    const run = rig.milestone('execute', ID);
    const first = await a.command.nextRun();
    expect([first.cwd, first.env.MILESTONE_SLOT, rig.git('symbolic-ref', 'HEAD')]).toEqual([
      rig.folder,
      '0',
      `refs/heads/${BRANCH}`,
    ]);
    expect(b.command.timesRun).toBe(0);
    await first.exit();
    await (await b.command.nextRun()).exit();
    expect(await run).toMatchObject({exitCode: 4});
    expect(filesAt(rig, BRANCH)).toEqual(['.gitignore', 'README', 'a', 'b']);
    expect([rig.exists('c'), rig.exists('junk'), rig.read('ignored')]).toEqual([false, false, 'mine\n']);
    expect(fileAt(rig, `refs/milestone/rescue/${ID}/c.1`, 'junk')).toBe('junk');
    expect(rig.git('status', '--porcelain', '--', ':!.milestones')).toBe('');
    expect(rig.read(rig.planFile(ID)).startsWith(text.slice(0, 20))).toBe(true);
  });

  test.concurrent('a home that git ignores is left alone, and no obstacle', async () => {
    await using rig = await MilestoneRig.create({files: {'.gitignore': '.milestones\n'}});
    await rig.writeMilestone(
      ID,
      [
        {id: 'a', run: 'echo a > a; echo junk > junk', verify: 'echo left > left; rm junk'},
        {id: 'b', run: 'echo b > b; exit 1', retries: 0},
      ],
      shared,
    );
    expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 4});
    expect(filesAt(rig, BRANCH)).toEqual(['.gitignore', 'README', 'a', 'junk']);
    expect(fileAt(rig, `refs/milestone/rescue/${ID}/b.1`, 'b')).toBe('b');
    expect(rig.git('status', '--porcelain')).toBe('');
  });

  test.concurrent('while another milestone works in the checkout, that one is named', async () => {
    await using rig = await MilestoneRig.create();
    const {command, task} = await held(rig, 'a');
    await rig.writeMilestone('first', [task], shared);
    await rig.writeMilestone(ID, ONE, shared);
    const run = rig.milestone('execute', 'first');
    const attempt = await command.nextRun();
    expect(await rig.milestone('execute', ID)).toMatchObject({
      exitCode: 5,
      stderr: expect.stringMatching(/milestone `first` works in this checkout[\s\S]*`milestone pause first`/),
    });
    expect(await rig.milestone('execute', ID, '--dry-run')).toMatchObject({
      exitCode: 5,
      stdout: expect.stringContaining('milestone `first` works in this checkout'),
    });
    await attempt.exit();
    expect(await run).toMatchObject({exitCode: 0});
  });

  test.concurrent('checkout and names of a container that is gone are taken over on request alone', async () => {
    await using rig = await MilestoneRig.create();
    await rig.writeMilestone(ID, [{id: 'a', run: 'echo a > a', uses: ['port']}], shared);
    const identity = {...ownIdentity(), pid_namespace: 'pid:[1]'};
    for (const folder of ['checkout', 'locks/uses/port'])
      acquireLock(rig.path('.git/milestone', folder), {purpose: 'execute', identity, clock: systemClock});
    for (const flags of [[], ['--dry-run']])
      expect(await rig.milestone('execute', ID, ...flags)).toMatchObject({exitCode: 5});
    expect(await rig.milestone('execute', ID, '--dry-run', '--take-over')).toMatchObject({exitCode: 0});
    expect(await rig.milestone('execute', ID, '--take-over')).toMatchObject({exitCode: 0});
  });

  test.concurrent('begins only in a clean checkout', async () => {
    await using rig = await MilestoneRig.create();
    await rig.writeMilestone(ID, ONE, shared);
    rig.write('README', 'changed\n');
    expect(await rig.milestone('execute', ID)).toMatchObject({
      exitCode: 3,
      stderr: expect.stringMatching(/`README`[\s\S]*git stash/),
    });
    expect(rig.read('README')).toBe('changed\n');
    expect(rig.git('symbolic-ref', 'HEAD')).toBe('refs/heads/main');
    rig.git('checkout', '-q', 'README');
    expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 0});
  });

  test.concurrent('what an interrupted attempt left goes to its rescue ref', async () => {
    await using rig = await MilestoneRig.create();
    const work = await rig.command('work');
    await rig.writeMilestone(ID, [{id: 'a', run: `test ! -e half || exit 9; echo half > half; ${work.shell}`}], shared);
    const run = rig.milestone('execute', ID);
    await work.nextRun();
    run.kill('SIGKILL');
    await run;
    const again = rig.milestone('resume', ID);
    await (await work.nextRun()).exit();
    expect(await again).toMatchObject({exitCode: 0});
    expect(outcomes(rig, ID)).toMatchObject([{kind: 'interrupted'}]);
    expect(fileAt(rig, `refs/milestone/rescue/${ID}/a.1`, 'half')).toBe('half');
    expect(filesAt(rig, BRANCH)).toEqual(['README', 'half']);
  });
});

describe('without git', () => {
  test.concurrent('outside a repository tasks work beside the home, in parallel', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const [a, b] = [await held(rig, 'a'), await held(rig, 'b')];
    await rig.writeMilestone(ID, [a.task, b.task]);
    const run = rig.milestone('execute', ID);
    for (const one of [await a.command.nextRun(), await b.command.nextRun()]) {
      expect(one.cwd).toBe(rig.folder);
      await one.exit();
    }
    expect(await run).toMatchObject({exitCode: 0});
    expect([rig.read('a'), rig.exists('.git')]).toEqual(['a\n', false]);
    expect(readPlan(rig, ID, 'completed').execution.branch).toBeUndefined();
  });

  test.concurrent('worktrees need a repository', async () => {
    await using rig = await MilestoneRig.create({git: false});
    await rig.writeMilestone(ID, ONE, {settings: {isolation: 'worktree'}});
    expect(await rig.milestone('execute', ID)).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('--no-git'),
    });
    expect(await rig.milestone('execute', ID, '--no-git')).toMatchObject({exitCode: 0});
  });

  test.concurrent('`--no-git` inside a repository makes no branch and no commit, also when it goes on', async () => {
    await using rig = await MilestoneRig.create();
    await rig.writeMilestone(ID, [...ONE, {id: 'b', run: 'test -e good && echo b > b', retries: 0}]);
    expect(await rig.milestone('execute', ID, '--no-git')).toMatchObject({exitCode: 4});
    rig.write('good', '');
    expect(await rig.milestone('retry', ID)).toMatchObject({exitCode: 0});
    expect(await rig.milestone('resume', ID)).toMatchObject({exitCode: 0});
    expect([rig.read('a'), rig.read('b')]).toEqual(['a\n', 'b\n']);
    expect(rig.git('for-each-ref', '--format=%(refname)')).toBe('refs/heads/main');
    expect(rig.git('worktree', 'list').split('\n')).toHaveLength(1);
  });
});

describe('repositories', () => {
  /** Execute one task there, and see that it is on the branch. */
  async function executes(rig: MilestoneRig, cwd = '.'): Promise<void> {
    expect(await rig.milestone('execute', ID, {cwd})).toMatchObject({exitCode: 0, stderr: ''});
    expect(fileAt(rig, BRANCH, 'a')).toBe('a');
  }

  test.concurrent('without a commit', async () => {
    await using rig = await MilestoneRig.create({commit: false});
    await rig.writeMilestone(ID, ONE);
    await executes(rig);
    expect(filesAt(rig, BRANCH)).toEqual(['a']);
    expect(rig.git('symbolic-ref', 'HEAD')).toBe('refs/heads/main');
    expect(rig.git('branch', '--list', 'main')).toBe('');
  });

  test.concurrent('with sha256 objects and a detached head', async () => {
    await using rig = await MilestoneRig.create({init: ['--object-format=sha256']});
    rig.git('checkout', '-q', '--detach');
    await rig.writeMilestone(ID, ONE);
    await executes(rig);
    expect(rig.git('rev-parse', 'HEAD')).toBe(rig.git('rev-parse', 'main'));
    expect(readPlan(rig, ID, 'completed').execution.commit).toMatch(/^[0-9a-f]{64}$/);
  });

  test.concurrent('from a linked worktree', async () => {
    await using rig = await MilestoneRig.create();
    rig.git('worktree', 'add', '-q', '../linked', '-b', 'linked');
    await rig.writeMilestone(ID, ONE);
    fs.renameSync(rig.path('.milestones'), rig.path('../linked/.milestones'));
    await executes(rig, '../linked');
    expect(fs.existsSync(rig.path('../linked/.milestones/completed/release.yaml'))).toBe(true);
    expect(rig.git('worktree', 'list').split('\n')).toHaveLength(2);
  });

  test.concurrent('with the home in a folder below the top, from deeper still', async () => {
    await using rig = await MilestoneRig.create({files: {'packages/app/src/index': '1\n'}});
    await rig.writeMilestone(ID, [{id: 'a', run: 'test -e src/index && echo a > a'}]);
    fs.renameSync(rig.path('.milestones'), rig.path('packages/app/.milestones'));
    expect(await rig.milestone('execute', ID, {cwd: 'packages/app/src'})).toMatchObject({exitCode: 0, stderr: ''});
    expect(fileAt(rig, BRANCH, 'packages/app/a')).toBe('a');
    expect(filesAt(rig, BRANCH).filter(name => name.includes('.milestones'))).toEqual([]);
  });

  test.concurrent('with submodules, pointers instead of large files, and a filter that is not installed', async () => {
    const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n';
    await using rig = await MilestoneRig.create({
      files: {'.gitattributes': '*.bin filter=lfs -text\n', 'x.bin': pointer},
    });
    const library = rig.path('../library');
    rig.git('init', '-q', library);
    fs.writeFileSync(`${library}/code`, 'code\n');
    rig.git('-C', library, 'add', '-A');
    rig.git('-C', library, 'commit', '-q', '-m', 'Code');
    rig.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', library, 'library');
    rig.commit('With a library');
    await rig.writeMilestone(ID, ONE);
    const before = rig.git('rev-parse', 'main:library');
    await executes(rig);
    expect(rig.git('diff', '--name-only', 'main', BRANCH)).toBe('a');
    expect(rig.git('rev-parse', `${BRANCH}:library`)).toBe(before);
    expect(rig.git('-C', 'library', 'status', '--porcelain')).toBe('');
  });

  test.concurrent('with hooks that fail and signing that cannot work', async () => {
    await using rig = await MilestoneRig.create();
    for (const hook of [
      'pre-commit',
      'commit-msg',
      'prepare-commit-msg',
      'post-commit',
      'post-checkout',
      'reference-transaction',
    ]) {
      rig.write(`.git/hooks/${hook}`, `#!/bin/sh\necho ${hook} >> '${rig.root}/hooks'\nexit 1\n`);
      fs.chmodSync(rig.path(`.git/hooks/${hook}`), 0o755);
    }
    rig.git('config', 'commit.gpgSign', 'true');
    rig.git('config', 'gpg.program', '/does/not/exist');
    await rig.writeMilestone(ID, ONE);
    await executes(rig);
    expect(fs.existsSync(`${rig.root}/hooks`)).toBe(false);
  });

  test.concurrent('with hooks that are asked for, also on a file that was there already', async () => {
    await using rig = await MilestoneRig.create();
    rig.env.MY_TOKEN = 'a-secret-of-mine';
    rig.write('.git/hooks/pre-commit', '#!/bin/sh\ngrep -q good a || { echo a is not good $MY_TOKEN >&2; exit 1; }\n');
    fs.chmodSync(rig.path('.git/hooks/pre-commit'), 0o755);
    const run = 'test "$MILESTONE_ATTEMPT" = 1 && echo bad > a || echo good > a';
    await rig.writeMilestone(
      ID,
      [
        {id: 'a', run},
        {id: 'there', run: 'echo more >> README', dependencies: ['a']},
      ],
      {settings: {git: {hooks: true}}},
    );
    expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 0});
    expect(outcomes(rig, ID)).toMatchObject([{cause: 'check', message: expect.stringContaining('a is not good ***')}]);
    expect(rig.read(`.milestones/logs/execution-${ID}.jsonl`)).not.toContain('a-secret-of-mine');
    expect(fileAt(rig, BRANCH, 'a')).toBe('good');
    expect(fileAt(rig, BRANCH, 'README')).toBe('A project.\nmore');
  });

  test.concurrent('with line endings that git changes', async () => {
    await using rig = await MilestoneRig.create({files: {'.gitattributes': '*.txt text\n', 'b.txt': 'one\ntwo\n'}});
    rig.git('config', 'core.autocrlf', 'true');
    rig.git('rm', '-q', '--cached', 'b.txt');
    rig.git('reset', '-q', '--hard');
    await rig.writeMilestone(ID, [
      {id: 'a', run: `printf 'a\\r\\n' > a.txt; echo a > a`},
      {id: 'b', run: 'true', dependencies: ['a']},
    ]);
    expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 0, stderr: ''});
    expect(rig.git('diff', '--name-only', 'main', BRANCH).split('\n')).toEqual(['a', 'a.txt']);
    expect(fileAt(rig, BRANCH, 'a.txt')).toBe('a');
  });

  test.concurrent('with names of every kind, links and modes', async () => {
    await using rig = await MilestoneRig.create({files: {old: 'old\n'}});
    const run = `mkdir -p 'd i r' && echo 1 > 'd i r/new
line' && ln -s ../old 'd i r/link' && printf '#!/bin/sh\\n' > tool && chmod +x tool && git mv old 'ö ld' && : > -dash && echo a > a`;
    await rig.writeMilestone(ID, [{id: 'a', run}]);
    await executes(rig);
    const entries = rig.git('ls-tree', '-r', '-z', BRANCH).split('\0').filter(Boolean);
    expect(entries.map(entry => entry.replace(/ .*\t/, ' ')).sort()).toEqual([
      '100644 -dash',
      '100644 README',
      '100644 a',
      '100644 d i r/new\nline',
      '100644 ö ld',
      '100755 tool',
      '120000 d i r/link',
    ]);
  });

  test.concurrent('called from a hook of git, which redirects every git', async () => {
    await using rig = await MilestoneRig.create();
    await rig.writeMilestone(ID, ONE);
    const env = {GIT_DIR: rig.path('.git'), GIT_INDEX_FILE: rig.path('.git/index'), GIT_WORK_TREE: rig.folder};
    const mine = usersThings(rig);
    expect(await rig.milestone('execute', ID, {env})).toMatchObject({exitCode: 0, stderr: ''});
    expect(usersThings(rig)).toEqual(mine);
    expect(fileAt(rig, BRANCH, 'a')).toBe('a');
  });

  test.concurrent('without a name for its commits', async () => {
    await using rig = await MilestoneRig.create();
    fs.writeFileSync(rig.env.GIT_CONFIG_GLOBAL!, '[user]\n  useConfigOnly = true\n');
    await rig.writeMilestone(ID, ONE);
    const ended = await rig.milestone('execute', ID);
    expect([0, 9]).toContain(ended.exitCode);
    expect(ended.stderr).not.toContain('bug in milestone');
    if (ended.exitCode === 9) expect(ended.stderr).toMatch(/user\.(name|email)/);
  });
});
