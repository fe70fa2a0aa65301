// What the `claude` driver rests upon, shown on the program itself: which flags do what, and how each end looks.

import {randomUUID} from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import type {Ended, Program} from '../rig/program.ts';
import {AgentRig, describeAgent} from './agent-rig.ts';
import {conversation, type Failure, TOKENS, usedUp} from './model.ts';

const SCHEMA = {
  type: 'object',
  properties: {status: {type: 'string', enum: ['done', 'failed']}, summary: {type: 'string'}},
  required: ['status', 'summary'],
  additionalProperties: false,
};
const RESULT = {status: 'done', summary: 'It is done.'};
const done = {result: RESULT};

interface Options {
  env?: Record<string, string | undefined>;
  prompt?: string;
}

function claude({rig}: AgentRig, args: string[] = [], {env = {}, prompt = 'Do the work.'}: Options = {}): Program {
  const flags = ['-p', '--output-format', 'stream-json', '--verbose', '--permission-mode', 'acceptEdits'];
  return rig.start('claude', ...flags, '--json-schema', JSON.stringify(SCHEMA), ...args, {stdin: prompt, env});
}

function resultOf(ended: Ended) {
  return ended.jsonLines().findLast(event => event.type === 'result');
}

describeAgent('claude', () => {
  test('works with its tools and ends with a structured result', async () => {
    const script = conversation({write: 'a.txt', content: 'a\n'}, [{say: 'Now b.'}, {run: 'echo b > b.txt'}], done);
    await using agent = await AgentRig.create(script);
    const {rig, server} = agent;
    const id = randomUUID();
    const ended = await claude(agent, ['--session-id', id, '--allowedTools', 'Bash']);
    expect(resultOf(ended)).toMatchObject({subtype: 'success', is_error: false, structured_output: RESULT});
    expect(ended.exitCode).toBe(0);
    expect([rig.read('a.txt'), rig.read('b.txt')]).toEqual(['a\n', 'b\n']);
    expect(server.requests.map(request => [request.conversation, request.turn])).toEqual([
      [id, 0],
      [id, 1],
      [id, 2],
    ]);
    expect(server.requests[0]!.heard).toContain('Do the work.');
    const {usage, total_cost_usd} = resultOf(ended);
    expect(usage).toMatchObject({input_tokens: 3 * TOKENS.input, output_tokens: 3 * TOKENS.output});
    expect(total_cost_usd).toBeGreaterThan(0);
    expect(server.unanswered.filter(request => request !== 'HEAD /')).toEqual([]);
  });

  test('asks once more for a structured result, then succeeds without one', async () => {
    await using agent = await AgentRig.create(() => ({say: 'All done.'}));
    const ended = await claude(agent);
    expect(ended.exitCode).toBe(0);
    expect(resultOf(ended)).toMatchObject({subtype: 'success', is_error: false, result: 'All done.'});
    expect(resultOf(ended)).not.toHaveProperty('structured_output');
    expect(agent.server.requests.map(({turn}) => turn)).toEqual([0, 1]);
  });

  test('does not hand on a structured result that breaks the schema', async () => {
    const broken = {use: 'StructuredOutput', input: {status: 'perhaps'}};
    await using agent = await AgentRig.create(conversation(broken, done));
    expect(resultOf(await claude(agent))).toMatchObject({structured_output: RESULT});
    expect(agent.server.requests[1]!.messages.at(-1)!.text).toContain('does not match required schema');
  });

  test('succeeds though a tool was denied, and lists what was', async () => {
    const outside = {use: 'Write', input: {file_path: '/nowhere/a.txt', content: 'a'}};
    await using agent = await AgentRig.create(conversation({run: 'python3 -c 1'}, outside, {run: 'echo b > b'}, done));
    const ended = await claude(agent, ['--allowedTools', 'Bash(echo:*)']);
    expect(ended.exitCode).toBe(0);
    expect(resultOf(ended)).toMatchObject({
      is_error: false,
      permission_denials: [
        {tool_name: 'Bash', tool_input: {command: 'python3 -c 1'}},
        {tool_name: 'Write', tool_input: {file_path: '/nowhere/a.txt'}},
      ],
    });
    expect(agent.rig.exists('b')).toBe(true);
  });

  test("leaves the user's hooks, servers and instructions out, but not the project's", async () => {
    const server = {command: '/bin/false'};
    const files = {'CLAUDE.md': 'Of the project.', '.mcp.json': JSON.stringify({mcpServers: {theirs: server}})};
    await using agent = await AgentRig.create(() => done, {files});
    const {rig} = agent;
    const home = (name: string) => path.join(rig.env.HOME!, name);
    fs.mkdirSync(home('.claude'));
    fs.writeFileSync(home('.claude/CLAUDE.md'), 'Of the user.');
    const hook = {hooks: [{type: 'command', command: `touch ${home('hook-ran')}`}]};
    fs.writeFileSync(home('.claude/settings.json'), JSON.stringify({hooks: {SessionStart: [hook]}}));
    fs.writeFileSync(home('.claude.json'), JSON.stringify({mcpServers: {mine: server}}));
    const servers = (ended: Ended) => ended.jsonLines().find(event => event.subtype === 'init').mcp_servers;

    const flags = ['--setting-sources', 'project', '--strict-mcp-config'];
    expect(servers(await claude(agent, flags))).toEqual([]);
    expect(fs.existsSync(home('hook-ran'))).toBe(false);
    const {heard} = agent.server.requests.at(-1)!;
    expect([heard.includes('Of the project.'), heard.includes('Of the user.')]).toEqual([true, false]);

    const named = await claude(agent, [...flags, '--mcp-config', rig.path('.mcp.json')]);
    expect(servers(named)).toMatchObject([{name: 'theirs'}]);
    await claude(agent);
    expect(fs.existsSync(home('hook-ran'))).toBe(true); // the hook does work: it was left out before
  });

  test('stops at its budget after the call that passes it', async () => {
    const write = (content: string) => ({write: 'a.txt', content});
    await using agent = await AgentRig.create(conversation(write('1'), write('2'), write('3'), done));
    const ended = await claude(agent, ['--max-budget-usd', '0.000001']);
    expect(ended.exitCode).toBe(1);
    expect(resultOf(ended)).toMatchObject({subtype: 'error_max_budget_usd', is_error: true});
    expect(agent.server.requests).toHaveLength(1);
  });

  test('ends its command on SIGINT, and takes the conversation up again', async () => {
    await using agent = await AgentRig.create(() => ({hang: true}));
    const {rig, server} = agent;
    const sleeper = await rig.command('sleeper');
    server.script = conversation({run: sleeper.shell});
    const id = randomUUID();
    const program = claude(agent, ['--session-id', id, '--allowedTools', 'Bash']);
    const run = await sleeper.nextRun();
    program.kill('SIGINT');
    const said = resultOf(await program);
    // On a busy machine it is sometimes gone before it has said anything.
    if (said !== undefined)
      expect(said).toMatchObject({subtype: 'error_during_execution', terminal_reason: 'aborted_tools'});
    await run.ended;

    server.script = () => done;
    const resumed = await claude(agent, ['--resume', id], {prompt: 'Go on.'});
    expect(resultOf(resumed)).toMatchObject({structured_output: RESULT});
    const {conversation: again, heard} = server.requests.at(-1)!;
    expect(again).toBe(id);
    expect(heard).toMatch(/Do the work\.[\s\S]*Go on\./);
  });

  test('says when there is no conversation to take up', async () => {
    await using agent = await AgentRig.create(() => done);
    const ended = await claude(agent, ['--resume', randomUUID()]);
    expect(ended.exitCode).toBe(1);
    expect(resultOf(ended).errors[0]).toContain('No conversation found');
  });

  test('says at once when the subscription is used up, and until when', async () => {
    const resetsAt = Math.floor(Date.now() / 1000) + 7200;
    await using agent = await AgentRig.create(() => usedUp(resetsAt));
    const ended = await claude(agent, [], {
      env: {ANTHROPIC_API_KEY: undefined, CLAUDE_CODE_OAUTH_TOKEN: 'not-a-token'},
    });
    expect(ended.exitCode).toBe(1);
    expect(ended.jsonLines().find(event => event.type === 'rate_limit_event').rate_limit_info).toMatchObject({
      status: 'rejected',
      resetsAt,
      rateLimitType: 'five_hour',
    });
    expect(resultOf(ended)).toMatchObject({subtype: 'success', is_error: true, api_error_status: 429});
    expect(resultOf(ended).result).toMatch(/^You've hit your .*limit · resets /);
    expect(agent.server.requests).toHaveLength(1);
  });

  test.each([
    [401, 'authentication_error', 'authentication_failed'],
    [429, 'rate_limit_error', 'rate_limit'],
    [529, 'overloaded_error', 'server_error'],
  ])('reports status %i as a success that is an error', async (fail, type, error) => {
    await using agent = await AgentRig.create(() => ({fail, type, message: 'No.'}));
    const ended = await claude(agent, [], {env: {CLAUDE_CODE_MAX_RETRIES: '0'}});
    expect(ended.exitCode).toBe(1);
    expect(ended.jsonLines().findLast(event => event.type === 'assistant')).toMatchObject({error});
    expect(resultOf(ended)).toMatchObject({subtype: 'success', is_error: true, api_error_status: fail});
  });

  test('tells of every failed try, and gets over an overload', async () => {
    let tries = 0;
    const overloaded: Failure = {fail: 529, type: 'overloaded_error', message: 'Overloaded'};
    await using agent = await AgentRig.create(() => (++tries < 3 ? overloaded : done));
    const ended = await claude(agent);
    const retries = ended.jsonLines().filter(event => event.subtype === 'api_retry');
    expect(retries.map(({attempt, error}) => [attempt, error])).toEqual([
      [1, 'overloaded'],
      [2, 'overloaded'],
    ]);
    expect(resultOf(ended)).toMatchObject({is_error: false, structured_output: RESULT});
  });
});
