// `milestone execute`: order, parallel work, retries, checks, limits, exit codes.

import fs from 'node:fs';
import {describe, expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {diary, eventsOf, fileAt, filesAt, outcomes, readPlan, subjects, tasksIn} from './support.ts';

const ID = 'release';

describe('order', () => {
  test.concurrent('a task never starts when what it depends on has failed', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const build = await rig.command('build');
    const deploy = await rig.command('deploy');
    await rig.writeMilestone(ID, [
      {id: 'build', run: build.shell, retries: 0},
      {id: 'deploy', run: deploy.shell, dependencies: ['build']},
    ]);

    const run = rig.milestone('execute', ID);
    await (await build.nextRun()).exit(1);
    expect(await run).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('task `build` failed with exit code 1'),
    });
    expect(deploy.timesRun).toBe(0);
    expect(readPlan(rig, ID)).toMatchObject({
      status: 'blocked',
      tasks: [
        {status: 'failed', attempts: 1},
        {id: 'deploy', status: 'pending'},
      ],
    });
    expect(await rig.milestone('execute', ID)).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('milestone resume'),
    });
    // Failed stays failed; nothing else can run.
    expect(await rig.milestone('resume', ID)).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('milestone retry'),
    });
    expect(build.timesRun).toBe(1);
  });

  test.concurrent('a diamond runs in its order, its sides beside each other', async () => {
    await using rig = await MilestoneRig.create();
    const [base, left] = [await rig.command('base'), await rig.command('left')];
    const [right, top] = [await rig.command('right'), await rig.command('top')];
    await rig.writeMilestone(ID, [
      {id: 'top', run: top.shell, dependencies: ['left', 'right']},
      {id: 'left', run: left.shell, dependencies: ['base']},
      {id: 'right', run: right.shell, dependencies: ['base']},
      {id: 'base', run: base.shell},
    ]);
    const run = rig.milestone('execute', ID);
    await (await base.nextRun()).exit();
    const sides = [await left.nextRun(), await right.nextRun()];
    await sides[0]!.exit();
    await rig.waitForEvent(ID, event => event.event === 'task_completed' && event.details.task_id === 'left');
    expect(top.timesRun).toBe(0);
    await sides[1]!.exit();
    await (await top.nextRun()).exit();
    expect(await run).toMatchObject({exitCode: 0, stderr: ''});
    expect(tasksIn(rig, ID, 'task_completed')).toEqual(['base', 'left', 'right', 'top']);
  });

  test.concurrent('no more run at a time than `max_parallel` says, and `--max-parallel` has the last word', async () => {
    await using rig = await MilestoneRig.create();
    const work = await rig.command('work');
    const tasks = ['a', 'b', 'c', 'd'].map(id => ({id, run: work.shell}));
    await rig.writeMilestone(ID, tasks, {settings: {max_parallel: 2}});
    const run = rig.milestone('execute', ID);
    const first = [await work.nextRun(), await work.nextRun()];
    expect(first.map(({env}) => env.MILESTONE_SLOT).sort()).toEqual(['0', '1']);
    for (const one of first) await one.exit();
    for (const one of [await work.nextRun(), await work.nextRun()]) await one.exit();
    expect(await run).toMatchObject({exitCode: 0});
    expect(work.mostAtOnce).toBe(2);

    await rig.writeMilestone('other', tasks.slice(0, 2), {settings: {max_parallel: 2}});
    const second = await rig.milestone('execute', 'other', '--max-parallel', '0');
    expect(second.exitCode).toBe(2);
    const one = rig.milestone('execute', 'other', '--max-parallel', '1');
    const alone = await work.nextRun();
    expect(work.running).toEqual([alone]);
    await alone.exit();
    await (await work.nextRun()).exit();
    expect(await one).toMatchObject({exitCode: 0});
  });

  test.concurrent('what is most of the way to the end starts first', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const {file, lines} = diary(rig);
    const note = (id: string) => `echo ${id} >> '${file}'`;
    await rig.writeMilestone(
      ID,
      [
        {id: 'short', run: note('short')},
        {id: 'long', run: note('long')},
        {id: 'longer', run: note('longer'), dependencies: ['long']},
      ],
      {settings: {max_parallel: 1}},
    );
    expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 0});
    expect(lines()[0]).toBe('long');
  });

  test.concurrent('tasks whose areas overlap never run together', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const work = await rig.command('work');
    const free = await rig.command('free');
    await rig.writeMilestone(ID, [
      {id: 'all', run: work.shell, touches: ['src/**']},
      {id: 'part', run: work.shell, touches: ['src/auth/*.ts']},
      {id: 'docs', run: free.shell, touches: ['docs/**']},
    ]);
    const run = rig.milestone('execute', ID);
    const [one, other] = [await work.nextRun(), await free.nextRun()];
    await other.exit();
    await one.exit();
    await (await work.nextRun()).exit();
    expect(await run).toMatchObject({exitCode: 0});
    expect(work.mostAtOnce).toBe(1);
  });

  test.concurrent('what two milestones use at once, only one has at a time', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const seed = await rig.command('seed');
    const free = await rig.command('free');
    await rig.writeMilestone('one', [{id: 'seed', run: seed.shell, uses: ['database']}]);
    await rig.writeMilestone('two', [
      {id: 'seed', run: seed.shell, uses: ['database']},
      {id: 'free', run: free.shell},
    ]);
    const one = rig.milestone('execute', 'one');
    const first = await seed.nextRun();
    const two = rig.milestone('execute', 'two');
    await (await free.nextRun()).exit();
    await rig.waitForEvent('two', 'task_completed');
    expect(tasksIn(rig, 'two', 'task_started')).toEqual(['free']);
    await first.exit();
    await (await seed.nextRun()).exit();
    expect([(await one).exitCode, (await two).exitCode, seed.mostAtOnce]).toEqual([0, 0, 1]);
  });
});

describe('what is run', () => {
  test.concurrent('`--only` and `--until` restrict a run, and the next one goes on', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const task = (id: string, ...dependencies: string[]) => ({id, run: `echo ${id} > ${id}`, dependencies});
    await rig.writeMilestone(ID, [task('a'), task('b', 'a'), task('c', 'b'), task('login')]);
    expect(await rig.milestone('execute', ID, '--until', 'b,lgoin')).toMatchObject({
      exitCode: 3,
      stderr: expect.stringMatching(/^error: .*`lgoin`.*\nhint: .*`login`/),
    });
    expect(rig.exists(rig.logFile(ID))).toBe(false);
    expect(await rig.milestone('execute', ID, '--until', 'b')).toMatchObject({exitCode: 0});
    expect(tasksIn(rig, ID, 'task_completed')).toEqual(['a', 'b']);
    expect(await rig.milestone('execute', ID, '--only', 'login')).toMatchObject({exitCode: 0});
    expect(tasksIn(rig, ID, 'task_completed')).toEqual(['a', 'b', 'login']);
    expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 0});
    expect(tasksIn(rig, ID, 'task_completed')).toEqual(['a', 'b', 'login', 'c']);
    expect(rig.exists(rig.planFile(ID, 'completed'))).toBe(true);
  });

  test.concurrent('`--only` does not start a task whose dependency is not done', async () => {
    await using rig = await MilestoneRig.create({git: false});
    await rig.writeMilestone(ID, [
      {id: 'a', run: 'true'},
      {id: 'b', run: 'true', dependencies: ['a']},
    ]);
    expect(await rig.milestone('execute', ID, '--only', 'b')).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('task `b` waits for `a`, which this run leaves out'),
    });
    expect(tasksIn(rig, ID, 'task_started')).toEqual([]);
  });

  test.concurrent('without an id it is the current or the only active milestone', async () => {
    await using rig = await MilestoneRig.create({git: false});
    await rig.writeMilestone('one', [{id: 'a', run: 'exit 7', retries: 0}]);
    expect(await rig.milestone('execute')).toMatchObject({exitCode: 4});
    await rig.writeMilestone('two', [{id: 'a', run: 'true'}]);
    expect(rig.read('.milestones/active/current.txt').trim()).toBe('one');
    expect(await rig.milestone('resume')).toMatchObject({exitCode: 4, stderr: expect.stringContaining('`a`')});
    fs.rmSync(rig.path('.milestones/active/current.txt'));
    expect(await rig.milestone('execute')).toMatchObject({
      exitCode: 3,
      stderr: expect.stringMatching(/`one`.*`two`/),
    });
  });

  test.concurrent('a task that a person skipped satisfies what depends on it', async () => {
    await using rig = await MilestoneRig.create({git: false});
    await rig.writeMilestone(ID, [
      {id: 'manual', run: 'exit 1', retries: 0},
      {id: 'after', run: 'echo yes > after', dependencies: ['manual']},
    ]);
    expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 4});
    expect(await rig.milestone('skip', '--yes', ID, 'manual', '--reason', 'not needed')).toMatchObject({exitCode: 0});
    expect(await rig.milestone('resume', ID)).toMatchObject({exitCode: 0});
    expect(readPlan(rig, ID, 'completed')).toMatchObject({
      status: 'completed',
      tasks: [{status: 'skipped'}, {status: 'completed'}],
    });
  });

  test.concurrent('tasks that the file calls completed or skipped count at the first activation, and only those', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const {file, lines} = diary(rig);
    const note = (id: string) => `echo ${id} >> '${file}'`;
    await rig.writeMilestone(ID, [
      {id: 'done', status: 'completed', run: note('done')},
      {id: 'left', status: 'skipped', run: note('left')},
      {id: 'half', status: 'in_progress', run: note('half'), dependencies: ['done', 'left']},
      {id: 'bad', status: 'failed', run: note('bad')},
    ]);
    expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 0});
    expect(lines().sort()).toEqual(['bad', 'half']);
  });
});

describe('retries', () => {
  test.concurrent('a failed attempt is tried again from the clean head, and its work is kept', async () => {
    await using rig = await MilestoneRig.create();
    await rig.writeMilestone(ID, [
      {
        id: 'flappy',
        run: 'test ! -e left || exit 9; echo "$MILESTONE_ATTEMPT" > left; test "$MILESTONE_ATTEMPT" -eq 3',
      },
    ]);
    expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 0});
    expect(eventsOf(rig, ID, 'task_started').map(({details}) => details.attempt)).toEqual([1, 2, 3]);
    expect(outcomes(rig, ID)).toMatchObject([
      {kind: 'failed', cause: 'exit', exit_code: 1},
      {kind: 'failed', cause: 'exit', exit_code: 1},
    ]);
    expect(fileAt(rig, `refs/milestone/rescue/${ID}/flappy.1`, 'left')).toBe('1');
    expect(fileAt(rig, `refs/milestone/rescue/${ID}/flappy.2`, 'left')).toBe('2');
    expect(fileAt(rig, `milestone/${ID}`, 'left')).toBe('3');
    expect(subjects(rig, ID)).toEqual([`feat(milestone-${ID}): flappy`]);
  });

  test.concurrent('`retries` counts tries after the first, `max_attempts` bounds them all', async () => {
    await using rig = await MilestoneRig.create({git: false});
    await rig.writeMilestone(ID, [
      {id: 'twice', run: 'exit 2', retries: 1},
      {id: 'bounded', run: 'exit 3', retries: 5, max_attempts: 2},
      {id: 'default', run: 'exit 4'},
    ]);
    const {exitCode, stderr} = await rig.milestone('execute', ID);
    expect(exitCode).toBe(4);
    for (const said of ['`twice` failed with exit code 2', '`bounded` failed with exit code 3', '`default` failed'])
      expect(stderr).toContain(said);
    const started = tasksIn(rig, ID, 'task_started');
    const times = (id: string) => started.filter(task => task === id).length;
    expect([times('twice'), times('bounded'), times('default')]).toEqual([2, 2, 3]);
  });

  test.concurrent('`retry` makes a failed task pending with all its tries', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const {file, lines} = diary(rig);
    await rig.writeMilestone(ID, [
      {id: 'a', run: `echo x >> '${file}'; test "$(wc -l < '${file}')" -ge 4`, retries: 1},
      {id: 'b', run: 'true', dependencies: ['a']},
    ]);
    expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 4});
    expect(lines()).toHaveLength(2);
    expect(await rig.milestone('retry', ID, 'a')).toMatchObject({exitCode: 0});
    expect(await rig.milestone('resume', ID)).toMatchObject({exitCode: 0});
    expect(lines()).toHaveLength(4);
    expect(eventsOf(rig, ID, 'task_started').map(({details}) => details.attempt)).toEqual([1, 2, 3, 4, 1]);
  });

  test.concurrent('of two tasks that change one place the later one runs again on what the first left, for free', async () => {
    await using rig = await MilestoneRig.create({files: {list: 'first\n'}});
    const [one, two] = [await rig.command('one'), await rig.command('two')];
    const tasks = [one, two].map(({name, shell}) => ({
      id: name,
      run: `(${shell}) && echo ${name} >> list`,
      retries: 0,
    }));
    await rig.writeMilestone(ID, tasks);
    const run = rig.milestone('execute', ID);
    const runs = [await one.nextRun(), await two.nextRun()];
    await runs[0]!.exit();
    await rig.waitForEvent(ID, 'task_completed');
    await runs[1]!.exit();
    await (await two.nextRun()).exit();
    expect(await run).toMatchObject({exitCode: 0, stderr: ''});
    expect(outcomes(rig, ID)).toMatchObject([{kind: 'conflict', files: ['list']}]);
    expect(fileAt(rig, `refs/milestone/rescue/${ID}/two.1`, 'list')).toBe('first\ntwo');
    expect(fileAt(rig, `milestone/${ID}`, 'list')).toBe('first\none\ntwo');
  });

  test.concurrent('a task that ends outside its areas starts again from the clean head', async () => {
    await using rig = await MilestoneRig.create();
    await rig.writeMilestone(ID, [
      {
        id: 'narrow',
        run: 'echo x > package-lock.json; mkdir -p src; echo x > src/a; test "$MILESTONE_ATTEMPT" -gt 1 || echo x > outside',
        touches: ['src/**'],
      },
    ]);
    expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 0});
    expect(outcomes(rig, ID)).toMatchObject([{kind: 'failed', cause: 'out_of_area'}]);
    expect(filesAt(rig, `milestone/${ID}`)).toEqual(['README', 'package-lock.json', 'src/a']);
  });

  test.concurrent('nothing below `.milestones/` may be changed by a task', async () => {
    await using rig = await MilestoneRig.create();
    await rig.writeMilestone(ID, [{id: 'a', run: 'mkdir -p .milestones/active; echo x > .milestones/x', retries: 0}]);
    expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 4});
    expect(outcomes(rig, ID)).toMatchObject([{cause: 'out_of_area'}]);
    expect(rig.exists('.milestones/x')).toBe(false);
  });
});

describe('checks', () => {
  test.concurrent('a red check costs an attempt, and what checks write is discarded', async () => {
    await using rig = await MilestoneRig.create();
    await rig.writeMilestone(
      ID,
      [
        {
          id: 'a',
          run: 'echo "$MILESTONE_ATTEMPT" > a',
          verify: 'echo junk > junk; echo wrong number; test "$(cat a)" = 2',
        },
      ],
      {settings: {verify: 'echo more > README', verify_retries: 0}},
    );
    const ended = await rig.milestone('execute', ID);
    expect(ended).toMatchObject({exitCode: 0});
    expect(ended.stdout).toContain('wrong number');
    expect(outcomes(rig, ID)).toMatchObject([{kind: 'failed', cause: 'check', exit_code: 1}]);
    const verified = eventsOf(rig, ID, 'task_verified').map(({details}) => details);
    expect(verified).toMatchObject([
      {ok: false, on: 'worktree', checks: [{name: 'task', ok: false, exit_code: 1}, {name: 'milestone'}]},
      {ok: true, checks: [{ok: true}, {ok: true}]},
    ]);
    expect(filesAt(rig, `milestone/${ID}`)).toEqual(['README', 'a']);
    expect(fileAt(rig, `milestone/${ID}`, 'README')).toBe('A project.');
    expect(eventsOf(rig, ID, 'task_completed')[0]!.details).toMatchObject({checked: true, attempt: 2});
  });

  test.concurrent('a check that is red and then green on the same tree is flaky, not an attempt', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const {file, lines} = diary(rig);
    await rig.writeMilestone(ID, [
      {id: 'a', run: 'echo a > a', verify: `echo x >> '${file}'; test "$(wc -l < '${file}')" -ge 2`, retries: 0},
    ]);
    expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 0});
    expect(lines()).toHaveLength(2);
    expect(eventsOf(rig, ID, 'task_verified')[0]!.details).toMatchObject({ok: true, checks: [{flaky: true}]});
    expect(outcomes(rig, ID)).toEqual([]);
  });

  test.concurrent('when the head has moved, both checks run again on the merged tree', async () => {
    await using rig = await MilestoneRig.create();
    const [one, two] = [await rig.command('one'), await rig.command('two')];
    const tasks = [one, two].map(({name, shell}) => ({
      id: name,
      run: `(${shell}) && echo ${name} > ${name}`,
      retries: 0,
    }));
    // Green for each alone; red only for both together.
    await rig.writeMilestone(ID, tasks, {settings: {verify: 'test ! -e one || test ! -e two', verify_retries: 0}});
    const run = rig.milestone('execute', ID);
    const runs = [await one.nextRun(), await two.nextRun()];
    await runs[0]!.exit();
    await rig.waitForEvent(ID, 'task_completed');
    await runs[1]!.exit();
    expect(await run).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('task `two` did not pass its check'),
    });
    expect(eventsOf(rig, ID, 'task_verified').map(({details}) => [details.task_id, details.on, details.ok])).toEqual([
      ['one', 'worktree', true],
      ['two', 'worktree', true],
      ['two', 'merged', false],
    ]);
    expect(filesAt(rig, `milestone/${ID}`)).toEqual(['README', 'one']);
  });

  test.concurrent('a check that does not end in time is red', async () => {
    await using rig = await MilestoneRig.create({git: false});
    await rig.writeMilestone(ID, [{id: 'a', run: 'echo a > a', verify: 'sleep 1000', retries: 0}], {
      settings: {verify_timeout: '200ms', verify_retries: 0},
    });
    expect(await rig.milestone('execute', ID)).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('did not end in time'),
    });
    expect(rig.processesLeft()).toEqual([]);
  });

  test.concurrent('work without a check is done, unchecked, and counted so', async () => {
    await using rig = await MilestoneRig.create();
    await rig.writeMilestone(ID, [
      {id: 'a', run: 'echo a > a'},
      {id: 'b', run: 'echo b > b', verify: 'true'},
    ]);
    const {stdout} = await rig.milestone('execute', ID);
    expect(stdout).toMatch(/`?a`? .*done, unchecked/);
    expect(stdout).toMatch(/completed: 2 tasks done, 1 of them unchecked/);
    expect(readPlan(rig, ID, 'completed').tasks).toMatchObject([{checked: false}, {checked: true}]);
  });

  test.concurrent('the final check holds the end up while it is red, and runs again on resume', async () => {
    await using rig = await MilestoneRig.create();
    const {file, lines} = diary(rig);
    await rig.writeMilestone(ID, [{id: 'a', run: 'echo a > a'}], {
      settings: {verify_final: `cat a >> '${file}'; test -e '${rig.root}/good'`, verify_retries: 0},
    });
    expect(await rig.milestone('execute', ID)).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('the final check'),
    });
    expect(eventsOf(rig, ID, 'final_checked')[0]!.details).toMatchObject({
      ok: false,
      head: rig.git('rev-parse', `milestone/${ID}`),
    });
    expect(readPlan(rig, ID)).toMatchObject({status: 'blocked', blockers: [{type: 'final_red'}]});
    expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 3});
    expect(lines()).toEqual(['a']);
    fs.writeFileSync(`${rig.root}/good`, '');
    expect(await rig.milestone('resume', ID)).toMatchObject({exitCode: 0, stderr: ''});
    expect(lines()).toEqual(['a', 'a']);
    expect(readPlan(rig, ID, 'completed')).toMatchObject({status: 'completed'});
    expect(readPlan(rig, ID, 'completed').blockers ?? []).toEqual([]);
  });
});

describe('limits', () => {
  test.concurrent('a task that takes too long, or is silent for too long, is ended', async () => {
    await using rig = await MilestoneRig.create({git: false});
    await rig.writeMilestone(ID, [
      {id: 'long', run: 'echo begin; exec sleep 1000', timeout: '300ms', retries: 0},
      {id: 'mute', run: 'exec sleep 1000', silent: '200ms', retries: 0},
    ]);
    const {exitCode, stderr} = await rig.milestone('execute', ID);
    expect(exitCode).toBe(4);
    expect(stderr).toContain('took longer than 300ms');
    expect(stderr).toContain('printed nothing and changed nothing for 200ms');
    expect(
      outcomes(rig, ID)
        .map(outcome => outcome.kind === 'failed' && outcome.cause)
        .sort(),
    ).toEqual(['stalled', 'timeout']);
    expect(rig.processesLeft()).toEqual([]);
  });
});

describe('surroundings of an attempt', () => {
  test.concurrent('variables are added, taken away and set, and stdin is empty', async () => {
    await using rig = await MilestoneRig.create({env: {TOKEN_A: 'secret-a', TOKEN_B: 'secret-b', KEPT: 'kept'}});
    const work = await rig.command('work');
    await rig.writeMilestone(ID, [{id: 'a', run: `test -z "$(cat)" && ${work.shell}`}], {
      settings: {
        // biome-ignore lint/suspicious/noTemplateCurlyInString: as a plan has it
        env: {PORT: '300${MILESTONE_SLOT}', KEPT: 'changed', MILESTONE_TASK: 'not this'},
        env_deny: ['TOKEN_*'],
      },
    });
    const run = rig.milestone('execute', ID, {env: {GIT_DIR: '/nowhere-at-all'}, cwd: '.'});
    const {env, cwd, exit} = await work.nextRun().then(one => ({env: one.env, cwd: one.cwd, exit: () => one.exit()}));
    expect(env).toMatchObject({
      PORT: '3000',
      KEPT: 'changed',
      MILESTONE_ID: ID,
      MILESTONE_TASK: 'a',
      MILESTONE_ATTEMPT: '1',
      MILESTONE_SLOT: '0',
      HOME: rig.env.HOME,
    });
    expect(env.MILESTONE_RUN).toBe((await rig.waitForEvent(ID, 'task_started')).details.token);
    for (const name of ['TOKEN_A', 'TOKEN_B', 'GIT_DIR', 'MILESTONE_DELIVERABLES']) expect(env[name]).toBeUndefined();
    expect(cwd.startsWith(`${rig.stateFolder}/milestone/repo-`)).toBe(true);
    expect(cwd.endsWith(`/${ID}/slot-0/repo`)).toBe(true);
    await exit();
    expect(await run).toMatchObject({exitCode: 0});
    expect(eventsOf(rig, ID, 'milestone_activated')[0]!.details.branch).toBe(`milestone/${ID}`);
  });

  test.concurrent('a workspace is set up when it is new or a lock file differs, gets files, and is torn down', async () => {
    await using rig = await MilestoneRig.create({files: {lock: '1\n', '.gitignore': '.env\nready\n', kept: 'kept\n'}});
    const {file, lines} = diary(rig);
    rig.write('.env', 'SECRET=1\n');
    rig.write('notes', 'not ignored\n');
    await rig.writeMilestone(
      ID,
      [
        {id: 'a', run: 'test "$(cat .env)" = SECRET=1 && test -e ready && test ! -e notes && echo 2 > lock'},
        {id: 'b', run: 'test -e ready && echo b > b', dependencies: ['a']},
        {id: 'c', run: 'echo c > c', dependencies: ['b']},
      ],
      {
        settings: {
          max_parallel: 1,
          workspace: {
            setup: `touch ready; echo "setup $MILESTONE_SLOT" >> '${file}'`,
            setup_when: ['lock'],
            include: ['.env', 'notes'],
            teardown: `echo teardown >> '${file}'`,
          },
        },
      },
    );
    const ended = await rig.milestone('execute', ID);
    expect(ended).toMatchObject({exitCode: 0});
    expect(ended.stderr).toContain('`notes`');
    expect(lines()).toEqual(['setup 0', 'setup 0', 'teardown']);
    expect(filesAt(rig, `milestone/${ID}`)).toEqual(['.gitignore', 'README', 'b', 'c', 'kept', 'lock']);
  });

  test.concurrent('a setup that fails is a failed attempt', async () => {
    await using rig = await MilestoneRig.create();
    await rig.writeMilestone(ID, [{id: 'a', run: 'true', retries: 1}], {
      settings: {workspace: {setup: 'echo no network; exit 3'}},
    });
    expect(await rig.milestone('execute', ID)).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('`workspace.setup`'),
    });
    expect(outcomes(rig, ID)).toMatchObject([{cause: 'setup'}, {cause: 'setup'}]);
    expect(rig.read(`.milestones/logs/${ID}/a.1.log`)).toContain('no network');
  });

  test.concurrent('everything printed is in the log of the attempt, for its owner alone, without secrets', async () => {
    await using rig = await MilestoneRig.create({git: false, env: {API_TOKEN: 'hunter2-hunter2', PLAIN: 'visible'}});
    await rig.writeMilestone(ID, [
      {id: 'a', run: 'echo "$API_TOKEN and $PLAIN"; echo to stderr >&2', verify: 'echo "checked with $API_TOKEN"'},
    ]);
    expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 0});
    const log = `.milestones/logs/${ID}/a.1.log`;
    expect(rig.read(log)).toMatch(/ and visible\nto stderr\n/);
    expect(rig.read(log)).toContain('checked with');
    expect(rig.read(log)).not.toContain('hunter2');
    expect(fs.statSync(rig.path(log)).mode & 0o777).toBe(0o600);
    expect(rig.read(rig.logFile(ID))).not.toContain('hunter2');
  });

  test.concurrent('the slot of the merge queue is the one after the last', async () => {
    await using rig = await MilestoneRig.create();
    const {file, lines} = diary(rig);
    const [one, two] = [await rig.command('one'), await rig.command('two')];
    const tasks = [one, two].map(({name, shell}) => ({id: name, run: `(${shell}) && echo ${name} > ${name}`}));
    const note = `echo "$MILESTONE_TASK $MILESTONE_SLOT $(basename "$PWD")" >> '${file}'`;
    await rig.writeMilestone(ID, tasks, {settings: {max_parallel: 2, verify: note, verify_final: note}});
    const run = rig.milestone('execute', ID);
    const runs = [await one.nextRun(), await two.nextRun()];
    await runs[0]!.exit();
    await rig.waitForEvent(ID, 'task_completed');
    await runs[1]!.exit();
    expect(await run).toMatchObject({exitCode: 0});
    expect(lines()).toEqual([' 2 repo', 'one 0 repo', 'two 1 repo', 'two 2 repo', ' 2 repo']);
  });

  test.concurrent('slots may live elsewhere, and a command inside one works with the home that owns it', async () => {
    await using rig = await MilestoneRig.create({files: {'.milestones/config.yaml': 'settings: {}\n'}});
    const work = await rig.command('work');
    await rig.writeMilestone(ID, [{id: 'a', run: work.shell}], {settings: {workspace: {root: '../slots'}}});
    const run = rig.milestone('execute', ID);
    const {cwd, exit} = await work.nextRun().then(one => ({cwd: one.cwd, exit: () => one.exit()}));
    expect(cwd.startsWith(`${rig.root}/slots/repo-`)).toBe(true);
    const {exitCode, json} = await rig.milestone('status', ID, '--json', {cwd});
    expect([exitCode, json().milestone.executor.alive]).toEqual([0, true]);
    // Who works in a slot decides nothing, whoever he is.
    expect(await rig.milestone('execute', ID, {cwd})).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('inside'),
    });
    await exit();
    expect(await run).toMatchObject({exitCode: 0});
    expect(fs.existsSync(cwd)).toBe(false);
  });
});

describe('blockers', () => {
  test.concurrent('with `on_blocker: stop` nothing new starts after a failure', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const tasks = [
      {id: 'bad', run: 'exit 1', retries: 0},
      {id: 'other', run: 'true'},
    ];
    await rig.writeMilestone(ID, tasks, {settings: {on_blocker: 'stop', max_parallel: 1}});
    expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 4});
    expect(tasksIn(rig, ID, 'task_started')).toEqual(['bad']);
    await rig.writeMilestone('isolates', tasks, {settings: {max_parallel: 1}});
    expect(await rig.milestone('execute', 'isolates')).toMatchObject({exitCode: 4});
    expect(tasksIn(rig, 'isolates', 'task_started')).toEqual(['bad', 'other']);
  });
});
