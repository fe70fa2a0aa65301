// What the `opencode` driver rests upon, shown on the program itself.

import {expect, test} from 'vitest';
import type {Ended, Program} from '../rig/program.ts';
import {AgentRig, describeAgent} from './agent-rig.ts';
import {conversation} from './model.ts';

const ANSWER = '{"status":"done"}';
const done = {result: {status: 'done'}};

interface Options {
  args?: string[];
  prompt?: string;
  /** The setting `permission`. */
  permission?: object;
}

function opencode({rig}: AgentRig, {args = [], prompt = 'Do the work.', permission = {}}: Options = {}): Program {
  const env = {OPENCODE_PERMISSION: JSON.stringify(permission)};
  return rig.start('opencode', 'run', '--format', 'json', '--pure', ...args, {stdin: prompt, env});
}

function answerOf(ended: Ended): string | undefined {
  return ended.jsonLines().findLast(event => event.type === 'text')?.part.text;
}

function toolErrors(ended: Ended): string[] {
  return ended.jsonLines().flatMap(event => event.part?.state?.error ?? []);
}

describeAgent('opencode', () => {
  test('works with its tools and says what each step has cost', async () => {
    const script = conversation({write: 'a.txt', content: 'a\n'}, {run: 'echo b > b.txt'}, done);
    await using agent = await AgentRig.create(script);
    const {rig, server} = agent;
    const ended = await opencode(agent);
    expect(ended.exitCode).toBe(0);
    expect(answerOf(ended)).toBe(ANSWER);
    expect([rig.read('a.txt'), rig.read('b.txt')]).toEqual(['a\n', 'b\n']);
    const id = ended.jsonLines()[0].sessionID;
    expect(server.requests.map(request => [request.conversation, request.turn])).toEqual([
      [id, 0],
      [id, 1],
      [id, 2],
    ]);
    expect(server.requests[0]!.heard.trim()).toBe('Do the work.');
    const steps = ended.jsonLines().filter(event => event.type === 'step_finish');
    expect(steps.map(({part}) => part.cost)).toEqual([0.002, 0.002, 0.002]);
    expect(server.unanswered).toEqual([]);
  });

  test('goes on after a tool that is denied', async () => {
    await using agent = await AgentRig.create(conversation({run: 'rm x'}, {run: 'touch a'}, done));
    const ended = await opencode(agent, {permission: {bash: {'*': 'deny', 'touch *': 'allow'}}});
    expect(toolErrors(ended)).toEqual([expect.stringContaining('a rule which prevents you')]);
    expect(answerOf(ended)).toBe(ANSWER);
    expect(agent.rig.exists('a')).toBe(true);
  });

  test('ends without a word, in success, where it would have to ask', async () => {
    await using agent = await AgentRig.create(conversation({run: 'rm x'}, done));
    const ended = await opencode(agent, {permission: {bash: 'ask'}});
    expect(ended.exitCode).toBe(0);
    expect(toolErrors(ended)).toEqual([expect.stringContaining('rejected permission')]);
    expect(answerOf(ended)).toBeUndefined();
    expect(agent.server.requests).toHaveLength(1);
  });

  test.each(['SIGINT', 'SIGKILL'] as const)(
    'leaves its command running on %s, and takes the session up again',
    async signal => {
      await using agent = await AgentRig.create(() => ({hang: true}));
      const {rig, server} = agent;
      const sleeper = await rig.command('sleeper');
      server.script = conversation({write: 'a.txt', content: 'a'}, {run: sleeper.shell});
      const program = opencode(agent);
      const run = await sleeper.nextRun();
      program.kill(signal);
      const ended = await program;
      expect(ended.signal).toBe(signal);
      expect(sleeper.running).toHaveLength(1);
      await run.exit();

      const id = ended.jsonLines()[0].sessionID;
      server.script = () => done;
      expect(answerOf(await opencode(agent, {args: ['--session', id], prompt: 'Go on.'}))).toBe(ANSWER);
      const {conversation: again, heard} = server.requests.at(-1)!;
      expect(again).toBe(id);
      expect(heard).toMatch(/Do the work\.[\s\S]*interrupted[\s\S]*Go on\./);
    },
  );

  test('says when there is no session to take up', async () => {
    await using agent = await AgentRig.create(() => done);
    const ended = await opencode(agent, {args: ['--session', 'ses_nowhere']});
    expect(ended).toMatchObject({exitCode: 1, stdout: '', stderr: expect.stringContaining('Session not found')});
  });

  test('says at once that the key is wrong', async () => {
    await using agent = await AgentRig.create(() => ({
      fail: 401,
      type: 'invalid_api_key',
      message: 'Incorrect API key',
    }));
    const ended = await opencode(agent);
    expect(ended.exitCode).toBe(1);
    const {error} = ended.jsonLines().find(event => event.type === 'error');
    expect(error).toMatchObject({name: 'APIError', data: {statusCode: 401, message: 'Incorrect API key'}});
    expect(agent.server.requests).toHaveLength(1);
  });
});
