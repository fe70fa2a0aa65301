// `milestone new`: from nothing to a plan that runs.

import fs from 'node:fs';
import {fileURLToPath} from 'node:url';
import {expect, test} from 'vitest';
import {parse} from 'yaml';
import {MilestoneRig} from '../rig/milestone-rig.ts';

const FAULT = fileURLToPath(new URL('../rig/fault.cjs', import.meta.url));

test.concurrent('a new plan is valid, can be rehearsed and carried out as it is, and says what can be in it', async () => {
  await using rig = await MilestoneRig.create({
    files: {'package-lock.json': '{}', 'package.json': '{"scripts":{"test":"vitest"}}'},
  });
  await rig.milestone('init');
  const made = await rig.milestone('new', 'auth-api', 'Build "the" API: # now');
  expect(made).toMatchObject({exitCode: 0, stderr: ''});
  expect(made.stdout).toContain('.milestones/active/auth-api.yaml');
  expect(made.stdout).toContain('milestone execute auth-api --dry-run');
  const text = rig.read(rig.planFile('auth-api'));
  expect(parse(text)).toMatchObject({id: 'auth-api', title: 'Build "the" API: # now'});
  for (const key of [
    'verify: npm test',
    'acceptance_criteria',
    'touches',
    'budget',
    'requires',
    'dependencies: [first]',
  ])
    expect(text).toContain(key);
  expect(await rig.milestone('validate', 'auth-api', '--strict')).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/^valid: /),
  });
  const {plan, problems} = (await rig.milestone('execute', 'auth-api', '--dry-run', '--json')).json();
  expect(problems).toEqual([]);
  expect(plan.waves).toEqual([['first'], ['second']]);
  expect(await rig.milestone('execute', 'auth-api')).toMatchObject({exitCode: 0});
});

test.concurrent('every valid id makes a plan of that very id, also one that YAML would take for something else', async () => {
  await using rig = await MilestoneRig.create();
  await rig.milestone('init');
  for (const id of ['123', '1e3', 'true', 'null', '0x10', 'A.b_c-d']) {
    expect((await rig.milestone('new', id, '--json')).json()).toEqual({ok: true, id, file: rig.path(rig.planFile(id))});
    expect(parse(rig.read(rig.planFile(id))).id).toBe(id);
  }
  expect(await rig.milestone('validate')).toMatchObject({exitCode: 0});
});

test.concurrent('a bad id, a taken one and a place without a home are refused, and nothing is written', async () => {
  await using rig = await MilestoneRig.create();
  expect((await rig.milestone('new', 'a', '--json')).json().error).toMatchObject({code: 'NO_HOME'});
  await rig.writeMilestone('taken', [{id: 'a', run: 'true'}]);
  for (const id of ['../up', '.hidden', 'a b', 'a..b', 'x.lock', 'a'.repeat(65), ''])
    expect(await rig.milestone('new', id), id).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('cannot be the id'),
    });
  const before = rig.read(rig.planFile('taken'));
  const again = await rig.milestone('new', 'taken', '--json');
  expect(again.exitCode).toBe(3);
  expect(again.json().error).toMatchObject({code: 'FILE_EXISTS', where: {file: rig.path(rig.planFile('taken'))}});
  expect(await rig.milestone('new', 'Taken')).toMatchObject({exitCode: 3});
  expect(rig.read(rig.planFile('taken'))).toBe(before);
  await rig.milestone('execute', 'taken');
  expect(await rig.milestone('new', 'taken')).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining('completed/taken.yaml'),
  });
});

test.concurrent('a disk that is full leaves no part of a plan behind', async () => {
  await using rig = await MilestoneRig.create({git: false});
  await rig.milestone('init');
  for (let at = 1; ; at++) {
    const id = `plan-${at}`;
    const full = {
      NODE_OPTIONS: `--require ${FAULT}`,
      FAULT_AT: String(at),
      FAULT_KIND: 'fail:ENOSPC',
      FAULT_STICKY: '1',
    };
    const {exitCode} = await rig.milestone('new', id, {env: full});
    expect([id, fs.existsSync(rig.path(rig.planFile(id)))]).toEqual([id, exitCode === 0]);
    if (exitCode === 0) break;
  }
  // The home was there; what fails is to make the file, and to write it.
  expect(fs.existsSync(rig.path(rig.planFile('plan-2')))).toBe(false);
});
