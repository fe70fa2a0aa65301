// The promises about coding agents, end to end: `milestone execute`, the agent's own program, a scripted model.

import fs from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {anHourPassesWith} from '../rig/leap.ts';
import {AgentRig, describeAgent, describeAgents} from './agent-rig.ts';
import {
  detailsOf,
  done,
  expectBooked,
  expectContinued,
  expectOneCommit,
  expectUntouched,
  resumeToTheEnd,
  STUCK,
  say,
  startStuck,
  writePlan,
} from './greeting.ts';
import {AGENT_NAMES, type AgentName} from './install.ts';
import {inOrder, type ModelRequest, usedUp} from './model.ts';

for (const name of AGENT_NAMES)
  describeAgent(name, () => {
    test('a task becomes one checked commit', async () => {
      await using agent = await AgentRig.create(inOrder({write: 'greeting.txt', content: 'hello\n'}, done));
      const {rig, server} = agent;
      await writePlan(rig, name, {acceptance_criteria: ['it says hello']});
      expect(await rig.milestone('execute', 'demo')).toMatchObject({exitCode: 0});
      expect(rig.git('show', 'milestone/demo:greeting.txt').trim()).toBe('hello');
      expect(rig.git('rev-list', '--count', 'main..milestone/demo')).toBe('1');
      const message = rig.git('log', '-1', '--format=%B', 'milestone/demo');
      for (const part of ['Write a greeting', 'Says hello now.', 'in English', 'Task: greet'])
        expect(message).toContain(part);
      expect(server.requests[0]!.heard).toContain('it says hello');
      const {result} = detailsOf(rig, 'task_claimed')[0]!;
      expect(result).toEqual({summary: 'Says hello now.', assumptions: ['in English']});
      expect(detailsOf(rig, 'budget_settled')).toMatchObject([{used: {tokens: 2200}, basis: 'reported'}]);
      expectUntouched(rig);
      await rig.untilNoProcessLeft();
    });

    test('a red check goes back into the same conversation', async () => {
      await using agent = await AgentRig.create(inOrder(say('goodbye'), done, say('hello'), done));
      const {rig, server} = agent;
      await writePlan(rig, name, {verify: 'grep hello greeting.txt || { echo "no hello in it"; exit 1; }'});
      expect(await rig.milestone('execute', 'demo')).toMatchObject({exitCode: 0});
      expectContinued(server.requests[1]!, server.requests[2]!);
      expect(server.requests[2]!.messages.at(-1)!.text).toContain('no hello in it');
      expectOneCommit(rig);
    });

    test('an agent that may not log in holds its tasks, and the way to log in is told', async () => {
      const failure = {fail: 401, type: 'invalid_api_key', message: 'Incorrect API key provided'};
      await using agent = await AgentRig.create(() => failure);
      const {rig} = agent;
      await writePlan(rig, name);
      const ended = await rig.milestone('execute', 'demo');
      expect(ended.exitCode).toBe(4);
      const message = expect.stringMatching(/^the provider does not accept the login|^Incorrect API key provided$/);
      expect(detailsOf(rig, 'attempt_ended')[0]).toMatchObject({
        outcome: {kind: 'auth', message, hint: expect.any(String)},
      });
      expect(ended.stderr).toMatch(/log ?in/);
    });

    test('nothing survives a Ctrl-C, which costs what was used, and `resume` goes on in the same conversation', async () => {
      await using agent = await AgentRig.create(() => ({hang: true}));
      const {rig} = agent;
      const {executor, run} = await startStuck(agent, name);
      executor.kill('SIGINT');
      expect(await executor).toMatchObject({exitCode: 130});
      await run.ended;
      await rig.untilNoProcessLeft();
      expectBooked(rig, STUCK);
      await resumeToTheEnd(agent);
      expect((await rig.status('demo')).budget.used.tokens).toBeLessThan(10_000);
    });

    test('nothing survives `pause --now`, and `resume` goes on in the same conversation', async () => {
      await using agent = await AgentRig.create(() => ({hang: true}));
      const {rig} = agent;
      const {executor, run} = await startStuck(agent, name);
      expect(await rig.milestone('pause', 'demo', '--now')).toMatchObject({exitCode: 0});
      expect(await executor).toMatchObject({exitCode: 6});
      await run.ended;
      await rig.untilNoProcessLeft();
      expectBooked(rig, STUCK);
      await resumeToTheEnd(agent);
    });

    test('nothing survives a timeout', async () => {
      await using agent = await AgentRig.create(() => ({hang: true}));
      const {rig} = agent;
      const stuck = path.join(rig.root, 'stuck');
      const task = {timeout: '1h', silent: '3h', retries: 0};
      const {executor, run} = await startStuck(agent, name, task, {env: anHourPassesWith(stuck)});
      fs.writeFileSync(stuck, '');
      await run.ended;
      expect(await executor).toMatchObject({exitCode: 4});
      expect(detailsOf(rig, 'attempt_ended')).toMatchObject([{outcome: {kind: 'failed', cause: 'timeout'}}]);
      await rig.untilNoProcessLeft();
      expectBooked(rig, STUCK);
    });

    test('nothing survives a killed executor once it is resumed, and the conversation goes on', async () => {
      await using agent = await AgentRig.create(() => ({hang: true}));
      const {rig, server} = agent;
      const {executor, run, sleeper} = await startStuck(agent, name);
      // An agent that chooses its id itself has told it; until the executor has it on disk, it is lost with it.
      const {conversation} = server.requests[0]!;
      await rig.waitForEvent('demo', ({details}) => 'conversation' in details && details.conversation === conversation);
      executor.kill('SIGKILL');
      await executor;
      expect(sleeper.running).toHaveLength(1);
      await resumeToTheEnd(agent);
      await run.ended;
      await rig.untilNoProcessLeft();
      expectBooked(rig, STUCK);
    });
  });

describeAgents(AGENT_NAMES, () => {
  test('agents of different makes work side by side and after each other', async () => {
    const files = {claude: 'one', codex: 'two', opencode: 'three'};
    const name = ({heard}: ModelRequest) => AGENT_NAMES.find(agent => heard.includes(`# Task by-${agent}:`))!;
    await using agent = await AgentRig.create(request =>
      request.turn === 0 ? {write: files[name(request)], content: `${name(request)}\n`} : done,
    );
    const {rig, server} = agent;
    const task = (driver: AgentName, dependencies: string[] = []) => ({
      id: `by-${driver}`,
      driver,
      dependencies,
      verify: `grep -qx ${driver} ${files[driver]}`,
    });
    const tasks = [task('claude'), task('codex'), task('opencode', ['by-claude', 'by-codex'])];
    await rig.writeMilestone('demo', tasks);
    expect(await rig.milestone('execute', 'demo')).toMatchObject({exitCode: 0});
    expect(rig.git('ls-tree', '--name-only', 'milestone/demo').split('\n')).toEqual(['README', 'one', 'three', 'two']);
    expect(rig.git('rev-list', '--count', 'main..milestone/demo')).toBe('3');
    expect(server.requests.find(request => name(request) === 'opencode')!.heard).toContain('Says hello now.');
    await rig.untilNoProcessLeft();
  });
});

describeAgent('claude', () => {
  test('a used-up subscription pauses the driver until the time that it tells', async () => {
    await using agent = await AgentRig.create(() => ({hang: true}), {
      env: {CLAUDE_CODE_OAUTH_TOKEN: 'not-a-token', ANTHROPIC_API_KEY: ''},
    });
    const {rig, server} = agent;
    let resetsAt: number | undefined;
    const work = inOrder(say('hello'), done);
    server.script = request => {
      if (resetsAt !== undefined) return work(request);
      resetsAt = Math.floor(Date.now() / 1000) + 3_000;
      return usedUp(resetsAt);
    };
    await writePlan(rig, 'claude');
    const back = path.join(rig.root, 'back');
    const execution = rig.milestone('execute', 'demo', '--wait', {env: anHourPassesWith(back)});
    await rig.waitForEvent('demo', 'driver_paused');
    fs.writeFileSync(back, '');
    expect(await execution).toMatchObject({exitCode: 0});
    const [pause] = detailsOf(rig, 'driver_paused');
    expect(pause).toMatchObject({driver: 'claude', reason: 'quota'});
    expect(Date.parse(pause!.resets_at!)).toBe(resetsAt! * 1000);
    expectOneCommit(rig);
  });

  test('a named driver brings its model', async () => {
    await using agent = await AgentRig.create(inOrder(say('hello'), done));
    const {rig, server} = agent;
    rig.write('.milestones/config.yaml', 'drivers:\n  fast: {driver: claude, model: a-small-model}\n');
    await writePlan(rig, 'claude', {driver: 'fast'});
    expect(await rig.milestone('execute', 'demo')).toMatchObject({exitCode: 0});
    expect(server.requests.map(({model}) => model)).toEqual(['a-small-model', 'a-small-model']);
    expectOneCommit(rig);
  });

  test('a denied tool is recorded with the line that would allow it, and decides nothing', async () => {
    await using agent = await AgentRig.create(
      inOrder({run: 'python3 -c 1'}, {write: 'greeting.txt', content: 'hello\n'}, done),
    );
    const {rig} = agent;
    await writePlan(rig, 'claude', {allow: []});
    expect(await rig.milestone('execute', 'demo')).toMatchObject({exitCode: 0});
    expect(detailsOf(rig, 'task_claimed')[0]!.result.denials).toEqual([
      {tool: 'Bash', input: 'python3 -c 1', allow: expect.stringContaining('Bash(python3')},
    ]);
    expectOneCommit(rig);
  });
});
