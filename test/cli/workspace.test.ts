import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import {describe, expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';

const ID = 'm';

/** A file outside the repository for what commands want to tell, and what it says so far. */
function diary(rig: MilestoneRig) {
  const file = path.join(rig.root, 'diary');
  return {file, lines: () => (fs.existsSync(file) ? fs.readFileSync(file, 'utf8').trim().split('\n') : [])};
}

function outcomes(rig: MilestoneRig) {
  return rig.events(ID).flatMap(event => (event.event === 'attempt_ended' ? [event.details.outcome] : []));
}

function slotsLeft(rig: MilestoneRig): string[] {
  const pools = path.join(rig.stateFolder, 'milestone');
  return fs.existsSync(pools) ? fs.readdirSync(pools) : [];
}

describe('files that git ignores', () => {
  test.concurrent('links in a folder are copied, and nothing that is written through one reaches the checkout', async () => {
    await using rig = await MilestoneRig.create({files: {'.gitignore': 'vendor/\n'}});
    rig.write('vendor/v1/lib', 'of the user\n');
    rig.write('../elsewhere/tool', 'of the machine\n');
    execFileSync('mkfifo', [rig.path('vendor/pipe')]);
    fs.symlinkSync('v1', rig.path('vendor/current'));
    fs.symlinkSync('../README', rig.path('vendor/readme'));
    fs.symlinkSync('../nowhere', rig.path('vendor/dangling'));
    fs.symlinkSync(rig.path('vendor/v1'), rig.path('vendor/absolute'));
    fs.symlinkSync(rig.path('made-by-task'), rig.path('vendor/missing'));
    fs.symlinkSync(rig.path('../elsewhere'), rig.path('../alias'));
    fs.symlinkSync(rig.folder, rig.path('../elsewhere/back'));
    fs.symlinkSync(rig.path('../elsewhere/back/README'), rig.path('vendor/roundabout'));
    fs.symlinkSync(rig.path('../elsewhere/tool'), rig.path('vendor/tool'));
    fs.symlinkSync('../../elsewhere/tool', rig.path('vendor/relative-tool'));
    const links = 'current readme dangling absolute missing roundabout tool relative-tool';
    await rig.writeMilestone(
      ID,
      [
        {
          id: 'a',
          run: [
            `cd vendor && for link in ${links}; do readlink "$link"; done > ../a.txt`,
            'for file in current/lib absolute/other missing roundabout readme; do echo task > "$file"; done',
          ].join('\n'),
        },
        {id: 'b', run: 'cat vendor/current/lib vendor/tool vendor/relative-tool > b.txt', dependencies: ['a']},
      ],
      {settings: {max_parallel: 1, workspace: {include: ['vendor']}}},
    );
    expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 0});
    expect(rig.git('show', `milestone/${ID}:a.txt`).split('\n')).toEqual([
      'v1',
      '../README',
      '../nowhere',
      'v1',
      '../made-by-task',
      '../README',
      rig.path('../elsewhere/tool'),
      rig.path('../elsewhere/tool'),
    ]);
    expect(rig.git('show', `milestone/${ID}:b.txt`)).toBe('of the user\nof the machine\nof the machine');
    expect(rig.read('vendor/v1/lib')).toBe('of the user\n');
    expect(fs.readdirSync(rig.path('vendor/v1'))).toEqual(['lib']);
    expect(rig.read('README')).toBe('A project.\n');
    expect(rig.exists('made-by-task')).toBe(false);
    expect(rig.read('../elsewhere/tool')).toBe('of the machine\n');
  });

  test.concurrent('what is in the way of a copy is replaced, and a link there is not followed', async () => {
    await using rig = await MilestoneRig.create({files: {'.gitignore': '.env\ncache\nlib\n'}});
    rig.write('.env', 'SECRET=1\n');
    rig.write('cache/deep/one', 'one\n');
    rig.write('lib/sub/two', 'two\n');
    rig.write('lib/top', 'top\n');
    rig.write('../outside/two', 'not ours\n');
    const outside = rig.path('../outside');
    const spoil = [
      'test -f .env && test -f cache/deep/one && test -f lib/sub/two',
      'rm .env && mkdir .env && touch .env/x',
      'rm -r cache && echo file > cache',
      `rm -r lib/sub && ln -s '${outside}' lib/sub`,
      `rm lib/top && ln -s '${outside}/two' lib/top`,
    ];
    const look = [
      'test "$(cat .env)" = SECRET=1 && test "$(cat cache/deep/one)" = one',
      'test ! -L lib/sub && test "$(cat lib/sub/two)" = two && test ! -L lib/top && test "$(cat lib/top)" = top',
      `rm -r cache lib && ln -s '${outside}' lib && ln -s '${outside}' cache`,
    ];
    await rig.writeMilestone(
      ID,
      [
        {id: 'a', run: spoil.join(' && ')},
        {id: 'b', run: look.join(' && '), dependencies: ['a'], retries: 0},
        {id: 'c', run: 'test -f cache/deep/one && test -f lib/sub/two', dependencies: ['b'], retries: 0},
      ],
      {settings: {max_parallel: 1, workspace: {include: ['.env', 'cache', 'lib/sub', 'lib/top']}}},
    );
    const ended = await rig.milestone('execute', ID);
    expect(ended).toMatchObject({exitCode: 0});
    expect(ended.stderr).not.toContain('workspace.include');
    expect(fs.readdirSync(outside)).toEqual(['two']);
    expect(rig.read('../outside/two')).toBe('not ours\n');
  });

  test.concurrent('what git would commit is not brought into a slot, nor taken out of it', async () => {
    await using rig = await MilestoneRig.create({files: {'.gitignore': 'made/\n', folder: 'a file\n'}});
    fs.rmSync(rig.path('folder'));
    rig.write('folder/made/x', 'x\n');
    rig.write('plain/x', 'x\n');
    await rig.writeMilestone(ID, [{id: 'a', run: 'test "$(cat folder)" = "a file" && test ! -e plain'}], {
      settings: {workspace: {include: ['folder/made', 'plain']}},
    });
    const ended = await rig.milestone('execute', ID);
    expect(ended).toMatchObject({exitCode: 0});
    for (const name of ['folder/made', 'plain'])
      expect(ended.stderr).toContain(`\`${name}\` (\`workspace.include\`) is not ignored by git`);
  });

  test.concurrent('a folder that cannot be copied is a failed attempt', async () => {
    await using rig = await MilestoneRig.create({files: {'.gitignore': 'vendor/\n'}});
    rig.write('vendor/x', 'x\n');
    await rig.writeMilestone(ID, [{id: 'a', run: 'true', retries: 0}], {
      settings: {workspace: {root: 'vendor/slots', include: ['vendor']}},
    });
    expect(await rig.milestone('execute', ID)).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('could not start: `vendor` (`workspace.include`) could not be copied: '),
    });
    expect(outcomes(rig)).toMatchObject([{kind: 'failed', cause: 'setup'}]);
  });
});

describe('edits of the settings of the workspace', () => {
  test.concurrent('made while it executes hold from the next attempt on', async () => {
    await using rig = await MilestoneRig.create({files: {'.gitignore': '.env\n'}});
    const {file, lines} = diary(rig);
    rig.write('.env', 'SECRET=1\n');
    const hold = await rig.command('hold');
    const plan = (workspace: object) =>
      rig.writeMilestone(
        ID,
        [
          {id: 'hold', run: hold.shell},
          {id: 'z', run: 'test -f .env', retries: 0},
        ],
        {settings: {max_parallel: 2, workspace}},
      );
    await plan({setup: `test $MILESTONE_TASK = hold && exit; echo old >> '${file}'; exit 1`});
    const execution = rig.milestone('execute', ID);
    const held = await hold.nextRun();
    await rig.waitForEvent(ID, 'task_failed');
    await plan({
      setup: `echo new >> '${file}'`,
      include: ['.env'],
      fresh: true,
      teardown: `echo down >> '${file}'`,
    });
    await rig.waitForEvent(ID, 'plan_changed');
    expect(await rig.milestone('retry', 'z')).toMatchObject({exitCode: 0});
    await rig.waitForEvent(ID, event => event.event === 'task_completed' && event.details.task_id === 'z');
    await held.exit();
    expect(await execution).toMatchObject({exitCode: 0});
    expect(lines()).toEqual(['old', 'new', 'down', 'down']);
  });

  test.concurrent('made while nobody executes hold from the resume on', async () => {
    await using rig = await MilestoneRig.create();
    const {file, lines} = diary(rig);
    const slow = await rig.command('slow');
    const plan = (setup: string) => rig.writeMilestone(ID, [{id: 'a', run: 'true'}], {settings: {workspace: {setup}}});
    await plan(`echo old >> '${file}'; ${slow.shell}`);
    const execution = rig.milestone('execute', ID);
    await slow.nextRun();
    execution.kill('SIGINT');
    expect(await execution).toMatchObject({exitCode: 130});
    await plan(`echo new >> '${file}'`);
    expect(await rig.milestone('resume', ID)).toMatchObject({exitCode: 0});
    expect(lines()).toEqual(['old', 'new']);
  });
});

test.concurrent('an edit of `git.hooks` holds for the work of attempts that run', async () => {
  await using rig = await MilestoneRig.create();
  rig.write('.git/hooks/pre-commit', '#!/bin/sh\necho not like this\nexit 1\n');
  fs.chmodSync(rig.path('.git/hooks/pre-commit'), 0o755);
  const work = await rig.command('work');
  const plan = (hooks: boolean) =>
    rig.writeMilestone(ID, [{id: 'a', run: `echo a > a; ${work.shell}`, retries: 0}], {settings: {git: {hooks}}});
  await plan(false);
  const execution = rig.milestone('execute', ID);
  const run = await work.nextRun();
  await plan(true);
  await rig.waitForEvent(ID, 'plan_changed');
  await run.exit();
  expect(await execution).toMatchObject({exitCode: 4});
  expect(outcomes(rig)).toMatchObject([{cause: 'check', message: expect.stringContaining('not like this')}]);
});

describe('the teardown at the end', () => {
  test.concurrent('ends at a signal, as an attempt does', async () => {
    await using rig = await MilestoneRig.create();
    const down = await rig.command('down', {ignoresSignals: ['SIGINT']});
    const together = await rig.command('together');
    await rig.writeMilestone(
      ID,
      [
        {id: 'a', run: together.shell},
        {id: 'b', run: together.shell},
      ],
      {settings: {max_parallel: 2, workspace: {teardown: down.shell}}},
    );
    const execution = rig.milestone('execute', ID);
    for (const run of [await together.nextRun(), await together.nextRun()]) await run.exit();
    const run = await down.nextRun();
    execution.kill('SIGINT');
    await run.received('SIGINT');
    execution.kill('SIGINT');
    await run.ended;
    expect(await execution).toMatchObject({
      exitCode: 0,
      stderr: expect.stringMatching(
        /`workspace\.teardown` was stopped in `.*slot-0\/repo`.*was stopped in `.*slot-1\/repo`/s,
      ),
    });
    expect(down.timesRun).toBe(1);
    expect(slotsLeft(rig)).toEqual([]);
    expect(rig.exists(rig.planFile(ID, 'completed'))).toBe(true);
  });

  test.concurrent('runs again when the executor was killed meanwhile, once the first one has ended', async () => {
    await using rig = await MilestoneRig.create();
    const down = await rig.command('down');
    await rig.writeMilestone(ID, [{id: 'a', run: 'true'}], {settings: {workspace: {teardown: down.shell}}});
    const execution = rig.milestone('execute', ID);
    const first = await down.nextRun();
    execution.kill('SIGKILL');
    await execution;

    const resume = rig.milestone('resume', ID);
    await first.ended;
    const second = await down.nextRun();
    expect(down.mostAtOnce).toBe(1);
    expect(fs.existsSync(second.cwd)).toBe(true);
    await second.exit();
    expect(await resume).toMatchObject({exitCode: 0});
    expect(slotsLeft(rig)).toEqual([]);
    expect(rig.exists(rig.planFile(ID, 'completed'))).toBe(true);
    expect(rig.processesLeft()).toEqual([]);
  });

  test.concurrent('of a move that is finished later ends at a signal, too', async () => {
    await using rig = await MilestoneRig.create();
    const down = await rig.command('down');
    await rig.writeMilestone(ID, [{id: 'a', run: 'true'}], {settings: {workspace: {teardown: down.shell}}});
    const execution = rig.milestone('execute', ID);
    await down.nextRun();
    execution.kill('SIGKILL');
    await execution;

    const resume = rig.milestone('resume', ID);
    const run = await down.nextRun();
    resume.kill('SIGINT');
    await run.ended;
    expect(await resume).toMatchObject({exitCode: 0, stderr: expect.stringContaining('was stopped')});
    expect(slotsLeft(rig)).toEqual([]);
    expect(rig.exists(rig.planFile(ID, 'completed'))).toBe(true);
  });

  test.concurrent('of a cancelled milestone runs again, too, once the first one has ended', async () => {
    await using rig = await MilestoneRig.create();
    const [build, down] = [await rig.command('build'), await rig.command('down')];
    await rig.writeMilestone(ID, [{id: 'a', run: build.shell}], {settings: {workspace: {teardown: down.shell}}});
    const execution = rig.milestone('execute', ID);
    await build.nextRun();
    expect(await rig.milestone('cancel')).toMatchObject({exitCode: 0});
    const first = await down.nextRun();
    execution.kill('SIGKILL');
    await execution;

    const again = rig.milestone('cancel');
    await first.ended;
    const second = await down.nextRun();
    expect(down.mostAtOnce).toBe(1);
    await second.exit();
    await again;
    expect(slotsLeft(rig)).toEqual([]);
    expect(rig.processesLeft()).toEqual([]);
  });
});
