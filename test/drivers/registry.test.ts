import fs from 'node:fs';
import {expect, test} from 'vitest';
import {DriverSet} from '../../src/drivers/registry.ts';
import {AgentRig} from './agent-rig.ts';

const task = {id: 'a', title: 'A'};
const EMPTY = {env: {PATH: '/no/such/folder'}};

test('a task with `run` is for the shell, whatever driver is named', () => {
  expect(
    new DriverSet({env: process.env}).choose({...task, run: 'true', driver: 'claude'}, {driver: 'codex'}),
  ).toMatchObject({
    kind: 'driver',
    name: 'shell',
  });
});

test('without `run` it is for the driver that is named, for the task before all', async () => {
  await using rig = new AgentRig();
  const drivers = new DriverSet({env: rig.env});
  expect(drivers.choose({...task, driver: 'codex'}, {driver: 'claude'})).toMatchObject({
    kind: 'driver',
    name: 'codex',
    driver: {name: 'codex', agent: {reportsCost: false}},
  });
  expect(drivers.choose(task, {driver: 'opencode'})).toMatchObject({kind: 'driver', name: 'opencode'});
  expect(drivers.choose({...task, driver: 'manual'}, {driver: 'claude'})).toEqual({kind: 'manual', name: 'manual'});
});

test('where none is named it is for the first agent that is installed, else for a person', async () => {
  await using rig = new AgentRig();
  const choose = () => new DriverSet({env: rig.env}).choose(task, {});
  rig.env.PATH = `relative/bin:${rig.agents.bin}`;
  expect(choose()).toMatchObject({kind: 'driver', name: 'claude'});
  fs.rmSync(`${rig.agents.bin}/claude`);
  fs.chmodSync(`${rig.agents.bin}/codex`, 0o644);
  expect(choose()).toMatchObject({kind: 'driver', name: 'opencode'});
  fs.rmSync(`${rig.agents.bin}/opencode`);
  fs.mkdirSync(`${rig.agents.bin}/opencode`);
  expect(choose()).toEqual({kind: 'manual', name: 'manual'});
});

test('a named driver brings its settings and is the driver that it is made of', async () => {
  await using rig = new AgentRig();
  const drivers = new DriverSet({
    env: rig.env,
    drivers: {
      fast: {driver: 'claude', model: 'haiku', effort: 'low'},
      codex: {model: 'gpt-x'},
      aider: {command: 'aider'},
    },
  });
  expect(drivers.get('fast')).toMatchObject({name: 'fast', driver: {name: 'claude'}, model: 'haiku', effort: 'low'});
  const claude = drivers.get('claude');
  expect(claude).not.toHaveProperty('model');
  expect(drivers.get('codex')).toMatchObject({driver: {name: 'codex'}, model: 'gpt-x'});
  expect(drivers.get('aider')).toMatchObject({name: 'aider', driver: {name: 'aider'}});
  expect(drivers.names).toEqual(['claude', 'codex', 'opencode', 'fast', 'aider', 'manual']);
  expect(claude.kind === 'driver' && claude.driver.agent?.newConversation?.()).toMatch(/^[0-9a-f-]{36}$/);
});

test('a driver that is not known is missing, with the one that was probably meant', () => {
  const drivers = new DriverSet({...EMPTY, drivers: {fast: {driver: 'claude'}}});
  expect(drivers.get('cluade')).toEqual({
    kind: 'missing',
    name: 'cluade',
    outcome: {
      kind: 'driver_missing',
      message:
        'the driver `cluade` is not known; known are `shell` (tasks with `run`) and `claude`, `codex`, `opencode`, `fast`, `manual`',
      hint: 'did you mean `claude`?',
    },
  });
  expect(drivers.choose({...task, driver: 'shell'}, {})).toMatchObject({
    kind: 'missing',
    outcome: {message: 'the driver `shell` needs a command: the task has no `run`'},
  });
});

test.each([
  [
    {driver: 'clod'},
    'the driver `x` is the unknown `driver: clod`; known are `claude`, `codex`, `opencode`, `command`',
  ],
  [
    {model: 'm'},
    'the driver `x` does not say which `driver` it is; known are `claude`, `codex`, `opencode`, `command`',
  ],
  [{driver: 'command'}, 'the driver `x` needs a `command` that reads the prompt from stdin'],
])('a description that cannot be understood is missing: %j', (entry, message) => {
  expect(new DriverSet({...EMPTY, drivers: {x: entry}}).get('x')).toMatchObject({
    outcome: {kind: 'driver_missing', message, hint: 'correct `drivers.x` in .milestones/config.yaml'},
  });
});

test('an agent that is not installed is missing until it is', async () => {
  await using rig = new AgentRig();
  const drivers = new DriverSet({env: {PATH: `${rig.folder}/later`}});
  const missing = {
    kind: 'missing',
    name: 'claude',
    outcome: {
      kind: 'driver_missing',
      message: 'the driver `claude` needs the program `claude`, which is not on the PATH',
      hint: 'install it with `npm install -g @anthropic-ai/claude-code`, or name another `driver`',
    },
  };
  expect(drivers.get('claude')).toEqual(missing);
  expect(drivers.choose(task, {})).toMatchObject({kind: 'manual'});
  fs.renameSync(rig.agents.bin, `${rig.folder}/later`);
  expect(drivers.get('claude')).toEqual(missing);
  drivers.refresh();
  expect(drivers.get('claude')).toMatchObject({kind: 'driver'});
  expect(drivers.choose(task, {})).toMatchObject({name: 'claude'});
});

test('what is installed is found, in its version', async () => {
  await using rig = new AgentRig();
  const drivers = new DriverSet({env: rig.env, drivers: {fast: {driver: 'claude'}, aider: {command: 'aider'}}});
  const claude = {kind: 'found', program: `${rig.agents.bin}/claude`, version: '2.1.330'};
  expect(await drivers.detect('claude')).toEqual(claude);
  expect(await drivers.detect('fast')).toEqual(claude);
  expect(await drivers.detect('codex')).toMatchObject({kind: 'found', version: '0.169.0'});
  expect(await drivers.detect('aider')).toEqual({kind: 'found', program: '/bin/sh'});
  expect(await drivers.detect('cluade')).toMatchObject({kind: 'missing', hint: 'did you mean `claude`?'});
  expect(await new DriverSet(EMPTY).detect('codex')).toMatchObject({
    kind: 'missing',
    hint: expect.stringContaining('npm'),
  });
});

test('what is too old, or broken, is missing', async () => {
  await using rig = new AgentRig();
  rig.agents.version('codex', 'codex-cli 0.12.1');
  fs.writeFileSync(`${rig.agents.bin}/opencode`, '#!/bin/sh\nexit 1\n');
  const drivers = new DriverSet({env: rig.env});
  expect(await drivers.detect('codex')).toEqual({
    kind: 'missing',
    message: '`codex` is at version 0.12.1; 0.60.0 or later is needed',
    hint: 'update it with `npm install -g @openai/codex`',
  });
  expect(await drivers.detect('opencode')).toMatchObject({
    kind: 'missing',
    message: `\`${rig.agents.bin}/opencode --version\` failed with exit code 1`,
  });
  fs.writeFileSync(`${rig.agents.bin}/opencode`, '#!/bin/sh\necho 1.18.33\n');
  expect(await drivers.detect('opencode')).toMatchObject({kind: 'found', version: '1.18.33'});
});
