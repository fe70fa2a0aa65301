import fs from 'node:fs';
import {fileURLToPath} from 'node:url';
import {expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';

const EXAMPLE = fileURLToPath(new URL('../../.milestones.example', import.meta.url));

async function exampleRig(): Promise<MilestoneRig> {
  const rig = await MilestoneRig.create();
  fs.cpSync(EXAMPLE, rig.path('.milestones'), {recursive: true});
  return rig;
}

test('the example is a valid plan', async () => {
  await using rig = await exampleRig();
  expect(await rig.milestone('validate', '--json')).toMatchObject({exitCode: 0});
});

test('the example builds its site, with one check that fails first and passes on the retry', async () => {
  await using rig = await exampleRig();
  expect(await rig.milestone('execute', 'hello-site')).toMatchObject({exitCode: 0});

  const events = rig.events('hello-site');
  const ends = events.flatMap(event => (event.event === 'attempt_ended' ? [event.details] : []));
  expect(ends).toMatchObject([{task_id: 'content', attempt: 1, outcome: {kind: 'failed', cause: 'check'}}]);
  expect(events.filter(({event}) => event === 'task_completed')).toHaveLength(7);
  expect(rig.git('show', 'milestone/hello-site:site/about.html')).toContain('<title>About</title>');
});
