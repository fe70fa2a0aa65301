import fs from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {type Check, type ChecksInput, runChecks} from '../../src/drivers/run-checks.ts';
import type {CheckResult} from '../../src/events/details/checks.ts';
import {createRedactor} from '../../src/platform/redact.ts';
import {isRunning, ProcessRig, until} from '../platform/processes/process-rig.ts';
import {FakeClock} from '../rig/fake-clock.ts';
import {mostMemory} from '../rig/most-memory.ts';

class Checks extends ProcessRig {
  readonly clock = new FakeClock();
  readonly stop = new AbortController();

  run(checks: Check[], changes: Partial<ChecksInput> = {}) {
    return runChecks({
      checks,
      cwd: this.folder,
      env: this.env,
      token: this.token,
      timeoutMs: 900_000,
      retries: 0,
      logFile: this.logFile,
      clock: this.clock,
      signal: this.stop.signal,
      redactor: createRedactor({}),
      ...changes,
    });
  }

  task(command: string, changes: Partial<ChecksInput> = {}) {
    return this.run([{name: 'task', command}], changes);
  }

  /** Names in the folder of the log. */
  get logs(): string[] {
    return fs.readdirSync(path.dirname(this.logFile));
  }
}

test('a green check and a red one run beside each other and do not mix in the log', async () => {
  await using checks = new Checks();
  const meet = (own: string, other: string) => `touch ${own}; until [ -e ${other} ]; do :; done`;
  const [task, milestone] = await checks.run([
    {name: 'task', command: `echo a; ${meet('a', 'b')}; echo b`},
    {name: 'milestone', command: `echo c; ${meet('b', 'a')}; printf d; exit 3`},
  ]);
  expect(task).toEqual({name: 'task', command: expect.any(String), ok: true, exit_code: 0, duration_ms: 0});
  expect(milestone).toMatchObject({name: 'milestone', ok: false, exit_code: 3, output_tail: 'c\nd'});
  expect(checks.output).toMatch(/\$ echo a;.*\na\nb\n/);
  expect(checks.output).toMatch(/\$ echo c;.*\nc\nd/);
  expect(checks.logs).toEqual(['task.1.log']);
});

test('red and then green on the same tree is flaky', async () => {
  await using checks = new Checks();
  const [result] = await checks.task('[ -e seen ] || { touch seen; exit 1; }', {retries: 1});
  expect(result).toMatchObject({ok: true, exit_code: 0, flaky: true});
  expect(checks.output.match(/^\$ /gm)).toHaveLength(2);
});

test('red as often as it is tried is red', async () => {
  await using checks = new Checks();
  const [result] = await checks.task('echo x >> tries; exit 1', {retries: 2});
  expect(result).toMatchObject({ok: false, exit_code: 1});
  expect(result).not.toHaveProperty('flaky');
  expect(fs.readFileSync(path.join(checks.folder, 'tries'), 'utf8')).toBe('x\nx\nx\n');
});

test('the tail of a red check is short and safe to show, its memory small', async () => {
  await using checks = new Checks();
  await checks.task('true'); // what loads now is not what is measured
  let result: CheckResult | undefined;
  const most = await mostMemory(async () => {
    [result] = await checks.task(`head -c 100000000 /dev/zero; printf '\\033[31mred\\a\\n'; exit 1`);
  });
  expect(result!.output_tail!.length).toBeLessThanOrEqual(2048);
  expect(result!.output_tail).toMatch(/red\\x07\n$/);
  expect(fs.statSync(checks.logFile).size).toBeGreaterThan(100_000_000);
  // Half of what was printed: the garbage of reading it, and of what else goes on in this process, is less by far.
  expect(most).toBeLessThan(50e6);
});

test('secrets are in neither log nor result', async () => {
  await using checks = new Checks();
  const redactor = createRedactor({A_TOKEN: 'hunter22-hunter22'});
  const [result] = await checks.task('echo hunter22-hunter22; exit 1', {redactor});
  expect(result).toMatchObject({command: 'echo ***; exit 1', output_tail: `${'*'.repeat(17)}\n`});
  expect(checks.output).not.toContain('hunter22');
});

test('a check without end is ended with everything it has started, and is red', async () => {
  await using checks = new Checks();
  const marker = path.join(checks.folder, 'ready');
  const ran = checks.task(`trap '' INT TERM; (sleep 1000) & touch ready; while :; do sleep 1000; done`, {
    timeoutMs: 60_000,
  });
  await until(() => fs.existsSync(marker), 'the start of the check');
  const [result] = await checks.clock.runUntil(ran, 1000);
  expect(result).toMatchObject({ok: false, exit_code: null, output_tail: 'milestone: took longer than 1m\n'});
  expect(result!.duration_ms).toBeGreaterThanOrEqual(68_000);
  expect(await checks.carriers()).toEqual([]);
});

test('what a check leaves running is ended, without a word about the check beside it', async () => {
  await using checks = new Checks();
  const marker = (name: string) => path.join(checks.folder, name);
  const ran = checks.run([
    {name: 'task', command: 'sleep 1000 & echo $! > pid'},
    {name: 'milestone', command: 'until [ -e go ]; do :; done'},
  ]);
  await until(() => fs.existsSync(marker('pid')) && fs.readFileSync(marker('pid'), 'utf8') !== '', 'the first check');
  const pid = Number(fs.readFileSync(marker('pid'), 'utf8'));
  await until(
    async () => !(await isRunning(pid)),
    'the end of what was left',
    () => checks.output,
  );
  fs.writeFileSync(marker('go'), '');
  // In small steps: the second check takes time of its own, and must not run out of that of the clock.
  expect(await checks.clock.runUntil(ran, 1)).toMatchObject([{ok: true}, {ok: true}]);
  expect(checks.output).toContain('milestone: ended what was left running: ');
  expect(await checks.carriers()).toEqual([]);
});

test('stopped checks leave nothing and give no result', async () => {
  await using checks = new Checks();
  const ran = checks.run([
    {name: 'task', command: 'sleep 1000'},
    {name: 'milestone', command: 'touch ready; sleep 1000'},
  ]);
  ran.catch(() => {});
  await until(() => fs.existsSync(path.join(checks.folder, 'ready')), 'the start of the checks');
  const reason = new Error('cancelled');
  checks.stop.abort(reason);
  await expect(checks.clock.runUntil(ran)).rejects.toBe(reason);
  expect(await checks.carriers()).toEqual([]);
});

test('a check that cannot start is red', async () => {
  await using checks = new Checks();
  const [result] = await checks.task('true', {cwd: '/no/such/folder'});
  expect(result).toMatchObject({
    ok: false,
    exit_code: null,
    output_tail: 'milestone: could not be started: the folder `/no/such/folder` does not exist\n',
  });
});

test('a check is found by the token of its attempt, and cannot read from a terminal', async () => {
  await using checks = new Checks();
  const ran = checks.task('cat; (: < /dev/tty) || echo no terminal; : > ready; exec sleep 1000');
  ran.catch(() => {});
  await until(() => fs.existsSync(path.join(checks.folder, 'ready')), 'the start of the check');
  expect(await checks.carriers()).toHaveLength(1);
  checks.stop.abort({immediate: true});
  await expect(checks.clock.runUntil(ran)).rejects.toEqual({immediate: true});
  expect(checks.output).toContain('no terminal');
});
