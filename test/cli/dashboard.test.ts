// The dashboard as a person meets it: in a terminal.

import {describe, expect, test} from 'vitest';
import {wantsDashboard} from '../../src/cli/launch/wants-dashboard.ts';
import {hasTerminal, inTerminal} from '../rig/in-terminal.ts';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {eventsOf} from './support.ts';

const SECOND_SCREEN = '\x1b[?1049h';
const FIRST_SCREEN = '\x1b[?1049l';
const CTRL_C = '\x03';

describe.skipIf(!hasTerminal)('in a terminal (skipped without `script` of util-linux)', () => {
  test('`execute` shows the dashboard, and ends with the words and the exit code of the executor', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const build = await rig.command('build');
    await rig.writeMilestone('release', [{id: 'build', title: '漢字', run: build.shell}]);
    const run = inTerminal(rig, 'execute', 'release');
    const working = await build.nextRun();
    await run.line(/▶ build +漢字 +working/);
    working.exit(0);
    const {exitCode, stdout} = await run;
    expect(exitCode).toBe(0);
    expect(stdout).toContain(SECOND_SCREEN);
    const said = stdout.slice(stdout.lastIndexOf(FIRST_SCREEN) + FIRST_SCREEN.length);
    expect(said).toMatch(/✔ milestone release completed: 1 task done/);
    // The cursor may be shown once more.
    expect(said.replaceAll('\x1b[?25h', '')).not.toContain('\x1b');
  });

  test('500 tasks are drawn without flicker: nothing is cleared, and what stays the same is written once', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const step = await rig.command('step');
    const tasks = Array.from({length: 500}, (_, place) => ({id: `t${place}`, run: step.shell}));
    await rig.writeMilestone('release', tasks, {settings: {max_parallel: 1}});
    const some = ['t250', 't251', 't252', 't253', 't254'];
    const run = inTerminal(rig, 'execute', 'release', '--no-git', '--only', some.join());
    for (const id of some) {
      const working = await step.nextRun();
      await run.line(new RegExp(`▶ ${id} .*working`));
      working.exit(0);
    }
    const {exitCode, stdout} = await run;
    expect(exitCode).toBe(0);
    const drawn = stdout.slice(stdout.indexOf(SECOND_SCREEN), stdout.lastIndexOf(FIRST_SCREEN));
    const [entered, ...frames] = drawn.split('\x1b[H').slice(1);
    expect(entered).not.toContain('t0');
    expect(frames.length).toBeGreaterThanOrEqual(some.length);
    expect(frames.join('')).not.toMatch(/\x1b\[[0-3]?J|\x1b\[[12]K/);
    // 24 rows of 79 columns, in UTF-8, with what erases the rest of each row.
    for (const frame of frames) expect(Buffer.byteLength(frame)).toBeLessThan(24 * (79 + 24));
    expect(frames.filter(frame => frame.includes('q leave'))).toHaveLength(1);
  });

  test('what keeps an execution from starting is said as without a terminal', async () => {
    await using rig = await MilestoneRig.create({git: false});
    await rig.writeMilestone('release', [{id: 'build', dependencies: ['absent'], run: 'true'}]);
    const plain = await rig.milestone('execute', 'release');
    const {exitCode, stdout} = await inTerminal(rig, 'execute', 'release');
    expect(exitCode).toBe(plain.exitCode);
    expect(stdout.replaceAll('\r\n', '\n')).toBe(plain.stderr);
  });

  test('an executor that dies under its dashboard leaves a word on how to go on', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const build = await rig.command('build');
    await rig.writeMilestone('release', [{id: 'build', run: build.shell}]);
    const run = inTerminal(rig, 'execute', 'release');
    await build.nextRun();
    await run.line(/▶ build/);
    process.kill((await rig.status('release')).executor.pid, 'SIGKILL');
    const {exitCode, stdout} = await run;
    expect(exitCode).toBe(9);
    expect(stdout).toContain('hint: `milestone resume release` goes on from where it was');
  });

  test('`q` leaves the execution running in the background, and says how to come back', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const build = await rig.command('build');
    await rig.writeMilestone('release', [{id: 'build', run: build.shell}]);
    const run = inTerminal(rig, 'execute', 'release');
    const working = await build.nextRun();
    await run.line(/▶ build/);
    run.stdin!.write('q');
    const {exitCode, stdout} = await run;
    expect(exitCode).toBe(0);
    expect(stdout).toContain('`milestone status release --watch` comes back to it');
    working.exit(0);
    await rig.waitForEvent('release', 'milestone_completed');
  });

  test('Ctrl-C stops and saves', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const build = await rig.command('build');
    await rig.writeMilestone('release', [{id: 'build', run: build.shell}]);
    const run = inTerminal(rig, 'execute', 'release');
    await build.nextRun();
    await run.line(/▶ build/);
    run.stdin!.write(CTRL_C);
    const {exitCode, stdout} = await run;
    expect(exitCode).toBe(130);
    expect(stdout).toContain('`milestone resume release` goes on from here');
    expect(eventsOf(rig, 'release', 'session_ended').map(({details}) => details.exit)).toEqual([130]);
  });

  test('a terminal that is closed ends the execution, which is saved', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const build = await rig.command('build');
    await rig.writeMilestone('release', [{id: 'build', run: build.shell}]);
    const run = inTerminal(rig, 'execute', 'release');
    await build.nextRun();
    await run.line(/▶ build/);
    run.stdin!.end();
    const ended = await rig.waitForEvent('release', 'session_ended');
    expect(ended.details.exit).toBe(129);
    expect(await run).toMatchObject({exitCode: 129});
    await rig.untilNoProcessLeft();
  });

  test('a terminal that is closed ends an execution that prints plain lines', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const build = await rig.command('build');
    await rig.writeMilestone('release', [{id: 'build', run: build.shell}]);
    const run = inTerminal(rig, 'execute', 'release', '--format', 'text');
    await build.nextRun();
    run.stdin!.end();
    expect(await run).toMatchObject({exitCode: 129});
    expect(eventsOf(rig, 'release', 'session_ended').map(({details}) => details.exit)).toEqual([129]);
    expect(await rig.milestone('resume', '--plan')).toMatchObject({exitCode: 0});
  });

  test.each([
    ['status', '--watch'],
    ['status', '--watch', '--format', 'text'],
    ['log', '--follow'],
  ])('a terminal that is closed ends `%s %s`, and nothing else', async (...words) => {
    await using rig = await MilestoneRig.create({git: false});
    const build = await rig.command('build');
    await rig.writeMilestone('release', [{id: 'build', run: build.shell}]);
    const execution = rig.milestone('execute', 'release');
    const building = await build.nextRun();
    const watch = inTerminal(rig, ...words);
    await watch.line(/release|build/);
    watch.stdin!.end();
    expect(await watch).toMatchObject({exitCode: 129});
    building.exit(0);
    expect(await execution).toMatchObject({exitCode: 0});
  });

  test('`status --watch` follows what another process does, pauses it, and leaves it alone', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const [build, ship] = [await rig.command('build'), await rig.command('ship')];
    await rig.writeMilestone('release', [
      {id: 'build', run: build.shell},
      {id: 'ship', run: ship.shell, dependencies: ['build']},
    ]);
    const execution = rig.milestone('execute', 'release');
    const building = await build.nextRun();
    const watch = inTerminal(rig, 'status', '--watch');
    await watch.line(/▶ build/);
    watch.stdin!.write('\x1b[8;12;60t');
    await watch.line(/▶ build {10,20}working/);
    building.exit(0);
    const shipping = await ship.nextRun();
    await watch.line(/▶ ship/);
    watch.stdin!.write('p');
    await rig.waitForEvent('release', 'milestone_paused');
    watch.stdin!.write(CTRL_C);
    expect(await watch).toMatchObject({exitCode: 130});
    shipping.exit(0);
    expect(await execution).toMatchObject({exitCode: 6});
  });

  test('`--format text` and CI have plain lines there, too', async () => {
    await using rig = await MilestoneRig.create({git: false});
    await rig.writeMilestone('release', [{id: 'build', run: 'true'}]);
    const {stdout} = await inTerminal(rig, 'execute', 'release', '--format', 'text');
    expect(stdout).not.toContain(SECOND_SCREEN);
    expect(stdout).toContain('▶ build');
  });
});

test('without a terminal `status --watch` prints a line for each event that matters, until nobody works on it', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const build = await rig.command('build');
  await rig.writeMilestone('release', [{id: 'build', run: build.shell}]);
  const idle = await rig.milestone('status', '--watch');
  expect(idle).toMatchObject({exitCode: 0, stdout: expect.stringContaining('nobody works on it')});
  const execution = rig.milestone('execute', 'release');
  const working = await build.nextRun();
  const watch = rig.milestone('status', '--watch');
  await watch.line(/in_progress/);
  working.exit(0);
  expect(await execution).toMatchObject({exitCode: 0});
  const {exitCode, stdout} = await watch;
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/✔ build/);
  expect(stdout).toMatch(/milestone release completed/);
});

test('`status --watch` does not answer in JSON, and says what does', async () => {
  await using rig = await MilestoneRig.create({git: false});
  await rig.writeMilestone('release', [{id: 'build', run: 'true'}]);
  const {exitCode, stdout} = await rig.milestone('status', '--watch', '--json');
  expect(exitCode).toBe(2);
  expect(JSON.parse(stdout).error).toMatchObject({code: 'USAGE', hint: 'milestone log release --follow --json'});
});

test('a dashboard is for a person before a terminal, unless something else is asked for', () => {
  const terminal = [{isTTY: true}, {isTTY: true}, {isTTY: true}];
  const env = {TERM: 'xterm'};
  expect(wantsDashboard(['execute', 'release'], terminal, env)).toBe(true);
  expect(wantsDashboard(['execute'], [{isTTY: true}, {}, {isTTY: true}], env)).toBe(false);
  expect(wantsDashboard(['execute', '--json'], terminal, env)).toBe(false);
  expect(wantsDashboard(['execute', '--format=text'], terminal, env)).toBe(false);
  expect(wantsDashboard(['execute', '--format', 'text'], terminal, env)).toBe(false);
  expect(wantsDashboard(['execute'], terminal, {...env, CI: 'true'})).toBe(false);
  expect(wantsDashboard(['execute'], terminal, {...env, CI: 'false'})).toBe(true);
  expect(wantsDashboard(['execute'], terminal, {TERM: 'dumb'})).toBe(false);
});
