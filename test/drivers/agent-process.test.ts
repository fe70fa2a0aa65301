import fs from 'node:fs';
import {expect, test} from 'vitest';
import {type AttemptInput, StopReason} from '../../src/drivers/driver.ts';
import {until} from '../platform/processes/process-rig.ts';
import {claude, codex, opencode, works} from '../rig/agent-scripts.ts';
import type {AgentName, Step} from '../rig/fake-agents.ts';
import {FakeClock} from '../rig/fake-clock.ts';
import {AgentRig, outcomeOf} from './agent-rig.ts';

const AGENTS = ['claude', 'codex', 'opencode'] as const;
const MINUTE = 60_000;
const STUBBORN = `trap '' INT TERM; : > ready; while :; do sleep 1000; done`;
/** Ends neither by itself nor when it is asked to, nor does what it has started. */
const HANGS: Step[] = [{orphan: STUBBORN}, {ignore: ['SIGINT', 'SIGTERM']}, {waitFor: 'ready'}, {hold: true}];
const BEGINNINGS: Record<AgentName, Step> = {claude: claude.init, codex: codex.begin, opencode: opencode.begin};

/** An attempt on a clock that stands still, whose program and orphan run. */
async function hanging(rig: AgentRig, name: AgentName, limits: AttemptInput['limits']) {
  const clock = new FakeClock();
  rig.clock = clock;
  rig.agents.script(name, 'default', [BEGINNINGS[name], ...HANGS]);
  const running = await rig.begin(name, {limits});
  await until(
    () => fs.existsSync(`${rig.work}/ready`),
    'the start of the orphan',
    () => rig.output,
  );
  return {clock, running};
}

test.each(AGENTS)('%s: nothing survives a stop', async name => {
  await using rig = new AgentRig();
  const {clock, running} = await hanging(rig, name, {timeoutMs: 45 * MINUTE, silentMs: 15 * MINUTE});
  expect((await rig.carriers()).length).toBeGreaterThan(1);
  rig.stop.abort(new StopReason({kind: 'cancelled', message: 'cancelled'}));
  expect(outcomeOf(await clock.runUntil(running.ended))).toEqual({kind: 'cancelled', message: 'cancelled'});
  expect(await rig.carriers()).toEqual([]);
  expect(clock.elapsed()).toBeGreaterThanOrEqual(8000);
});

test.each(AGENTS)('%s: nothing survives a timeout', async name => {
  await using rig = new AgentRig();
  const {clock, running} = await hanging(rig, name, {timeoutMs: MINUTE, silentMs: Number.POSITIVE_INFINITY});
  await clock.advance(MINUTE);
  expect(outcomeOf(await clock.runUntil(running.ended))).toMatchObject({
    cause: 'timeout',
    message: 'took longer than 1m',
  });
  expect(await rig.carriers()).toEqual([]);
});

test.each(AGENTS)('%s: what it leaves running when it ends is ended, and does not change how it counts', async name => {
  await using rig = new AgentRig();
  const clock = new FakeClock();
  rig.clock = clock;
  rig.agents.script(name, 1, [{orphan: STUBBORN}, {waitFor: 'ready'}, ...works(name, {})]);
  const running = await rig.begin(name);
  expect((await clock.runUntil(running.ended)).kind).toBe('claimed');
  expect(rig.output).toContain('milestone: ended what was left running: ');
  expect(await rig.carriers()).toEqual([]);
});

test('silence ends it', async () => {
  await using rig = new AgentRig();
  const {clock, running} = await hanging(rig, 'claude', {timeoutMs: Number.POSITIVE_INFINITY, silentMs: 4 * MINUTE});
  await clock.advance(6 * MINUTE);
  expect(outcomeOf(await clock.runUntil(running.ended))).toMatchObject({cause: 'stalled'});
});

test('what it had used when it was stopped is told', async () => {
  await using rig = new AgentRig();
  rig.agents.script('claude', 1, [
    claude.init,
    claude.result({num_turns: 7}),
    claude.calls('c1', 'date'),
    claude.denied('c1'),
    {hold: true},
  ]);
  const running = await rig.begin('claude');
  await until(
    () => rig.observed('denied').length > 0,
    'what it says next',
    () => rig.output,
  );
  rig.stop.abort(new StopReason({kind: 'cancelled', message: 'cancelled'}));
  expect(await running.ended).toEqual({
    kind: 'ended',
    outcome: {kind: 'cancelled', message: 'cancelled'},
    usage: {usd: 0.5, tokens: 135, turns: 7},
  });
});

test.each(AGENTS)('%s: garbage is passed over', async name => {
  await using rig = new AgentRig();
  const garbage: Step[] = [
    {raw: 'Welcome!\n\n{"type":\n[1,2]\nnull\n{}\n{"type":"result"'},
    {
      raw: '\n\0\xff\n{"type":"assistant","message":7}\n{"type":"item.completed"}\n{"type":"system","subtype":"api_retry"}\n',
    },
    {
      raw: '{"type":"text","sessionID":"$","part":[]}\n{"type":"assistant","message":{"content":[null,3,{"type":"tool_use"}]}}\n',
    },
  ];
  const result = await rig.attempt(name, [[...garbage, ...works(name, {})]]);
  expect(outcomeOf(result)).toMatchObject({summary: 'Did it.'});
});

test.each(AGENTS)('%s: a line of 10 MB that nobody needs costs no memory', async name => {
  await using rig = new AgentRig();
  await rig.attempt(name, [works(name, {})]); // what loads now is not what is measured
  let most = 0;
  const before = process.memoryUsage().arrayBuffers;
  const large: Step = {large: {head: '{"type":"user","text":"', bytes: 10_000_000, tail: '"}'}};
  rig.agents.script(name, 2, [BEGINNINGS[name], large, ...works(name, {})]);
  const observe = () => {
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  };
  const running = await rig.begin(name, {agent: {observe}});
  expect(outcomeOf(await running.ended)).toMatchObject({summary: 'Did it.'});
  expect(fs.statSync(rig.logFile).size).toBeGreaterThan(10_000_000);
  expect(most).toBeLessThan(8_000_000);
});

test.each<[AgentName, string, string, Step[]]>([
  [
    'claude',
    '{"type":"result","subtype":"success","result":"',
    '","structured_output":{"status":"done","summary":"Large."}}',
    [],
  ],
  [
    'codex',
    '{"type":"item.completed","item":{"type":"agent_message","text":"',
    '{\\"status\\":\\"done\\",\\"summary\\":\\"Large.\\"}"}}',
    [codex.turn()],
  ],
  [
    'opencode',
    '{"type":"text","sessionID":"a","part":{"text":"',
    '{\\"status\\":\\"done\\",\\"summary\\":\\"Large.\\"}"}}',
    [opencode.step()],
  ],
])('%s: a result of 10 MB is read', async (name, head, tail, rest) => {
  await using rig = new AgentRig();
  const result = await rig.attempt(name, [[{large: {head, bytes: 10_000_000, tail}}, ...rest]]);
  expect(outcomeOf(result)).toEqual({summary: 'Large.'});
});

test('it gets its prompt only when it is on record', async () => {
  await using rig = new AgentRig();
  rig.agents.script('claude', 1, [claude.done()]);
  const running = await rig.launch('claude');
  await until(() => rig.agents.runs('claude').length > 0, 'the start of the program');
  expect(running.pid).toBe(rig.agents.runs('claude')[0]!.pid);
  expect(rig.agents.runs('claude')[0]!.stdin).toBeUndefined();
  running.begin!();
  expect(outcomeOf(await running.ended)).toMatchObject({summary: 'Did it.'});
  expect(rig.agents.runs('claude')[0]!.stdin).toBe('Do it.');
});

test('it can be stopped before it gets its prompt', async () => {
  await using rig = new AgentRig();
  rig.agents.script('claude', 1, [claude.done()]);
  const running = await rig.launch('claude');
  rig.stop.abort(new StopReason({kind: 'cancelled', message: 'no'}, true));
  expect(outcomeOf(await running.ended)).toEqual({kind: 'cancelled', message: 'no'});
  running.begin!();
  expect(await rig.carriers()).toEqual([]);
});

test('an agent that ends without reading its prompt is a failure like any other', async () => {
  await using rig = new AgentRig();
  fs.writeFileSync(
    `${rig.agents.bin}/claude`,
    '#!/bin/sh\n[ "$1" = --version ] && exec echo 2.1.330\necho no >&2\nexit 3\n',
  );
  const running = await rig.begin('claude', {agent: {prompt: 'x'.repeat(1_000_000)}});
  expect(outcomeOf(await running.ended)).toMatchObject({message: 'ended without a result (exit code 3): no'});
});

test('only what this attempt prints counts; what it complains of follows at the end of its log', async () => {
  await using rig = new AgentRig();
  fs.mkdirSync(`${rig.folder}/logs`);
  fs.writeFileSync(
    rig.logFile,
    '{"type":"result","subtype":"success","structured_output":{"status":"done","summary":"Old."}}\n',
  );
  const result = await rig.attempt('claude', [[{stderr: 'half '}, claude.init, {stderr: 'a line\n'}]]);
  expect(outcomeOf(result)).toMatchObject({
    cause: 'agent',
    message: 'ended without a result (exit code 0): half a line',
  });
  expect(rig.output).toMatch(/^\{"type":"result".*\n\{.*"init".*\nmilestone: printed to stderr:\nhalf a line\n$/);
  expect(fs.readdirSync(`${rig.folder}/logs`)).toEqual(['task.1.log', 'task.1.prompt.md']);
});

test('a program that is gone, or cannot start, is an outcome', async () => {
  await using rig = new AgentRig();
  const choice = rig.choose('codex');
  if (choice.kind !== 'driver') throw new Error('codex is there');
  expect(await choice.driver.start(rig.input({cwd: '/no/such/folder'}))).toMatchObject({
    outcome: {
      kind: 'failed',
      cause: 'setup',
      message: 'could not be started: the folder `/no/such/folder` does not exist',
    },
  });
  fs.rmSync(`${rig.agents.bin}/codex`);
  expect(await choice.driver.start(rig.input({}))).toMatchObject({
    outcome: {
      kind: 'driver_missing',
      message: 'the driver `codex` needs the program `codex`, which is not on the PATH',
      hint: expect.stringContaining('npm install -g @openai/codex'),
    },
  });
});
