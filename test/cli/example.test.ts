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

test('the examples are valid plans', async () => {
  await using rig = await exampleRig();
  const {exitCode, json} = await rig.milestone('validate', '--json');
  expect(exitCode).toBe(0);
  const results: Array<{id: string | null; problems: unknown[]}> = json().results;
  expect(results.map(({id}) => id)).toEqual(expect.arrayContaining(['hello-site', 'word-count']));
  expect(results.flatMap(({problems}) => problems)).toEqual([]);
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

test('the example with phases waits at its gate, goes back for a rejection, and ends with its approval', async () => {
  await using rig = await exampleRig();
  const [design, results] = ['design/architecture.md', 'execute/test-results.md'].map(
    name => `.milestones/deliverables/word-count/counter/${name}`,
  ) as [string, string];
  expect(await rig.milestone('execute', 'word-count')).toMatchObject({exitCode: 6});
  expect((await rig.milestone('approvals')).stdout).toContain('criterion: it says what a word is');
  expect(rig.read(design)).not.toContain('white space');

  const why = 'Say what a word is: what stands between white space.';
  expect(await rig.milestone('reject', '--yes', 'counter', '-m', why)).toMatchObject({exitCode: 0});
  expect(await rig.milestone('resume')).toMatchObject({exitCode: 6});
  expect(rig.read(design)).toContain(why);

  expect(await rig.milestone('approve', '--yes', 'counter')).toMatchObject({exitCode: 0});
  expect(await rig.milestone('resume')).toMatchObject({exitCode: 0});
  expect(rig.read(results)).toContain('The check passed.');
  expect(rig.read(results)).toMatch(/counts, as the output has them: . tests 3/);
  expect(rig.git('ls-tree', '--name-only', 'milestone/word-count').split('\n')).toContain('count.mjs');
});
