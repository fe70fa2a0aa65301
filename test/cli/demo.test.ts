// `milestone demo`: the example of this package, carried out in a repository of its own.

import fs from 'node:fs';
import {expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';

test('the example is carried out in a new repository, which stays; with `--json` the events are the answer', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const temporary = rig.path('temporary');
  fs.mkdirSync(temporary);
  const {exitCode, stdout, stderr} = await rig.milestone('demo', '--json', {env: {TMPDIR: temporary}});
  expect(exitCode).toBe(0);
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line));
  expect(lines.at(-1)).toEqual({ok: true, exit: 0});
  expect(lines.map(({event}) => event)).toContain('milestone_completed');
  const [folder = ''] = fs.readdirSync(temporary).filter(name => name.startsWith('milestone-demo-'));
  expect(stderr).toContain(folder);
  expect(rig.git('-C', `${temporary}/${folder}`, 'branch', '--list', 'milestone/*')).toContain('milestone/');
});
