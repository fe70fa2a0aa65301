// What the `codex` driver rests upon, shown on the program itself.

import {randomUUID} from 'node:crypto';
import {expect, test} from 'vitest';
import type {Ended, Program} from '../rig/program.ts';
import {AgentRig, describeAgent} from './agent-rig.ts';
import {conversation, TOKENS} from './model.ts';

const SCHEMA = {
  type: 'object',
  properties: {status: {type: 'string'}},
  required: ['status'],
  additionalProperties: false,
};
const done = {result: {status: 'done'}};
const WRITABLE = ['-c', 'sandbox_mode="workspace-write"'];

function codex({rig}: AgentRig, args: string[] = [], prompt = 'Do the work.'): Program {
  rig.write('../schema.json', JSON.stringify(SCHEMA));
  return rig.start('codex', 'exec', '--json', '--output-schema', '../schema.json', ...args, '-', {stdin: prompt});
}

function find(ended: Ended, type: string) {
  return ended.jsonLines().find(event => event.type === type);
}

function answerOf(ended: Ended): string {
  return ended.jsonLines().findLast(event => event.item?.type === 'agent_message')?.item.text;
}

describeAgent('codex', () => {
  test('works with its shell and ends with an answer by the schema', async () => {
    const script = conversation({write: 'a.txt', content: 'a\n'}, {run: 'echo b > b.txt'}, done);
    await using agent = await AgentRig.create(script);
    const {rig, server} = agent;
    const ended = await codex(agent, WRITABLE);
    expect(ended.exitCode).toBe(0);
    expect(answerOf(ended)).toBe('{"status":"done"}');
    expect([rig.read('a.txt'), rig.read('b.txt')]).toEqual(['a\n', 'b\n']);
    const id = find(ended, 'thread.started').thread_id;
    expect(server.requests.map(request => [request.conversation, request.turn])).toEqual([
      [id, 0],
      [id, 1],
      [id, 2],
    ]);
    expect(server.requests[0]).toMatchObject({schema: SCHEMA, heard: expect.stringContaining('Do the work.')});
    expect(find(ended, 'turn.completed').usage).toMatchObject({
      input_tokens: 3 * TOKENS.input,
      output_tokens: 3 * TOKENS.output,
    });
    expect(server.unanswered).toEqual([]);
  });

  test('does not check the answer against the schema', async () => {
    await using agent = await AgentRig.create(() => ({say: 'All done.'}));
    const ended = await codex(agent);
    expect(ended.exitCode).toBe(0);
    expect(answerOf(ended)).toBe('All done.');
  });

  test('lets commands write in the workspace alone, and not in its repository', async () => {
    const commands = 'echo a > a.txt; touch /etc/written; git commit -q --allow-empty -m x';
    await using agent = await AgentRig.create(conversation({run: commands}, done));
    const head = agent.rig.git('rev-parse', 'HEAD');
    const ended = await codex(agent, WRITABLE);
    expect(ended.exitCode).toBe(0);
    // A command that the sandbox made fail is not always an event, and never says that it was declined.
    const told = ended.jsonLines().filter(({type, item}) => type === 'item.completed' && 'command' in item);
    expect(told.filter(({item}) => item.status !== 'failed')).toEqual([]);
    expect(agent.server.requests[1]!.heard.match(/Read-only file system/g)).toHaveLength(2);
    expect(agent.rig.git('rev-parse', 'HEAD')).toBe(head);
    expect(agent.rig.git('status', '--porcelain')).toBe('?? a.txt');
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('ends its command on %s, and takes the thread up again', async signal => {
    await using agent = await AgentRig.create(() => ({hang: true}));
    const {rig, server} = agent;
    const sleeper = await rig.command('sleeper');
    server.script = conversation({write: 'a.txt', content: 'a'}, {run: sleeper.shell});
    const program = codex(agent, WRITABLE);
    const run = await sleeper.nextRun();
    program.kill(signal);
    const ended = await program;
    await run.ended;
    expect(find(ended, 'turn.failed')).toBeUndefined();

    const id = find(ended, 'thread.started').thread_id;
    server.script = conversation(...Array(2).fill(done), {write: 'b.txt', content: 'b'}, done);
    // Before `resume`: after it there is no such option, and without it the workspace is read-only.
    const resumed = await codex(agent, [...WRITABLE, 'resume', id], 'Go on.');
    expect(answerOf(resumed)).toBe('{"status":"done"}');
    expect(rig.exists('b.txt')).toBe(true);
    const last = server.requests.at(-1)!;
    expect(last).toMatchObject({conversation: id, schema: SCHEMA});
    expect(last.heard).toMatch(/Do the work\.[\s\S]*Go on\./);
  });

  test('counts tokens over the whole thread', async () => {
    await using agent = await AgentRig.create(() => done);
    const first = await codex(agent);
    const second = await codex(agent, ['resume', find(first, 'thread.started').thread_id], 'Go on.');
    expect(find(second, 'turn.completed').usage.input_tokens).toBe(2 * TOKENS.input);
  });

  test('says when there is no thread to take up', async () => {
    await using agent = await AgentRig.create(() => done);
    const ended = await codex(agent, ['resume', randomUUID()]);
    expect(ended).toMatchObject({exitCode: 1, stdout: '', stderr: expect.stringContaining('no rollout found')});
  });

  test.each([
    ['usage_limit_reached', 'hit your usage limit'],
    ['insufficient_quota', 'Quota exceeded'],
  ])('ends at once on %s', async (type, told) => {
    await using agent = await AgentRig.create(() => ({fail: 429, type, message: 'No.'}));
    const ended = await codex(agent);
    expect(ended.exitCode).toBe(1);
    expect(find(ended, 'turn.failed').error.message).toContain(told);
    expect(agent.server.requests).toHaveLength(1);
  });

  test('tries five times more before it says that the key is wrong', async () => {
    await using agent = await AgentRig.create(() => ({
      fail: 401,
      type: 'invalid_api_key',
      message: 'Incorrect API key',
    }));
    const ended = await codex(agent);
    expect(ended.exitCode).toBe(1);
    expect(find(ended, 'turn.failed').error.message).toContain('401 Unauthorized: Incorrect API key');
    expect(ended.jsonLines().filter(event => /^Reconnecting/.test(event.message))).toHaveLength(5);
  });
});
