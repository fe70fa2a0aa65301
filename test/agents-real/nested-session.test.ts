// From inside Claude Code: a slash command of the outer session starts `milestone`, whose tasks nested sessions do.

import fs from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {expect, test} from 'vitest';
import {AgentRig, describeAgent} from './agent-rig.ts';
import {conversation, type ModelRequest, type Script} from './model.ts';

const MILESTONE = fileURLToPath(new URL('../../bin/milestone.js', import.meta.url));

const isNested = ({heard}: ModelRequest) => heard.includes('# Task greet');

/** One script for the session that the user has, one for those that do the tasks. */
function scripts(outer: Script, nested: Script): Script {
  return request => (isNested(request) ? nested(request) : outer(request));
}

/** A repository with the slash commands, a plan for claude, and `milestone` on the PATH. */
async function createRig(script: Script): Promise<AgentRig> {
  const agent = await AgentRig.create(script);
  const {rig} = agent;
  const bin = path.join(rig.root, 'bin');
  fs.mkdirSync(bin);
  fs.writeFileSync(path.join(bin, 'milestone'), `#!/bin/sh\nexec '${process.execPath}' '${MILESTONE}' "$@"\n`, {
    mode: 0o755,
  });
  rig.env.PATH = `${bin}:${rig.env.PATH}`;
  expect(await rig.milestone('init', '--claude')).toMatchObject({exitCode: 0});
  rig.commit('Add the slash commands');
  const greet = {id: 'greet', title: 'Write a greeting', verify: 'grep -q hello greeting.txt'};
  await rig.writeMilestone('demo', [greet], {settings: {driver: 'claude'}});
  return agent;
}

const background = (command: string) => ({
  use: 'Bash',
  input: {command, description: 'Wait', run_in_background: true},
});

describeAgent('claude', () => {
  test.each(['/milestone:execute demo', '/milestone/execute demo'])('%s carries the plan out', async command => {
    const outer = conversation(
      {run: 'milestone execute --detach demo'},
      background('milestone wait demo --until attention'),
      {say: 'It is being executed.'},
      {run: 'milestone status demo --format md'},
      {say: 'It is done.'},
    );
    const nested = conversation(
      {write: 'greeting.txt', content: 'hello\n'},
      {result: {status: 'done', summary: 'Says hello.', assumptions: [], question: null}},
    );
    await using agent = await createRig(scripts(outer, nested));
    const {rig, server} = agent;
    // What a command allows holds for its own turn; the end of the wait begins another.
    const allowed = ['--allowedTools', 'Bash(milestone status:*)'];
    const ended = await rig.start('claude', '-p', command, '--output-format', 'stream-json', '--verbose', ...allowed);
    const results = ended.jsonLines().filter(event => event.type === 'result');
    expect(results.at(-1)).toMatchObject({is_error: false, result: 'It is done.', permission_denials: []});
    expect(server.requests[0]!.heard).toContain('Run `milestone execute --detach demo`');
    expect(server.requests.at(-1)!.messages.at(-1)!.text).toMatch(/demo[\s\S]*completed/);
    expect(rig.git('show', 'milestone/demo:greeting.txt')).toBe('hello');
    const sessions = (of: ModelRequest[]) => new Set(of.map(request => request.conversation)).size;
    expect(sessions(server.requests)).toBe(2);
    expect(sessions(server.requests.filter(isNested))).toBe(1);
    await rig.untilNoProcessLeft();
  });

  test.todo('a question and an approval are carried to the user, and the answers back');
});
