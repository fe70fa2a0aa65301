import fs from 'node:fs';
import {expect, test} from 'vitest';
import {claude as says} from '../../rig/agent-scripts.ts';
import type {Step} from '../../rig/fake-agents.ts';
import {AgentRig, outcomeOf} from '../agent-rig.ts';

const ID = '11111111-2222-4333-8444-555555555555';
const UNKNOWN = {
  ...(says.result() as {print: object}).print,
  subtype: 'error_during_execution',
  is_error: true,
  errors: [`No conversation found with session ID: ${ID}`],
};

test('a result is a claim, with what it cost', async () => {
  await using rig = new AgentRig();
  const answer = {status: 'done', summary: 'Added POST /login.', assumptions: ['cookies last a day']} as const;
  const result = await rig.attempt('claude', [
    [says.init, {write: {'a.txt': 'a'}}, says.done({...answer, assumptions: [...answer.assumptions]})],
  ]);
  expect(result).toEqual({
    kind: 'claimed',
    claim: {summary: 'Added POST /login.', assumptions: ['cookies last a day']},
    usage: {usd: 0.5, tokens: 135, turns: 2},
  });
  expect(fs.readFileSync(`${rig.work}/a.txt`, 'utf8')).toBe('a');
});

test('it gets its prompt on stdin, in the folder and with the environment of the attempt', async () => {
  await using rig = new AgentRig();
  const prompt = `Grüße ${'x'.repeat(300_000)}`;
  await rig.attempt('claude', [[says.done()]], {agent: {prompt}});
  const [run] = rig.agents.runs('claude');
  expect(run).toMatchObject({stdin: prompt, cwd: fs.realpathSync(rig.work)});
  expect(run!.env).toMatchObject({MILESTONE_RUN: rig.token, DISABLE_AUTOUPDATER: '1'});
});

test('settings become its arguments', async () => {
  await using rig = new AgentRig();
  await rig.attempt('claude', [[says.done()]], {
    agent: {
      conversation: {id: ID, resume: false},
      model: 'haiku',
      effort: 'low',
      budget: {usd: 1.5, turns: 30.5},
      allow: ['WebFetch(domain:example.com)', '--dangerously-skip-permissions'],
      commands: ['npm test -- login', 'npm run lint && make check'],
    },
  });
  const option = (name: string) => rig.optionOf('claude', name);
  expect(option('--session-id')).toBe(ID);
  expect(option('--model')).toBe('haiku');
  expect(option('--effort')).toBe('low');
  expect(option('--max-turns')).toBe('30');
  expect(option('--max-budget-usd')).toBe('1.5');
  expect(option('--setting-sources')).toBe('project');
  expect(option('--permission-mode')).toBe('acceptEdits');
  expect(JSON.parse(option('--json-schema')!)).toMatchObject({required: expect.arrayContaining(['status'])});
  const {argv} = rig.agents.runs('claude')[0]!;
  expect(argv).toContain('--strict-mcp-config');
  expect(argv).not.toContain('--dangerously-skip-permissions');
  expect(argv.slice(argv.indexOf('--allowedTools') + 1)).toEqual(
    expect.arrayContaining([
      'Bash(npm test -- login)',
      'Bash(npm run lint && make check)',
      'Bash(npm run lint)',
      'Bash(npm install:*)',
      'Bash(git diff:*)',
      'WebFetch(domain:example.com)',
    ]),
  );
});

test("with `edit` it may run nothing; the user's settings come when they are asked for", async () => {
  await using rig = new AgentRig();
  await rig.attempt('claude', [[says.done()]], {agent: {permissions: 'edit', inherit: 'user', commands: ['make']}});
  const {argv} = rig.agents.runs('claude')[0]!;
  expect(argv).not.toContain('--allowedTools');
  expect(argv).not.toContain('--setting-sources');
  expect(argv).not.toContain('--strict-mcp-config');
});

test('with `full` it bypasses permissions, but as root gets every tool by name', async () => {
  await using rig = new AgentRig();
  await rig.attempt('claude', [[says.done()]], {agent: {permissions: 'full'}});
  const mode = rig.optionOf('claude', '--permission-mode');
  if (process.getuid!() === 0) {
    expect(mode).toBe('acceptEdits');
    expect(rig.agents.runs('claude')[0]!.argv).toContain('Bash');
  } else expect(mode).toBe('bypassPermissions');
});

test('servers of the project come along', async () => {
  await using rig = new AgentRig();
  fs.writeFileSync(`${rig.work}/.mcp.json`, '{}');
  await rig.attempt('claude', [[says.done()]]);
  expect(rig.optionOf('claude', '--mcp-config')).toBe(`${rig.work}/.mcp.json`);
});

test('a conversation is resumed; one that is unknown is begun anew, in the same attempt', async () => {
  await using rig = new AgentRig();
  const resumed = {agent: {prompt: 'Go on.', conversation: {id: ID, resume: true}}};
  expect(outcomeOf(await rig.attempt('claude', [[says.init, says.done()]], resumed))).toMatchObject({
    summary: 'Did it.',
  });
  expect(rig.observed('conversation')).toEqual([]);
  const scripts = [[says.done()], [{print: UNKNOWN}, {exit: 1}], [says.init, says.done()]] as Step[][];
  expect(outcomeOf(await rig.attempt('claude', scripts, resumed))).toMatchObject({summary: 'Did it.'});
  const [, second, third] = rig.agents.runs('claude');
  expect(second!.argv).toContain('--resume');
  expect(third).toMatchObject({stdin: 'Go on.', argv: expect.arrayContaining(['--session-id'])});
  expect(third!.conversation).not.toBe(ID);
  expect(rig.observed('conversation')).toEqual([{kind: 'conversation', id: third!.conversation}]);
});

test('a conversation that is begun anew is told what stands by itself', async () => {
  await using rig = new AgentRig();
  const freshPrompt = async () => 'All of it.';
  const scripts = [
    [{print: UNKNOWN}, {exit: 1}],
    [says.init, says.done()],
  ] as Step[][];
  await rig.attempt('claude', scripts, {agent: {prompt: 'Go on.', freshPrompt, conversation: {id: ID, resume: true}}});
  expect(rig.agents.runs('claude').map(({stdin}) => stdin)).toEqual(['Go on.', 'All of it.']);
});

test('a denied tool is seen and shown with its rule, and decides nothing', async () => {
  await using rig = new AgentRig();
  const result = await rig.attempt('claude', [
    [
      says.init,
      says.calls('t1', 'curl -s https://example.com'),
      says.denied('t1'),
      says.calls('t2', 'npm run build:all -- --fast'),
      {
        print: {
          ...(says.done() as {print: object}).print,
          permission_denials: [
            {tool_name: 'Bash', tool_use_id: 't1', tool_input: {command: 'curl -s https://example.com'}},
            {tool_name: 'Bash', tool_use_id: 't2', tool_input: {command: 'npm run build:all -- --fast'}},
            {tool_name: 'Bash', tool_use_id: 't3', tool_input: {command: 'rm -rf x && ls'}},
            {tool_name: 'Write', tool_use_id: 't4', tool_input: {file_path: '/etc/hosts', content: 'x'}},
            {tool_name: 'WebFetch', tool_use_id: 't5', tool_input: {url: 'https://example.com/a'}},
          ],
        },
      },
    ],
  ]);
  const denials = [
    {tool: 'Bash', input: 'curl -s https://example.com', allow: 'Bash(curl:*)'},
    {tool: 'Bash', input: 'npm run build:all -- --fast', allow: 'Bash(npm run build:all:*)'},
    {tool: 'Bash', input: 'rm -rf x && ls', allow: 'Bash(rm -rf x && ls)'},
    {tool: 'Write', input: '/etc/hosts', allow: 'Edit(//etc/hosts)'},
    {tool: 'WebFetch', input: 'https://example.com/a', allow: 'WebFetch(domain:example.com)'},
  ];
  expect(result).toMatchObject({kind: 'claimed', claim: {summary: 'Did it.', denials}});
  expect(rig.observed('denied').map(({denial}) => denial)).toEqual(denials);
});

test('of endless denials some are enough', async () => {
  await using rig = new AgentRig();
  const endless = Array.from({length: 300}, (_, place) => [
    says.calls(`t${place}`, 'curl x'),
    says.denied(`t${place}`),
  ]);
  await rig.attempt('claude', [[says.init, ...endless.flat(), says.done()]]);
  expect(rig.observed('denied')).toHaveLength(100);
});

test('a question is an outcome, and so is giving up', async () => {
  await using rig = new AgentRig();
  const question = says.done({status: 'blocked', summary: 'Two ways.', question: 'Which database?'});
  const failed = says.done({status: 'failed', summary: 'There is no such API.'});
  expect(outcomeOf(await rig.attempt('claude', [[question]]))).toEqual({kind: 'question', message: 'Which database?'});
  expect(outcomeOf(await rig.attempt('claude', [[question], [failed]]))).toEqual({
    kind: 'failed',
    cause: 'agent',
    message: 'There is no such API.',
  });
});

test('without the structured result its last words count, with a warning', async () => {
  await using rig = new AgentRig();
  expect(outcomeOf(await rig.attempt('claude', [[says.result({result: 'All done.'})]]))).toEqual({
    summary: 'All done.',
    warning: 'it ended without a structured result',
  });
});

test('of several results the last one decides, and all of them cost', async () => {
  await using rig = new AgentRig();
  const recent = (costUSD: number) => ({model_usage_since_last_result: {a: {costUSD}, b: {costUSD: 0.25}}});
  const result = await rig.attempt('claude', [
    [
      says.result({is_error: true, api_error_status: 529, ...recent(0.5), total_cost_usd: 9}),
      {print: {...(says.done() as {print: object}).print, ...recent(1), total_cost_usd: 9}},
    ],
  ]);
  expect(result).toMatchObject({kind: 'claimed', usage: {usd: 2, tokens: 270, turns: 4}});
});

test('what it uses is seen while it works, and counts when it is ended before its result', async () => {
  await using rig = new AgentRig();
  const answer = (id: string, input: number): Step => ({
    print: {type: 'assistant', message: {id, content: [], usage: {input_tokens: input, cache_read_input_tokens: 5}}},
  });
  const script: Step[] = [answer('m1', 100), answer('m1', 100), answer('m2', 200), {exit: 1}];
  expect(await rig.attempt('claude', [script])).toMatchObject({kind: 'ended', usage: {tokens: 310}});
  expect(rig.observed('usage').map(({usage}) => usage)).toEqual([{tokens: 105}, {tokens: 310}]);
});

test('overload that passes is no failure', async () => {
  await using rig = new AgentRig();
  const script = [says.init, says.retries('overloaded', 1), says.retries('overloaded', 2), says.done()];
  expect((await rig.attempt('claude', [script])).kind).toBe('claimed');
});

test('a second refused login ends it, with the way to log in', async () => {
  await using rig = new AgentRig();
  const script: Step[] = [
    says.init,
    says.retries('authentication_failed', 1),
    says.retries('authentication_failed', 2),
    {hold: true},
  ];
  expect(outcomeOf(await rig.attempt('claude', [script]))).toEqual({
    kind: 'auth',
    message: 'the provider does not accept the login',
    hint: 'run `claude`, then `/login`',
  });
  expect(await rig.carriers()).toEqual([]);
});

test.each<[unknown, Step[]]>([
  [{kind: 'auth', hint: 'run `claude`, then `/login`'}, says.refused('authentication_failed', 401, 'API Error: 401')],
  [{kind: 'auth'}, says.refused('', null, 'Not logged in · Please run /login')],
  [
    {kind: 'quota', resets_at: '2030-01-01T00:00:00.000Z'},
    says.refused('rate_limit', 429, 'limit, resets at 2030-01-01T00:00:00Z'),
  ],
  [{kind: 'quota'}, says.refused('billing_error', 400, 'Credit balance is too low')],
  [{kind: 'overload'}, says.refused('server_error', 529, 'Overloaded')],
  [{kind: 'overload'}, says.refused('server_error', null, 'API Error: Unable to connect to API (ConnectionRefused)')],
  [
    {kind: 'failed', cause: 'agent', message: 'Prompt is too long'},
    says.refused('invalid_request', 400, 'Prompt is too long'),
  ],
  [{kind: 'quota'}, [says.result({result: 'Claude AI usage limit reached|1893456000'})]],
  [{kind: 'budget'}, [says.result({subtype: 'error_max_turns', is_error: true}), {exit: 1}]],
  [{kind: 'budget'}, [says.result({subtype: 'error_max_budget_usd', is_error: true}), {exit: 1}]],
  [
    {kind: 'failed', cause: 'agent'},
    [says.result({subtype: 'error_during_execution', is_error: true, errors: ['boom']})],
  ],
  [
    {kind: 'failed', cause: 'agent', message: 'ended without a result (exit code 1): error: unknown option'},
    [{stderr: 'error: unknown option\n'}, {exit: 1}],
  ],
  [{kind: 'failed', cause: 'agent', message: 'ended without a result (exit code 0)'}, [says.init]],
  [
    {kind: 'failed', cause: 'agent', message: 'ended without a result (was ended by SIGSEGV)'},
    [says.init, {kill: 'SIGSEGV'}],
  ],
])('%j', async (outcome, script) => {
  await using rig = new AgentRig();
  rig.clock = {...rig.clock, now: () => Date.parse('2029-12-31T20:00:00Z')};
  expect(outcomeOf(await rig.attempt('claude', [script]))).toMatchObject(outcome as object);
});

const BROKEN = 'API Error: 400 tool_use ids were found without tool_result blocks';

test('a conversation that the provider does not take any more is begun anew, in the same attempt', async () => {
  await using rig = new AgentRig();
  const dead = [says.init, ...says.refused('invalid_request', 400, BROKEN)];
  const result = await rig.attempt('claude', [dead, [says.init, says.done()]], {
    agent: {conversation: {id: ID, resume: true}, freshPrompt: async () => 'Begin anew.'},
  });
  expect(result).toMatchObject({kind: 'claimed', usage: {usd: 1, tokens: 270}});
  const [first, second] = rig.agents.runs('claude');
  expect(second).toMatchObject({stdin: 'Begin anew.'});
  expect(second!.conversation).not.toBe(first!.conversation);
  expect(rig.observed('conversation')).toEqual([{kind: 'conversation', id: second!.conversation}]);
  expect(rig.output).toContain(`milestone: begins a new conversation: ${BROKEN}`);
});

test('one that became too long at work is begun anew once; what is refused at its start is not', async () => {
  await using rig = new AgentRig();
  const answer: Step = {print: {type: 'assistant', message: {id: 'm1', content: [], usage: {input_tokens: 9}}}};
  const long = [says.init, answer, ...says.refused('invalid_request', null, 'Prompt is too long')];
  const failed = {kind: 'failed', cause: 'agent', message: 'Prompt is too long'};
  expect(outcomeOf(await rig.attempt('claude', [long, long]))).toMatchObject(failed);
  expect(rig.agents.runs('claude')).toHaveLength(2);
});

test('who is cut off while he waits for the provider has not failed', async () => {
  await using rig = new AgentRig();
  rig.agents.script('claude', 1, [says.init, says.retries('rate_limit', 1), {hold: true}]);
  expect(await rig.cutOffAfter('rate_limit', 'claude')).toMatchObject({kind: 'quota'});
});

test('the end of a limit is taken from where it is said in numbers', async () => {
  await using rig = new AgentRig();
  rig.clock = {...rig.clock, now: () => Date.parse('2029-12-31T20:00:00Z')};
  const info = {status: 'rejected', resetsAt: 1_893_456_000, rateLimitType: 'five_hour'};
  const refused = says.refused('rate_limit', 429, "You've hit your session limit · resets 3am");
  const result = await rig.attempt('claude', [
    [{print: {type: 'rate_limit_event', rate_limit_info: info}}, ...refused],
  ]);
  expect(outcomeOf(result)).toMatchObject({kind: 'quota', resets_at: '2030-01-01T00:00:00.000Z'});
});

test('a version that is too old is not started', async () => {
  await using rig = new AgentRig();
  rig.agents.version('claude', '1.0.12 (Claude Code)');
  await expect(rig.begin('claude')).rejects.toThrow(/driver_missing.*at version 1\.0\.12; 2\.1\.0 or later is needed/);
});
