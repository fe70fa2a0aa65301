import fs from 'node:fs';
import {expect, test} from 'vitest';
import {RESULT_SCHEMA} from '../../../src/drivers/result.ts';
import {codex as says} from '../../rig/agent-scripts.ts';
import type {Step} from '../../rig/fake-agents.ts';
import {AgentRig, outcomeOf} from '../agent-rig.ts';

const ID = '01a206fb-ea08-7f81-993d-96cc4ca8668c';

test('a completed turn is a claim; the thread is told as soon as it is seen', async () => {
  await using rig = new AgentRig();
  const answer = {status: 'done', summary: 'Added it.', assumptions: ['a'], question: null} as const;
  const result = await rig.attempt('codex', [[says.begin, ...says.done({...answer, assumptions: ['a']})]]);
  expect(result).toEqual({
    kind: 'claimed',
    claim: {summary: 'Added it.', assumptions: ['a']},
    usage: {tokens: 1050},
  });
  const [run] = rig.agents.runs('codex');
  expect(rig.seen[0]).toEqual({kind: 'conversation', id: run!.conversation});
  expect(run).toMatchObject({stdin: 'Do it.', argv: expect.arrayContaining(['exec', '--json', '-'])});
});

test('it gets the schema as a file, which goes afterwards', async () => {
  await using rig = new AgentRig();
  const copy = `for last; do test "$previous" = --output-schema && cp "$last" schema; previous=$last; done`;
  await rig.attempt('codex', [[{run: `set -- $(tr '\\0' ' ' < /proc/$PPID/cmdline); ${copy}`}, ...says.done()]]);
  const file = rig.optionOf('codex', '--output-schema')!;
  expect(JSON.parse(fs.readFileSync(`${rig.work}/schema`, 'utf8'))).toEqual(RESULT_SCHEMA);
  expect(fs.existsSync(file)).toBe(false);
});

test.each([
  ['edit', ['approval_policy="never"', 'sandbox_mode="workspace-write"']],
  [
    'project',
    ['approval_policy="never"', 'sandbox_mode="workspace-write"', 'sandbox_workspace_write.network_access=true'],
  ],
  ['full', ['approval_policy="never"', 'sandbox_mode="danger-full-access"']],
] as const)('permissions `%s`', async (permissions, expected) => {
  await using rig = new AgentRig();
  await rig.attempt('codex', [says.done()], {agent: {permissions, allow: ['sandbox_mode="danger-full-access"']}});
  const {argv} = rig.agents.runs('codex')[0]!;
  expect(argv.filter((_, index) => argv[index - 1] === '-c')).toEqual(expected);
});

test('model, effort and what else may be written are passed on', async () => {
  await using rig = new AgentRig();
  const allow = ['sandbox_workspace_write.writable_roots=["/data"]', 'Bash(ls:*)'];
  await rig.attempt('codex', [says.done()], {agent: {model: 'gpt-x', effort: 'high', allow, permissions: 'edit'}});
  const {argv} = rig.agents.runs('codex')[0]!;
  expect(rig.optionOf('codex', '--model')).toBe('gpt-x');
  expect(argv).toEqual(expect.arrayContaining([allow[0], 'model_reasoning_effort="high"']));
  expect(argv).not.toContain(allow[1]);
});

test("the user's servers stay out, unless they are asked for", async () => {
  await using rig = new AgentRig();
  const config = `${rig.folder}/.codex/config.toml`;
  fs.mkdirSync(`${rig.folder}/.codex`);
  fs.writeFileSync(
    config,
    'model = "x"\n# mcp_servers\n[mcp_servers.docs]\ncommand = "docs"\n[mcp_servers.docs.env]\nA = "1"\n',
  );
  await rig.attempt('codex', [says.done(), says.done(), says.done()]);
  await rig.attempt('codex', [], {agent: {inherit: 'user'}});
  fs.appendFileSync(config, '[mcp_servers."two words"]\n');
  await rig.attempt('codex', []);
  const [first, second, third] = rig.agents.runs('codex').map(({argv}) => argv.join(' '));
  expect(first).toContain('-c mcp_servers.docs.enabled=false -c features.hooks=false -c notify=[]');
  expect(first).not.toContain('--ignore-user-config');
  expect(second).not.toContain('mcp_servers');
  expect(third).toContain('--ignore-user-config');
});

test('a thread is resumed, without a guess at what this part of it used', async () => {
  await using rig = new AgentRig();
  const result = await rig.attempt('codex', [[says.begin, ...says.done()]], {
    agent: {conversation: {id: ID, resume: true}},
  });
  expect(result).toEqual({kind: 'claimed', claim: {summary: 'Did it.'}});
  expect(rig.agents.runs('codex')[0]!.argv.slice(-3)).toEqual(['resume', ID, '-']);
});

test('of a thread that is resumed, what earlier attempts used is not counted again', async () => {
  await using rig = new AgentRig();
  const conversation = {id: ID, resume: true, used: {tokens: 1000, minutes: 3}};
  const result = await rig.attempt('codex', [[says.begin, ...says.done()]], {agent: {conversation}});
  expect(result.usage).toEqual({tokens: 50});
});

test('a thread that is unknown is begun anew, in the same attempt', async () => {
  await using rig = new AgentRig();
  const unknown: Step[] = [
    {
      stderr: `Error: thread/resume: thread/resume failed: no rollout found for thread id ${ID} (code -32600)\n\nStack\n`,
    },
    {exit: 1},
  ];
  const changes = {agent: {conversation: {id: ID, resume: true}}};
  const result = await rig.attempt('codex', [unknown, [says.begin, ...says.done()]], changes);
  expect(result).toMatchObject({kind: 'claimed', usage: {tokens: 1050}});
  const [, second] = rig.agents.runs('codex');
  expect(second!.argv).not.toContain('resume');
  expect(rig.observed('conversation')).toEqual([{kind: 'conversation', id: second!.conversation}]);
});

test('a thread that the provider does not take any more is begun anew, with what both parts have used', async () => {
  await using rig = new AgentRig();
  const long = says.failed(
    '{"error":{"message":"No tool output found for function call call_1.","type":"invalid_request_error"}}',
  );
  const changes = {agent: {conversation: {id: ID, resume: true}}};
  expect(
    await rig.attempt(
      'codex',
      [
        [says.begin, ...long],
        [says.begin, ...says.done()],
      ],
      changes,
    ),
  ).toMatchObject({
    kind: 'claimed',
    usage: {tokens: 1050},
  });
  expect(rig.agents.runs('codex')[1]!.argv).not.toContain('resume');
});

test('a declined command is seen, and decides nothing', async () => {
  await using rig = new AgentRig();
  const declined = says.item({type: 'command_execution', command: 'curl example.com', status: 'declined'});
  const denial = {tool: 'shell', input: 'curl example.com', allow: 'sandbox_workspace_write.network_access=true'};
  expect(await rig.attempt('codex', [[says.begin, declined, ...says.done()]])).toMatchObject({
    kind: 'claimed',
    claim: {summary: 'Did it.', denials: [denial]},
  });
  expect(rig.observed('denied')).toEqual([{kind: 'denied', denial}]);
});

test.each<[unknown, Step[]]>([
  [
    {kind: 'quota', resets_at: '2026-11-23T12:05:00.000Z'},
    says.failed("You've hit your usage limit. Try again in 2 hours 5 minutes."),
  ],
  [
    {
      kind: 'quota',
      message: "the provider's quota is used up: exceeded retry limit, last status: 429 Too Many Requests",
    },
    says.failed('exceeded retry limit, last status: 429 Too Many Requests'),
  ],
  [
    {
      kind: 'auth',
      hint: 'run `codex login`',
      message: 'the provider does not accept the login: unexpected status 401 Unauthorized: No, url: http://x/v1',
    },
    says.failed('unexpected status 401 Unauthorized: No, url: http://x/v1'),
  ],
  [{kind: 'auth'}, says.failed('unexpected status 403 Forbidden: No')],
  [{kind: 'overload'}, says.failed('unexpected status 500 Internal Server Error: authentication is down')],
  [
    {kind: 'failed', cause: 'agent', message: 'Your input exceeds the context window of this model.'},
    says.failed(
      '{"error":{"message":"Your input exceeds the context window of this model.","type":"invalid_request_error"}}',
    ),
  ],
  [{kind: 'failed'}, says.failed('unexpected status 404 Not Found: quota of models')],
  [{kind: 'overload'}, says.failed('stream disconnected before completion')],
  [{kind: 'failed', cause: 'agent'}, says.failed('the model cannot do this')],
  [
    {kind: 'failed', cause: 'agent', message: 'ended without a result (exit code 2): error: unexpected argument'},
    [{stderr: 'error: unexpected argument\n'}, {exit: 2}],
  ],
  [
    {kind: 'auth'},
    [
      says.error('Reconnecting… 1/5 (401 Unauthorized)'),
      says.error('Reconnecting… 2/5 (401 Unauthorized)'),
      {hold: true},
    ],
  ],
  [
    {kind: 'overload'},
    [...Array(10).fill(says.error('Reconnecting... waiting for network (Connection failed)')), {hold: true}],
  ],
  [{summary: 'Did it.'}, [says.error('Reconnecting... 1/5 (stream disconnected)'), ...says.done()]],
  [{warning: 'it ended without a structured result', summary: 'Hello.'}, [says.says('Hello.'), says.turn()]],
  [{kind: 'question', message: 'Which?'}, says.done({status: 'blocked', summary: 'x', question: 'Which?'})],
])('%j', async (outcome, script) => {
  await using rig = new AgentRig();
  rig.clock = {...rig.clock, now: () => Date.parse('2026-11-23T10:00:00.000Z')};
  expect(outcomeOf(await rig.attempt('codex', [[says.begin, ...script]]))).toMatchObject(outcome as object);
});
