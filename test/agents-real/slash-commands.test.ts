// What `milestone init --claude` writes, typed into the program that reads it.

import fs from 'node:fs';
import {fileURLToPath} from 'node:url';
import {expect, test} from 'vitest';
import {AgentRig, describeAgent} from './agent-rig.ts';
import {conversation} from './model.ts';

const MILESTONE = fileURLToPath(new URL('../../bin/milestone.js', import.meta.url));
const ID = 'release';

/** A repository with a plan, `milestone` on the PATH, and the commands of `milestone init`. */
async function rigWithCommands(script: Parameters<typeof AgentRig.create>[0]): Promise<AgentRig> {
  const agent = await AgentRig.create(script);
  const {rig} = agent;
  rig.write('../bin/milestone', `#!/bin/sh\nexec "${process.execPath}" "${MILESTONE}" "$@"\n`);
  fs.chmodSync(rig.path('../bin/milestone'), 0o755);
  rig.env.PATH = `${rig.path('../bin')}:${rig.env.PATH}`;
  await rig.writeMilestone(ID, [{id: 'a', run: 'echo a > a.txt'}]);
  expect(await rig.milestone('init', '--claude', '--opencode')).toMatchObject({exitCode: 0});
  return agent;
}

const EXECUTES = conversation(
  {run: `milestone execute --detach ${ID}`},
  {use: 'Bash', input: {command: following('--until attention'), run_in_background: true}},
  {say: 'It is being executed.'},
  {say: 'It is done.'},
);

/** What the commands tell the model to type, in one call. */
function following(flags: string): string {
  return `milestone wait ${ID} ${flags}; milestone status ${ID} --format md`;
}

describeAgent('claude', () => {
  for (const spelling of ['/milestone:execute', '/milestone/execute'])
    test(`${spelling} starts an execution and follows it, and needs no further permission for that`, async () => {
      await using agent = await rigWithCommands(EXECUTES);
      const {rig, server} = agent;
      const prompt = `${spelling} ${ID} --max-parallel 2`;
      const ended = await rig.start('claude', '-p', '--output-format', 'stream-json', '--verbose', {stdin: prompt});
      expect(ended.exitCode).toBe(0);
      const result = ended.jsonLines().findLast(event => event.type === 'result');
      expect(result).toMatchObject({is_error: false, permission_denials: []});
      expect(server.requests[0]?.heard).toContain(`milestone execute --detach ${ID} --max-parallel 2`);
      await rig.waitForEvent(ID, 'milestone_completed');
    });

  test('a decision is not permitted by the command', async () => {
    await using agent = await rigWithCommands(
      conversation({run: `milestone skip ${ID} a`}, {run: `milestone execute ${ID}`}, {say: 'I may not.'}),
    );
    const {rig} = agent;
    const prompt = `/milestone:execute ${ID}`;
    const ended = await rig.start('claude', '-p', '--output-format', 'stream-json', '--verbose', {stdin: prompt});
    const result = ended.jsonLines().findLast(event => event.type === 'result');
    expect(
      result.permission_denials.map(({tool_input}: {tool_input: {command: string}}) => tool_input.command),
    ).toEqual([`milestone skip ${ID} a`, `milestone execute ${ID}`]);
    expect(rig.exists(rig.logFile(ID))).toBe(false);
  });
});

describeAgent('opencode', () => {
  test('milestone/execute starts an execution and follows it', async () => {
    await using agent = await rigWithCommands(
      conversation(
        {run: `milestone execute --detach ${ID}`},
        {run: following('--until attention --timeout 9m')},
        {say: 'It is done.'},
      ),
    );
    const {rig, server} = agent;
    const ended = await rig.start('opencode', 'run', '--format', 'json', '--command', 'milestone/execute', ID);
    expect(ended.exitCode).toBe(0);
    expect(server.requests[0]?.heard).toContain(`milestone execute --detach ${ID}\``);
    await rig.waitForEvent(ID, 'milestone_completed');
  });
});
