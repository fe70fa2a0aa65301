import {expect} from 'vitest';
import {stringify} from 'yaml';
import {test} from './with-postgres.ts';
import {WorkersRig} from './workers-rig.ts';

test('jobs go to the first of the pools that somebody serves, and to no other one', async () => {
  await using workers = await WorkersRig.create();
  const {rig} = workers;
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is filled in by the program
  const config = {connect: '${MILESTONE_WORKERS_URL}', queues: ['spare', 'fast']};
  rig.write('.milestones/config.yaml', stringify({workers: config}));
  await rig.writeMilestone('m', [{id: 'a', run: 'echo a > a', where: 'any'}]);
  workers.worker();
  const run = workers.milestone('execute', 'm');
  const blocker = await rig.waitForEvent('m', 'blocker_detected');
  expect(blocker.details).toMatchObject({type: 'no_worker', message: 'there is no worker in `spare` or `fast`'});
  workers.worker('--queue', 'other', '--queue', 'fast');
  expect((await run).exitCode).toBe(0);
  const sent = rig.events('m').find(({event}) => event === 'attempt_dispatched');
  expect(sent?.details).toMatchObject({queue: 'milestone/pool/fast/any'});
  const {workers: listed} = (await workers.milestone('workers', '--json')).json();
  expect(listed.map(({queues}: {queues: string[]}) => queues)).toEqual(
    expect.arrayContaining([['default'], ['other', 'fast']]),
  );
});

test.each([
  [[], 'workers.queues'],
  [['no good'], 'must be the name'],
])('pools that are none are an error: %j', async (queues, said) => {
  await using workers = await WorkersRig.create();
  const {rig} = workers;
  rig.write('.milestones/config.yaml', stringify({workers: {connect: 'postgres://x/y', queues}}));
  await rig.writeMilestone('m', [{id: 'a', run: 'true', where: 'any'}]);
  const ended = await workers.milestone('execute', 'm');
  expect(ended.exitCode).toBe(2);
  expect(ended.stderr).toContain(said);
});
