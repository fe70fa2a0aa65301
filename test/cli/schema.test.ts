// `milestone schema`: for editors.

import {expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';

test.concurrent('the schema of a plan, or of config.yaml, on standard output', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const plan = (await rig.milestone('schema')).json();
  expect(plan).toMatchObject({
    $schema: expect.stringContaining('json-schema.org'),
    properties: {tasks: {type: 'array'}},
  });
  const config = (await rig.milestone('schema', 'config')).json();
  expect(config).toMatchObject({properties: {settings: {type: 'object'}}});
  expect((await rig.milestone('schema', 'config', '--json')).json()).toEqual({ok: true, schema: config});
  expect(await rig.milestone('schema', 'milestones')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('did you mean `milestone`?'),
  });
});
