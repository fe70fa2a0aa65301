import fs from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {opencode as says} from '../../rig/agent-scripts.ts';
import type {Step} from '../../rig/fake-agents.ts';
import {FakeClock} from '../../rig/fake-clock.ts';
import {AgentRig, outcomeOf} from '../agent-rig.ts';

const REJECTED = 'The user rejected permission to use this specific tool call.';

function permissionOf(rig: AgentRig): Record<string, Record<string, string>> {
  return JSON.parse(rig.agents.runs('opencode')[0]!.env.OPENCODE_PERMISSION!);
}

test('the result is read from its last words; steps add up', async () => {
  await using rig = new AgentRig();
  const script = [says.begin, says.says('I begin.'), says.step(0.5), says.begin, ...says.done()];
  expect(await rig.attempt('opencode', [script])).toEqual({
    kind: 'claimed',
    claim: {summary: 'Did it.'},
    usage: {usd: 0.75, tokens: 260, turns: 2},
  });
  const [run] = rig.agents.runs('opencode');
  expect(run).toMatchObject({stdin: 'Do it.', argv: ['run', '--format', 'json', '--pure']});
  expect(rig.observed('conversation')).toEqual([{kind: 'conversation', id: run!.conversation}]);
});

test('what it uses is seen after each step but the last, which nothing can keep it from any more', async () => {
  await using rig = new AgentRig();
  const middle = says.event('step_finish', {part: {reason: 'tool-calls', cost: 0.5, tokens: {input: 100}}});
  await rig.attempt('opencode', [[says.begin, middle, ...says.done()]]);
  expect(rig.observed('usage')).toEqual([{kind: 'usage', usage: {usd: 0.5, tokens: 100, turns: 1}}]);
});

test('a cost of nothing is an unknown cost', async () => {
  await using rig = new AgentRig();
  const {usage} = await rig.attempt('opencode', [[says.begin, says.says('x'), says.step(0)]]);
  expect(usage).toEqual({tokens: 130, turns: 1});
});

test('settings become arguments and permissions', async () => {
  await using rig = new AgentRig();
  await rig.attempt('opencode', [says.done()], {
    agent: {
      model: 'anthropic/haiku',
      effort: 'high',
      inherit: 'user',
      conversation: {id: 'ses_1', resume: true},
      commands: ['make check'],
      allow: ['webfetch', 'bash: curl *', 'external_directory: /data/*', 'Bash(ls:*)'],
    },
  });
  const {argv} = rig.agents.runs('opencode')[0]!;
  expect(argv.join(' ')).toBe('run --format json --model anthropic/haiku --variant high --session ses_1');
  expect(permissionOf(rig)).toMatchObject({
    edit: 'allow',
    bash: {'*': 'deny', 'make check': 'allow', 'npm test *': 'allow', 'git diff': 'allow', 'curl *': 'allow'},
    webfetch: 'allow',
    external_directory: {'*': 'deny', '/data/*': 'allow'},
  });
  expect(Object.keys(permissionOf(rig).bash!)[0]).toBe('*');
  expect(rig.observed('conversation')).toEqual([]);
});

test('with `edit` it may run nothing, with `full` everything', async () => {
  await using edit = new AgentRig();
  await edit.attempt('opencode', [says.done()], {agent: {permissions: 'edit', commands: ['make']}});
  expect(permissionOf(edit).bash).toEqual({'*': 'deny'});
  expect(edit.agents.runs('opencode')[0]!.argv).not.toContain('--auto');
  await using full = new AgentRig();
  await full.attempt('opencode', [says.done()], {agent: {permissions: 'full'}});
  expect(permissionOf(full).bash).toBe('allow');
  expect(full.agents.runs('opencode')[0]!.argv).toContain('--auto');
});

test('a denied tool is seen, with its rule, and decides nothing', async () => {
  await using rig = new AgentRig();
  const denied = says.tool('curl -s example.com', {status: 'error', error: REJECTED});
  const result = await rig.attempt('opencode', [
    [says.begin, denied, says.tool('ls', {status: 'completed'}), ...says.done()],
  ]);
  const denial = {tool: 'bash', input: 'curl -s example.com', allow: 'bash: curl *'};
  expect(result).toMatchObject({kind: 'claimed', claim: {summary: 'Did it.', denials: [denial]}});
  expect(rig.observed('denied')).toEqual([{kind: 'denied', denial}]);
});

test('an end in the middle of a step, where it would have to ask, is a claim to be taken with care', async () => {
  await using rig = new AgentRig();
  const result = await rig.attempt('opencode', [[says.begin, says.tool('rm x', {status: 'error', error: REJECTED})]]);
  expect(outcomeOf(result)).toMatchObject({warning: 'it ended without a structured result', denials: [{tool: 'bash'}]});
});

test('a conversation that is unknown is begun anew, in the same attempt', async () => {
  await using rig = new AgentRig();
  const unknown: Step[] = [{stderr: '\x1b[91m\x1b[1mError: \x1b[0mSession not found\n'}, {exit: 1}];
  const changes = {agent: {conversation: {id: 'ses_gone', resume: true}}};
  const result = await rig.attempt('opencode', [unknown, [says.begin, ...says.done()]], changes);
  expect(result.kind).toBe('claimed');
  expect(rig.agents.runs('opencode')[1]!.argv).not.toContain('--session');
});

/** Lines of its own log, as versions 1.18 and 1.0 write them. */
function logs(file: string, ...lines: string[]): Step {
  const folder = '"$HOME/.local/share/opencode/log"';
  const text = lines.map(line => `'${line}'`).join(' ');
  return {run: `mkdir -p ${folder}; printf '%s\\n' ${text} >> ${folder}/${file}`};
}

const refused = (rest: string, error = 'Rate limit reached') =>
  `timestamp=x level=ERROR ${rest} message="stream error" error.error="AI_APICallError: ${error}"`;

test('what it says only in its own log while it tries again ends it after a while', async () => {
  await using rig = new AgentRig();
  const clock = new FakeClock();
  rig.clock = clock;
  rig.agents.script('opencode', 1, [
    logs('opencode.log', refused('run=r1 session.id=s'), refused('run=r1 session.id=s'), 'a line that is not who'),
    {raw: 'ready\n'},
    {hold: true},
  ]);
  const running = await rig.begin('opencode');
  await rig.untilPrinted('ready');
  expect(outcomeOf(await clock.runUntil(running.ended))).toMatchObject({kind: 'quota', message: 'Rate limit reached'});
  expect(await rig.carriers()).toEqual([]);
});

test.each([
  [
    'in the words of version 1.0',
    ['ERROR 2026 +1ms service=llm sessionID=ses_1 error={"error":{"message":"Slow","statusCode":429}}'],
    'quota',
  ],
  ['of a server that is busy', [refused('run=r1', 'Unable to connect')], 'overload'],
  ['of another session', [refused('run=r1 session.id=other')], 'failed'],
  ['of a run in another folder', ['level=INFO run=mine directory=$PWD', refused('run=r2')], 'failed'],
  ['of a run in this folder', ['level=INFO run=mine directory=$PWD', refused('run=mine')], 'quota'],
  ['for its title alone', [refused('run=r1 small=true')], 'failed'],
  ['in a level that is no error', ['level=INFO run=r1 message="stream error" error.error="Rate limit"'], 'failed'],
])('a log %s says why it was silent: %j is %s', async (_, lines, kind) => {
  await using rig = new AgentRig();
  rig.agents.script('opencode', 1, [
    says.begin,
    logs('x.log', ...lines.map(line => line.replace('$PWD', rig.work))),
    {raw: 'logged\n'},
    {hold: true},
  ]);
  const agent = {conversation: {id: 'ses_1', resume: true}};
  expect(await rig.cutOffAfter('logged', 'opencode', {agent})).toMatchObject({kind});
});

test('what was in the log before, and what it got over, decides nothing', async () => {
  await using rig = new AgentRig();
  const log = path.join(rig.folder, '.local/share/opencode/log/opencode.log');
  fs.mkdirSync(path.dirname(log), {recursive: true});
  fs.writeFileSync(log, `${refused('run=old')}\n`);
  const now = new FakeClock().now();
  const script: Step[] = [
    logs('opencode.log', refused('run=r1').replace('timestamp=x', `timestamp=${new Date(now + 60_000).toISOString()}`)),
    {print: {type: 'step_start', timestamp: now + 60_500, sessionID: 's', part: {}}},
    {raw: 'second\n'},
    {hold: true},
  ];
  rig.agents.script('opencode', 1, [{raw: 'first\n'}, {hold: true}]);
  rig.agents.script('opencode', 2, script);
  for (const printed of ['first', 'second'])
    expect(await rig.cutOffAfter(printed, 'opencode')).toMatchObject({kind: 'failed', cause: 'timeout'});
});

test('a session that is too long for the provider is begun anew', async () => {
  await using rig = new AgentRig();
  const long = says.error('APIError', {message: 'prompt is too long: 210000 tokens', statusCode: 400});
  const result = await rig.attempt('opencode', [
    [says.begin, says.step(), long, {exit: 1}],
    [says.begin, ...says.done()],
  ]);
  expect(result).toMatchObject({kind: 'claimed', usage: {usd: 0.5, turns: 2}});
});

test.each<[unknown, Step[]]>([
  [{kind: 'auth', hint: 'run `opencode auth login`'}, [says.error('ProviderAuthError', {message: 'x'}), {exit: 1}]],
  [{kind: 'auth'}, [says.error('APIError', {message: 'invalid x-api-key', statusCode: 401}), {exit: 1}]],
  [
    {kind: 'quota', resets_at: '2026-11-23T10:00:30.000Z'},
    [says.error('APIError', {message: 'slow down, retry after 30 seconds', statusCode: 429}), {exit: 1}],
  ],
  [{kind: 'overload'}, [says.error('APIError', {message: 'Overloaded', statusCode: 529}), {exit: 1}]],
  [{summary: 'Did it.'}, [says.error('APIError', {message: 'Overloaded', statusCode: 529}), ...says.done()]],
  [{kind: 'failed', cause: 'agent', message: 'boom'}, [says.step(), says.error('UnknownError', {message: 'boom'})]],
  [
    {kind: 'failed', cause: 'agent', message: 'ended without a result (exit code 1): Error: no such model'},
    [{stderr: 'Error: no such model\n'}, {exit: 1}],
  ],
  [{kind: 'failed', cause: 'agent', message: 'ended without a result (exit code 0)'}, [says.says('Hello')]],
])('%j', async (outcome, script) => {
  await using rig = new AgentRig();
  rig.clock = {...rig.clock, now: () => Date.parse('2026-11-23T10:00:00.000Z')};
  expect(outcomeOf(await rig.attempt('opencode', [[says.begin, ...script]]))).toMatchObject(outcome as object);
});
