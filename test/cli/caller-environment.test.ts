// What is started for a task sees its own folder, and nothing of the folder, npm script or git of whoever called.

import fs from 'node:fs';
import {expect, test} from 'vitest';
import {works} from '../rig/agent-scripts.ts';
import {FakeAgents} from '../rig/fake-agents.ts';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {waitForFile} from '../rig/wait-for-file.ts';

const OF_CALLER = {
  OLDPWD: '/',
  INIT_CWD: '/',
  npm_lifecycle_event: 'start',
  npm_config_prefix: '/',
  GIT_SSH_COMMAND: 'x',
};

test('PWD of a task, an agent, a check, a setup, a teardown and a notification is the folder that it runs in', async () => {
  await using rig = await MilestoneRig.create();
  const agents = FakeAgents.into(rig, 'opencode');
  // What a program finds that asks nobody but its environment; a shell would set PWD itself.
  rig.write(
    '../where.cjs',
    `const fs = require('node:fs');
const fine = fs.realpathSync(process.env.PWD) === fs.realpathSync(process.cwd());
const seen = Object.keys(process.env).filter(name => /^(OLDPWD|INIT_CWD|npm_.*|GIT_.*)$/.test(name));
fs.appendFileSync(process.env.HOME + '/' + process.argv[2], fine + ' ' + seen + '\\n');
`,
  );
  const look = (name: string) => `exec "${process.execPath}" "${rig.path('../where.cjs')}" ${name}`;
  const [begin, ...rest] = works('opencode', {'a.txt': 'a'});
  agents.script('opencode', 'a.1', [begin!, {run: look('agent')}, ...rest]);
  const workspace = {setup: look('setup'), teardown: look('teardown')};
  const tasks = [
    {id: 's', run: look('task'), no_changes: true},
    {id: 'a', driver: 'opencode', verify: look('check')},
  ];
  await rig.writeMilestone('m', tasks, {settings: {workspace, env: {GIT_PAGER: 'mine'}}});
  rig.write('.milestones/config.yaml', JSON.stringify({notify: [{command: look('notification')}]}));
  const env = {...OF_CALLER, PWD: rig.folder};
  expect(await rig.milestone('execute', 'm', {env})).toMatchObject({exitCode: 0});
  const file = (name: string) => `${rig.env.HOME}/${name}`;
  await waitForFile(file('notification'));
  const lines = (name: string) => [...new Set(fs.readFileSync(file(name), 'utf8').trimEnd().split('\n'))];
  for (const name of ['task', 'agent', 'check', 'setup', 'teardown'])
    expect([name, lines(name)]).toEqual([name, ['true GIT_PAGER']]);
  expect(lines('notification')).toEqual(['true']);
});
