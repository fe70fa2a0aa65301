import fs from 'node:fs';
import fc from 'fast-check';
import {expect, test} from 'vitest';
import {type AttemptInput, type RunningAttempt, StopReason} from '../../src/drivers/driver.ts';
import {formatMs} from '../../src/drivers/limits.ts';
import {shellDriver} from '../../src/drivers/shell.ts';
import {ProcessRig} from '../platform/processes/process-rig.ts';
import {FakeClock} from '../rig/fake-clock.ts';
import {firstSent} from '../rig/first-sent.ts';

const MINUTE = 60_000;
const HOLD = 'echo ready; sleep 1000';

class Attempt extends ProcessRig {
  readonly clock = new FakeClock();
  readonly stop = new AbortController();
  readonly hurry = new AbortController();
  hasChanged: () => Promise<boolean> = async () => false;

  async run(command: string, changes: Partial<AttemptInput> = {}): Promise<RunningAttempt> {
    const running = await shellDriver.start(this.input(command, changes));
    if (running.kind === 'ended') throw new Error(JSON.stringify(running.outcome));
    return running;
  }

  input(command: string, changes: Partial<AttemptInput> = {}): AttemptInput {
    return {
      task: {id: 'task', title: 'Task', run: command},
      attempt: 1,
      cwd: this.folder,
      env: this.env,
      logFile: this.logFile,
      token: this.token,
      limits: {timeoutMs: 45 * MINUTE, silentMs: 15 * MINUTE},
      clock: this.clock,
      stop: this.stop.signal,
      hurry: this.hurry.signal,
      hasChanged: () => this.hasChanged(),
      ...changes,
    };
  }
}

test('exit code 0 is a claim', async () => {
  await using attempt = new Attempt();
  const running = await attempt.run('pwd; echo "$MILESTONE_RUN"');
  expect(await running.ended).toEqual({kind: 'claimed', claim: {}});
  expect(attempt.output).toBe(`${fs.realpathSync(attempt.folder)}\n${attempt.token}\n`);
  await attempt.clock.advance(0);
  expect(attempt.clock.sleeping).toBe(0);
});

test('a command is one argument of its shell: any text in it and in its environment is data', async () => {
  await using attempt = new Attempt();
  const text = fc.string({unit: 'binary', maxLength: 200}).filter(value => !value.includes('\0'));
  const printed = async (command: string, env = attempt.env) => {
    fs.rmSync(attempt.logFile, {force: true});
    expect(await (await attempt.run(command, {env})).ended).toEqual({kind: 'claimed', claim: {}});
    return attempt.output;
  };
  await fc.assert(
    fc.asyncProperty(text, async value => {
      const well = Buffer.from(value).toString();
      expect(await printed('printf %s "$VALUE"', {...attempt.env, VALUE: value})).toBe(well);
      expect(await printed(`printf %s '${value.replaceAll("'", `'\\''`)}'`)).toBe(well);
    }),
    {numRuns: 8, examples: [["'\n\n$(echo x)`\\"], ['\r\n\u0001\u007f'], ['']]},
  );
});

test.each([
  ['sh', 'false; echo on', ''],
  ['bash', 'false | true; echo on', ''],
  ['sh', 'false | true; echo on', 'on\n'],
] as const)('in %s, after what counts as a failure there, nothing goes on: %s', async (shell, command, output) => {
  await using attempt = new Attempt();
  const {kind} = await (await attempt.run(command, {shell})).ended;
  expect([kind, attempt.output]).toEqual([output === '' ? 'ended' : 'claimed', output]);
});

test('its log is appended to, and never written through a link', async () => {
  await using attempt = new Attempt();
  await (await attempt.run('echo one; echo two >&2')).ended;
  await (await attempt.run('echo three')).ended;
  expect(attempt.output).toBe('one\ntwo\nthree\n');
  const link = `${attempt.folder}/link`;
  fs.symlinkSync(`${attempt.folder}/elsewhere`, link);
  await expect(shellDriver.start(attempt.input('echo x', {logFile: link}))).rejects.toThrow(link);
  expect(fs.existsSync(`${attempt.folder}/elsewhere`)).toBe(false);
});

test('any other exit is a failure that says how', async () => {
  await using attempt = new Attempt();
  expect(await (await attempt.run('exit 3')).ended).toEqual({
    kind: 'ended',
    outcome: {kind: 'failed', cause: 'exit', message: 'failed with exit code 3', exit_code: 3},
  });
  expect(await (await attempt.run('kill -SEGV $$')).ended).toEqual({
    kind: 'ended',
    outcome: {kind: 'failed', cause: 'exit', message: 'was ended by SIGSEGV', signal: 'SIGSEGV'},
  });
});

test('a command that cannot be started is a failure', async () => {
  await using attempt = new Attempt();
  expect(await shellDriver.start(attempt.input('true', {cwd: '/no/such/folder'}))).toEqual({
    kind: 'ended',
    outcome: {
      kind: 'failed',
      cause: 'setup',
      message: 'could not be started: the folder `/no/such/folder` does not exist',
    },
  });
});

test('what it leaves running is ended, named in its log, and does not change how it counts', async () => {
  await using attempt = new Attempt();
  const running = await attempt.run('exec 2>&1; sleep 1000 & printf done');
  await attempt.untilPrinted('done');
  expect(await attempt.clock.runUntil(running.ended, 1)).toEqual({kind: 'claimed', claim: {}});
  expect(attempt.output).toMatch(/^done\nmilestone: ended what was left running: (sleep|sh) \(pid \d+\)\n$/);
  expect(await attempt.carriers()).toEqual([]);
});

test('it is ended when its time is over', async () => {
  await using attempt = new Attempt();
  const running = await attempt.run(HOLD, {limits: {timeoutMs: 20_000, silentMs: Number.POSITIVE_INFINITY}});
  await attempt.untilPrinted('ready');
  await attempt.clock.advance(19_999);
  expect(await attempt.carriers()).not.toEqual([]);
  expect(await attempt.clock.runUntil(running.ended)).toEqual({
    kind: 'ended',
    outcome: {kind: 'failed', cause: 'timeout', message: 'took longer than 20s'},
  });
  expect(await attempt.carriers()).toEqual([]);
});

test('it is ended after silence, counted from its last output', async () => {
  await using attempt = new Attempt();
  const running = await attempt.run(`while [ ! -e go ]; do :; done; ${HOLD}`);
  await attempt.clock.advance(14 * MINUTE);
  fs.writeFileSync(`${attempt.folder}/go`, '');
  await attempt.untilPrinted('ready');
  await attempt.clock.advance(15 * MINUTE);
  expect(await attempt.carriers()).not.toEqual([]);
  await attempt.clock.advance(4 * MINUTE);
  expect(await attempt.clock.runUntil(running.ended)).toMatchObject({
    outcome: {cause: 'stalled', message: 'printed nothing and changed nothing for 15m'},
  });
  expect(await attempt.carriers()).toEqual([]);
});

test('silence is no silence while its slot changes, or while nobody can tell', async () => {
  await using attempt = new Attempt();
  const answers = [async () => true, async () => Promise.reject(new Error('busy')), async () => false];
  let asked = 0;
  attempt.hasChanged = () => answers[asked++]!();
  const running = await attempt.run(HOLD);
  await attempt.untilPrinted('ready');
  await attempt.clock.advance(45 * MINUTE - 1);
  expect(asked).toBe(2);
  expect(await attempt.carriers()).not.toEqual([]);
  await attempt.clock.advance(1);
  expect(await attempt.clock.runUntil(running.ended)).toMatchObject({outcome: {cause: 'timeout'}});
});

test('it is ended when the caller says so, and counts as he says', async () => {
  await using attempt = new Attempt();
  const running = await attempt.run(HOLD);
  await attempt.untilPrinted('ready');
  attempt.stop.abort(new StopReason({kind: 'cancelled', message: 'cancelled by `milestone cancel`'}));
  expect(await attempt.clock.runUntil(running.ended)).toEqual({
    kind: 'ended',
    outcome: {kind: 'cancelled', message: 'cancelled by `milestone cancel`'},
  });
  expect(await attempt.carriers()).toEqual([]);
});

test('a caller in a hurry does not wait for one that ignores every signal', async () => {
  await using attempt = new Attempt();
  const running = await attempt.run(`trap '' INT TERM; echo ready; while :; do sleep 1000; done`);
  await attempt.untilPrinted('ready');
  attempt.stop.abort(new StopReason({kind: 'interrupted', message: 'interrupted', executor_died: false}));
  await attempt.clock.untilAsleep();
  const killed = firstSent('SIGKILL', attempt.clock);
  attempt.hurry.abort();
  const ended = await attempt.clock.runUntil(running.ended);
  expect(ended).toMatchObject({outcome: {kind: 'interrupted'}});
  expect(killed.at).toBeLessThan(5000);
  expect(await attempt.carriers()).toEqual([]);
});

test('an attempt that is stopped before it began ends at once', async () => {
  await using attempt = new Attempt();
  attempt.stop.abort(new StopReason({kind: 'cancelled', message: 'no'}, true));
  const running = await attempt.run(HOLD);
  expect(await attempt.clock.runUntil(running.ended)).toMatchObject({outcome: {kind: 'cancelled'}});
  expect(await attempt.carriers()).toEqual([]);
});

test('durations read as in a plan', () => {
  expect([2_700_000, 7_200_000, 90_000, 1_500, 0].map(formatMs)).toEqual(['45m', '2h', '90s', '1500ms', '0ms']);
});
