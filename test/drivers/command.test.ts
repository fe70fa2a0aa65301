import fs from 'node:fs';
import {expect, test} from 'vitest';
import {StopReason} from '../../src/drivers/driver.ts';
import {FakeClock} from '../rig/fake-clock.ts';
import {mostMemory} from '../rig/most-memory.ts';
import {AgentRig, type Changes, outcomeOf} from './agent-rig.ts';

async function run(rig: AgentRig, command: string, changes: Changes = {}): Promise<unknown> {
  rig.drivers = {aider: {driver: 'command', command}};
  return outcomeOf(await (await rig.begin('aider', changes)).ended);
}

test('it reads the prompt from stdin; exit code 0 is a claim', async () => {
  await using rig = new AgentRig();
  expect(await run(rig, 'cat > prompt; echo "$MILESTONE_RUN"', {agent: {prompt: 'Do it.'}})).toEqual({});
  expect(fs.readFileSync(`${rig.work}/prompt`, 'utf8')).toBe('Do it.');
  expect(rig.output).toBe(`${rig.token}\n`);
});

test('a structured result at its end is used', async () => {
  await using rig = new AgentRig();
  const command = (json: string) => `echo Working.; echo '${json}'`;
  expect(await run(rig, command('{"status":"done","summary":"Added it."}'))).toEqual({summary: 'Added it.'});
  expect(await run(rig, command('{"status":"blocked","summary":"x","question":"Which?"}'))).toEqual({
    kind: 'question',
    message: 'Which?',
  });
  expect(await run(rig, command('{"some":"object"}'))).toEqual({});
  expect(
    await run(
      rig,
      'printf "\\140\\140\\140json\\n{\\"status\\": \\"failed\\",\\n\\"summary\\": \\"No.\\"}\\n\\140\\140\\140\\n"',
    ),
  ).toEqual({kind: 'failed', cause: 'agent', message: 'No.'});
});

test('any other exit is a failure, whatever it has printed', async () => {
  await using rig = new AgentRig();
  expect(await run(rig, `echo '{"status":"done","summary":"x"}'; exit 3`)).toEqual({
    kind: 'failed',
    cause: 'exit',
    message: 'failed with exit code 3',
    exit_code: 3,
  });
  expect(await run(rig, 'kill -KILL $$')).toMatchObject({signal: 'SIGKILL'});
});

test('what its provider refuses is told by common words in its last lines, not by its exit code alone', async () => {
  await using rig = new AgentRig();
  expect(await run(rig, 'echo "litellm.RateLimitError: too many requests, retry after 60" >&2; exit 1')).toMatchObject({
    kind: 'quota',
    message: 'litellm.RateLimitError: too many requests, retry after 60',
    resets_at: expect.any(String),
  });
  expect(await run(rig, 'echo "Error: 401 Unauthorized"; exit 1')).toMatchObject({
    kind: 'auth',
    hint: expect.stringMatching(/^log in as/),
  });
  expect(await run(rig, 'echo "503 Service Unavailable"; exit 1')).toMatchObject({kind: 'overload'});
  expect(await run(rig, 'echo "rate limit exceeded"; seq 9; exit 1')).toMatchObject({kind: 'failed', cause: 'exit'});
  expect(await run(rig, 'echo "rate limit exceeded"')).toEqual({});
  expect(await run(rig, 'echo "The rate limit tests still fail."; exit 1')).toMatchObject({kind: 'failed'});
  expect(await run(rig, 'echo "rate limit exceeded"; exit 1')).toMatchObject({kind: 'quota', guessed: true});
});

test('its own patterns decide, whatever the exit code, but not over a result', async () => {
  await using rig = new AgentRig();
  const patterns = {quota: 'no coins left', overload: '^busy$', auth: 'who are you'};
  const runWith = async (command: string) => {
    rig.drivers = {aider: {driver: 'command', command, ...patterns}};
    return outcomeOf(await (await rig.begin('aider')).ended);
  };
  expect(await runWith('echo "No coins left."; seq 30')).toMatchObject({kind: 'quota', message: 'No coins left.'});
  expect(await runWith('echo busy; exit 1')).toMatchObject({kind: 'overload'});
  expect(await runWith('echo "Who are you?" >&2; exit 2')).toMatchObject({kind: 'auth'});
  expect(await runWith('echo busy; echo \'{"status":"done","summary":"Fast."}\'')).toEqual({summary: 'Fast.'});
  const cutOffAfter = (printed: string) => {
    rig.drivers = {aider: {driver: 'command', command: `echo ${printed}; sleep 1000`, ...patterns}};
    return rig.cutOffAfter(printed, 'aider');
  };
  expect(await cutOffAfter('busy')).toMatchObject({kind: 'overload'});
  expect(await cutOffAfter('at work')).toMatchObject({kind: 'failed', cause: 'timeout'});
  rig.drivers = {aider: {command: 'cat', quota: '('}};
  expect(rig.choose('aider')).toMatchObject({
    kind: 'missing',
    outcome: {message: expect.stringContaining('has a `quota` that is no regular expression')},
  });
});

test('much output costs little memory, and its end is still understood', async () => {
  await using rig = new AgentRig();
  const flood = `yes '{"not": "it"}' | head -c 30000000; head -c 10000000 /dev/zero`;
  const flooded = async () =>
    expect(await run(rig, `${flood}; echo; echo '{"status":"done","summary":"Large."}'`)).toEqual({summary: 'Large.'});
  // Two million lines, kept, are more than that.
  expect(await mostMemory(flooded)).toBeLessThan(60e6);
});

test('nothing of it survives a stop', async () => {
  await using rig = new AgentRig();
  const clock = new FakeClock();
  rig.clock = clock;
  rig.drivers = {
    stubborn: {
      command: `trap '' INT TERM; setsid sh -c "trap '' INT TERM; sleep 1000" & echo ready; while :; do sleep 1000; done`,
    },
  };
  const running = await rig.begin('stubborn');
  await rig.untilPrinted('ready');
  rig.stop.abort(new StopReason({kind: 'interrupted', message: 'interrupted', executor_died: false}));
  expect(outcomeOf(await clock.runUntil(running.ended))).toMatchObject({kind: 'interrupted'});
  expect(await rig.carriers()).toEqual([]);
});
