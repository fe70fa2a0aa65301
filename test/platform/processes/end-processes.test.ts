import {spawnSync} from 'node:child_process';
import {describe, expect, test} from 'vitest';
import {systemClock} from '../../../src/platform/clock.ts';
import {endLeftovers, stopToken, sweepAfterExit} from '../../../src/platform/processes/end-processes.ts';
import {findByToken, ProcessSearch} from '../../../src/platform/processes/process-search.ts';
import {
  hasProc,
  listProcesses,
  type ProcessEntry,
  readPidLimit,
  readProcess,
} from '../../../src/platform/processes/process-table.ts';
import {FakeClock} from '../../rig/fake-clock.ts';
import {firstSent} from '../../rig/first-sent.ts';
import {isRunning, ProcessRig, until} from './process-rig.ts';

/** A daemon as the books have it: child of a child that has gone, in a session of its own. */
const DAEMON = `"$NODE" -e '
  require("node:child_process").spawn("/bin/sh", ["-c", "echo daemon; exec sleep 1000"], {detached: true, stdio: "inherit"}).unref();
'`;
/** Ignores what can be ignored. */
const STUBBORN = `trap '' INT TERM HUP; echo ready; while :; do sleep 1000; done`;
/** Says which signals it gets; ends on SIGTERM. */
const TALKING = `"$NODE" -e '
  process.on("SIGINT", () => console.log("got SIGINT"));
  process.on("SIGTERM", () => { console.log("got SIGTERM"); process.exit(); });
  setInterval(() => {}, 1000); console.log("ready");
'`;

describe('after a task has ended by itself', () => {
  test('nothing is found when it has left nothing', async () => {
    await using rig = new ProcessRig();
    const group = await rig.start('sleep 0 & wait; true');
    await group.exited;
    expect(await sweepAfterExit(rig.token, group, systemClock)).toEqual({found: [], left: []});
  });

  test.each([
    ['a background child', 'sleep 1000 & echo ready', 'ready'],
    ['a background child without any environment', 'env -i sleep 1000 & echo ready', 'ready'],
    ['a daemon in its own session', DAEMON, 'daemon'],
    ['one that ignores SIGTERM', `(${STUBBORN}) & until grep -q ready logs/*; do :; done`, 'ready'],
  ])('%s is ended and named', async (_, command, printed) => {
    await using rig = new ProcessRig();
    const clock = new FakeClock();
    const group = await rig.start(command);
    await group.exited;
    await rig.untilPrinted(printed);

    const swept = await clock.runUntil(sweepAfterExit(rig.token, group, clock));
    expect(swept.found).not.toHaveLength(0);
    expect(swept.left).toEqual([]);
    expect(await rig.carriers()).toEqual([]);
    for (const {pid} of swept.found) expect(await isRunning(pid)).toBe(false);
  });

  test('a leftover gets SIGTERM, and SIGKILL only after two seconds', async () => {
    await using rig = new ProcessRig();
    const clock = new FakeClock();
    const group = await rig.start(`(${STUBBORN}) & until grep -q ready logs/*; do :; done`);
    await group.exited;
    const killed = firstSent('SIGKILL', clock);
    await clock.runUntil(sweepAfterExit(rig.token, group, clock), 50);
    expect(killed.at).toBeGreaterThanOrEqual(2000);
    expect(killed.at).toBeLessThan(2500);
  });

  test.skipIf(!hasProc)('one that lives on in an ever new process is found and ended', async () => {
    await using rig = new ProcessRig();
    const clock = new FakeClock();
    rig.script('hop.sh', `echo hop\nsetsid /bin/sh hop.sh &\n`);
    const group = await rig.start('/bin/sh hop.sh');
    await group.exited;
    await rig.untilPrinted('hop', 20);
    const swept = await clock.runUntil(sweepAfterExit(rig.token, group, clock));
    expect(swept.found).not.toEqual([]);
    const {length} = rig.output;
    expect(await rig.carriers()).toEqual([]);
    expect(rig.output).toHaveLength(length);
  });

  test.skipIf(!hasProc)('a leftover is found when the process numbers have begun again since', async () => {
    await using rig = new ProcessRig();
    const clock = new FakeClock();
    const group = await rig.start('sleep 1000 & echo ready');
    await group.exited;
    const later = {...group, pid: readPidLimit() - 1};
    expect((await clock.runUntil(sweepAfterExit(rig.token, later, clock))).found).toHaveLength(1);
    expect(await rig.carriers()).toEqual([]);
  });

  test.skipIf(!hasProc)('a leftover is found after a task while which all numbers may have been used', async () => {
    await using rig = new ProcessRig();
    const clock = new FakeClock();
    const group = await rig.start('sleep 1000 & echo ready');
    await group.exited;
    const [leftover] = await rig.carriers();
    // A number above the leftover's as after a whole round, and nobody's: what has it as its group would be ended.
    let above = group;
    while (above.pid < leftover!) {
      above = await rig.start('true');
      await above.exited;
    }
    const longAgo = {...above, forks: group.forks - readPidLimit()};
    expect((await clock.runUntil(sweepAfterExit(rig.token, longAgo, clock))).found).toMatchObject([{pid: leftover}]);
  });
});

test.skipIf(!hasProc)('a shell whose command is ended does not go on to the next one', async () => {
  await using rig = new ProcessRig();
  const clock = new FakeClock();
  const daemons = 'setsid sh -c "echo ready; sleep 1000; echo went on" & '.repeat(5);
  const group = await rig.start(`${daemons} until [ "$(grep -c ready logs/*)" = 5 ]; do :; done`);
  await group.exited;
  await clock.runUntil(sweepAfterExit(rig.token, group, clock));
  expect(rig.output).not.toContain('went on');
});

test.skipIf(!hasProc)('what a leftover starts when it is to end is asked to end as well', async () => {
  await using rig = new ProcessRig();
  const clock = new FakeClock();
  rig.script('child.sh', `trap 'echo "child told"; exit' TERM; echo child ready; while :; do sleep 1000 & wait; done`);
  rig.script(
    'parent.sh',
    `trap 'setsid sh child.sh & until grep -q "child ready" logs/*; do :; done; exit' TERM
    echo "parent $$."; while :; do sleep 1000 & wait; done`,
  );
  const group = await rig.start('setsid sh parent.sh & until grep -q parent logs/*; do :; done');
  await group.exited;
  const swept = sweepAfterExit(rig.token, group, clock);
  await clock.untilAsleep();
  const parent = Number(/parent (\d+)/.exec(rig.output)?.[1]);
  await until(async () => !(await isRunning(parent)), 'the end of the parent');
  await clock.advance(50);
  await rig.untilPrinted('child told');
  await clock.runUntil(swept);
  expect(await rig.carriers()).toEqual([]);
});

test.skipIf(!hasProc)('who leaves its group after a look is signalled by itself', async () => {
  await using rig = new ProcessRig();
  const group = await rig.start('setsid sleep 1000 & sleep 1000');
  const isDaemon = ({pid, session, token}: ProcessEntry) => token === rig.token && pid !== group.pid && session === pid;
  await until(async () => (await listProcesses()).some(isDaemon), 'the daemon');
  const daemon = (await listProcesses()).find(isDaemon)!;
  const search = new ProcessSearch(new Set([rig.token]), group.pid);
  search.signal([{...daemon, group: group.pid, session: group.pid}], 'SIGKILL');
  expect(await group.exited).toEqual({code: null, signal: 'SIGKILL'});
  await until(async () => !(await isRunning(daemon.pid)), 'the end of the daemon');
});

test.skipIf(!hasProc)('of a process that is said to have no environment it is known at once', async () => {
  await using rig = new ProcessRig();
  const group = await rig.start('env -i sleep 1000 & echo ready; wait');
  await rig.untilPrinted('ready');
  await until(async () => (await listProcesses()).some(isSleepOf(group.pid)), 'the sleep');
  const sleep = (await listProcesses()).find(isSleepOf(group.pid));
  expect(sleep).not.toHaveProperty('token');
  expect(sleep).not.toHaveProperty('isUnclear');
});

function isSleepOf(group: number) {
  return (entry: ProcessEntry) => entry.group === group && entry.name === 'sleep' && !entry.isUnclear;
}

/** The system call that ends one thread, by what Node calls the machine. */
const EXIT_CALL: Readonly<Record<string, number>> = {x64: 60, arm64: 93};
const hasThreads =
  hasProc && process.arch in EXIT_CALL && spawnSync('perl', ['-Mthreads', '-e', '1'], {stdio: 'ignore'}).status === 0;

test.skipIf(!hasThreads)('a program whose first thread has ended is found through the others', async () => {
  await using rig = new ProcessRig();
  const clock = new FakeClock();
  const program = `use threads; threads->create(sub { syswrite STDOUT, "ready"; sleep 1000 }); syscall ${EXIT_CALL[process.arch]}, 0`;
  const group = await rig.start(`setsid perl -e '${program}' & until grep -q ready logs/*; do :; done`);
  await group.exited;
  const swept = await clock.runUntil(sweepAfterExit(rig.token, group, clock));
  expect(swept.found).toMatchObject([{name: 'perl'}]);
  expect(await rig.carriers()).toEqual([]);
});

describe('stopping', () => {
  test('who ends on SIGINT gets nothing else', async () => {
    await using rig = new ProcessRig();
    const clock = new FakeClock();
    const group = await rig.start(`trap 'echo bye; exit 7' INT; echo ready; while :; do sleep 1000 & wait; done`);
    await rig.untilPrinted('ready');
    const stopped = stopToken(rig.token, clock, {group: group.pid});
    expect(await group.exited).toEqual({code: 7, signal: null});
    await clock.runUntil(stopped);
    expect(rig.output).toContain('bye');
    expect(await rig.carriers()).toEqual([]);
  });

  test('each process gets SIGINT once, SIGTERM after five seconds', async () => {
    await using rig = new ProcessRig();
    const clock = new FakeClock();
    const group = await rig.start(`${TALKING} & ${DAEMON}; ${TALKING}`);
    await rig.untilPrinted('ready', 2);
    const stopped = stopToken(rig.token, clock, {group: group.pid});
    await rig.untilPrinted('got SIGINT', 2);
    await clock.untilAsleep();
    await clock.advance(4900);
    expect(rig.output).not.toContain('got SIGTERM');
    await clock.advance(100);
    await rig.untilPrinted('got SIGTERM', 2);
    await clock.runUntil(stopped);
    expect(rig.output.match(/got SIGINT/g)).toHaveLength(2);
    expect(await rig.carriers()).toEqual([]);
  });

  test('who ignores SIGINT and SIGTERM is killed after eight seconds', async () => {
    await using rig = new ProcessRig();
    const clock = new FakeClock();
    const group = await rig.start(STUBBORN);
    await rig.untilPrinted('ready');
    await clock.runUntil(stopToken(rig.token, clock, {group: group.pid}));
    expect(await group.exited).toEqual({code: null, signal: 'SIGKILL'});
    expect(clock.elapsed()).toBeGreaterThanOrEqual(8000);
    expect(await rig.carriers()).toEqual([]);
  });

  test('there is no grace when it is to be immediate', async () => {
    await using rig = new ProcessRig();
    const clock = new FakeClock();
    const group = await rig.start(TALKING);
    await rig.untilPrinted('ready');
    await clock.runUntil(stopToken(rig.token, clock, {group: group.pid, immediate: true}));
    expect(await group.exited).toEqual({code: null, signal: 'SIGKILL'});
    expect(rig.output).not.toContain('got');
  });

  test('a hurry ends the grace', async () => {
    await using rig = new ProcessRig();
    const clock = new FakeClock();
    const hurry = new AbortController();
    const group = await rig.start(STUBBORN);
    await rig.untilPrinted('ready');
    const stopped = stopToken(rig.token, clock, {group: group.pid, hurry: hurry.signal});
    await clock.untilAsleep();
    hurry.abort();
    expect(await group.exited).toEqual({code: null, signal: 'SIGKILL'});
    expect(clock.elapsed()).toBe(0);
    await clock.runUntil(stopped);
  });

  test('a daemon in another session is found by its token', async () => {
    await using rig = new ProcessRig();
    const clock = new FakeClock();
    const group = await rig.start(`${DAEMON}; ${STUBBORN}`);
    await rig.untilPrinted('daemon');
    await rig.untilPrinted('ready');
    await clock.runUntil(stopToken(rig.token, clock, {group: group.pid}));
    expect(await rig.carriers()).toEqual([]);
  });

  test('a process without environment in another session is found while its parent lives', async () => {
    await using rig = new ProcessRig();
    const clock = new FakeClock();
    const group = await rig.start(`"$NODE" -e '
      const {pid} = require("node:child_process").spawn("sleep", ["1000"], {detached: true, env: {}, stdio: "ignore"});
      console.log("hidden " + pid + ".");
    '`);
    await rig.untilPrinted('.');
    const hidden = Number(/hidden (\d+)/.exec(rig.output)?.[1]);
    expect(await rig.carriers()).not.toContain(hidden);
    await clock.runUntil(stopToken(rig.token, clock, {group: group.pid}));
    expect(await isRunning(hidden)).toBe(false);
  });

  test('one that bears children all the time is beaten', async () => {
    await using rig = new ProcessRig();
    const clock = new FakeClock();
    const group = await rig.start(
      `trap '' INT TERM; echo ready; while :; do (trap '' INT TERM; sleep 5) & sleep 0.01; done`,
    );
    await rig.untilPrinted('ready');
    await clock.runUntil(stopToken(rig.token, clock, {group: group.pid, graceMs: [100, 100]}));
    expect(await rig.carriers()).toEqual([]);
  });

  test.each([
    ['', true],
    [', each in a session of its own', hasProc],
  ])('one that lives on in an ever new process%s is beaten', async (own, isTested) => {
    if (!isTested) return;
    await using rig = new ProcessRig();
    const clock = new FakeClock();
    rig.script('hop.sh', `trap '' INT TERM\necho hop\n${own && 'setsid'} /bin/sh hop.sh &\n`);
    const group = await rig.start('/bin/sh hop.sh');
    await rig.untilPrinted('hop', 20);
    await clock.runUntil(stopToken(rig.token, clock, {group: group.pid, graceMs: [100, 100]}));
    const {length} = rig.output;
    expect(await rig.carriers()).toEqual([]);
    expect(rig.output).toHaveLength(length);
  });

  test('zombies are not waited for', async () => {
    await using rig = new ProcessRig();
    await rig.start(`sleep 0 & echo "child $!."; exec sleep 1000`);
    await rig.untilPrinted('.');
    const child = Number(/child (\d+)/.exec(rig.output)?.[1]);
    await until(async () => !(await isRunning(child)), 'the end of the child');
    expect(await rig.carriers()).not.toContain(child);
  });

  test('this program and its own group are never signalled', async () => {
    const own = readProcess(process.pid);
    const clock = new FakeClock();
    expect(await stopToken('no such token', clock, {group: own?.group ?? process.pid, immediate: true})).toEqual({
      found: [],
      left: [],
    });
  });
});

test('what a dead executor left is found by any of its tokens, and ended', async () => {
  await using one = new ProcessRig();
  await using other = new ProcessRig();
  const clock = new FakeClock();
  await one.start(STUBBORN);
  await other.start(`${DAEMON}; sleep 1000`);
  await one.untilPrinted('ready');
  await other.untilPrinted('daemon');
  const {found, left} = await clock.runUntil(endLeftovers(new Set([one.token, other.token]), clock));
  expect(found.length).toBeGreaterThanOrEqual(3);
  expect(left).toEqual([]);
  expect(await findByToken(new Set([one.token, other.token]))).toEqual([]);
});
