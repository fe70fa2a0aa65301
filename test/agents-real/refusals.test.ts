// What providers refuse, and what becomes of the task, with the agents' own programs.

import {expect, test} from 'vitest';
import {AgentRig, describeAgent} from './agent-rig.ts';
import {detailsOf, done, expectOneCommit, say, writePlan} from './greeting.ts';
import {AGENT_NAMES} from './install.ts';
import {inOrder} from './model.ts';

/** Tried again for minutes otherwise. */
const env = {CLAUDE_CODE_MAX_RETRIES: '1'};

for (const name of AGENT_NAMES)
  describeAgent(name, () => {
    test('who is refused for a quota makes way for his stand-in, and has not failed', async () => {
      const failure = {fail: 429, type: 'rate_limit_error', message: 'Too many requests of yours'};
      await using agent = await AgentRig.create(() => failure, {env});
      const {rig} = agent;
      rig.write(
        '.milestones/config.yaml',
        "drivers: {other: {command: 'cat > /dev/null; echo hello > greeting.txt'}}\n",
      );
      await writePlan(rig, name, {retries: 0, fallback: ['other']});
      expect(await rig.milestone('execute', 'demo')).toMatchObject({exitCode: 0});
      expect(detailsOf(rig, 'attempt_ended')).toMatchObject([
        {outcome: {kind: 'quota', message: expect.stringMatching(/429|quota|Too many requests of yours/)}},
      ]);
      expect(detailsOf(rig, 'driver_paused')).toMatchObject([{driver: name, reason: 'quota'}]);
      expectOneCommit(rig);
      await rig.untilNoProcessLeft();
    });

    test('who is refused by a busy provider tries again a little later, and has not failed', async () => {
      await using agent = await AgentRig.create(() => ({hang: true}), {env});
      const {rig, server} = agent;
      const work = inOrder(say('hello'), done);
      server.script = request => {
        if (detailsOf(rig, 'attempt_ended').length > 0) return work(request);
        return {fail: 503, type: 'overloaded_error', message: 'Busy'};
      };
      await writePlan(rig, name, {retries: 0});
      expect(await rig.milestone('execute', 'demo')).toMatchObject({exitCode: 0});
      expect(detailsOf(rig, 'attempt_ended')).toMatchObject([{outcome: {kind: 'overload'}}]);
      expectOneCommit(rig);
    });

    test.each([
      ['is too long', 'context_length_exceeded', 'prompt is too long: 210000 tokens > 200000 maximum'],
      ['is broken', 'invalid_request_error', 'messages.3: `tool_use` ids were found without `tool_result` blocks'],
    ])('a conversation that %s begins afresh in the same attempt', async (_, type, message) => {
      await using agent = await AgentRig.create(() => ({hang: true}), {env});
      const {rig, server} = agent;
      const first = inOrder(say('goodbye'), done);
      const fresh = inOrder(say('hello'), done);
      let dead: string | undefined;
      server.script = request => {
        dead ??= request.conversation;
        if (request.conversation !== dead) return fresh(request);
        return request.turn < 2 ? first(request) : {fail: 400, type, message};
      };
      await writePlan(rig, name);
      const ended = await rig.milestone('execute', 'demo');
      expect(ended).toMatchObject({exitCode: 0});
      expect(detailsOf(rig, 'attempt_ended')).toMatchObject([{outcome: {cause: 'check'}}]);
      expect(detailsOf(rig, 'task_completed')).toMatchObject([{attempt: 2}]);
      const last = server.requests.at(-1)!;
      expect(last.conversation).not.toBe(dead);
      expect(last.heard).toContain('Write a greeting');
      expectOneCommit(rig);
    });
  });

describeAgent('codex', () => {
  test('a used-up plan pauses the driver until the time that it tells', async () => {
    // It tells the minute.
    const resetsAt = Math.floor(Date.now() / 60_000) * 60 + 7200;
    const failure = {fail: 429, type: 'usage_limit_reached', message: 'Used up', details: {resets_at: resetsAt}};
    await using agent = await AgentRig.create(() => failure);
    const {rig} = agent;
    await writePlan(rig, 'codex');
    expect(await rig.milestone('execute', 'demo')).toMatchObject({exitCode: 8});
    const [pause] = detailsOf(rig, 'driver_paused');
    expect(pause).toMatchObject({driver: 'codex', reason: 'quota'});
    expect(Date.parse(pause!.resets_at!)).toBe(resetsAt * 1000);
    expect(agent.server.requests).toHaveLength(1);
  });
});
