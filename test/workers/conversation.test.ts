// A conversation of an agent lives at the worker at which it was begun.

import {expect} from 'vitest';
import {claude, works} from '../rig/agent-scripts.ts';
import {FakeAgents, type Step} from '../rig/fake-agents.ts';
import type {MilestoneRig} from '../rig/milestone-rig.ts';
import {test} from './with-postgres.ts';
import {WorkersRig} from './workers-rig.ts';

/** Leaves a file, then does `last`. */
function begins(...last: Step[]): Step[] {
  return [works('claude', {})[0] as Step, {write: {'half.txt': 'half'}}, ...last];
}

function dispatched(rig: MilestoneRig) {
  return rig.events('m').flatMap(event => (event.event === 'attempt_dispatched' ? event.details : []));
}

test('an agent that is tried again goes on where its conversation is, in the same folder', async () => {
  await using workers = await WorkersRig.create();
  const {rig} = workers;
  const agents = FakeAgents.into(rig, 'claude');
  const gate = await rig.command('gate');
  agents.script('claude', 'a.1', begins({run: gate.shell}, ...claude.refused('unknown', 500, 'It broke.')));
  agents.script('claude', 'a.2', works('claude', {'rest.txt': 'rest'}));
  await rig.writeMilestone('m', [{id: 'a', driver: 'claude', description: 'All of it.', where: 'any'}]);
  const here = workers.worker('--slots', '2');
  const run = workers.milestone('execute', 'm');
  const held = await gate.nextRun();
  const there = workers.worker('--slots', '2');
  await rig.waitForEvent('m', 'task_working');
  await held.exit(0);
  expect((await run).exitCode).toBe(0);
  const [first, second] = agents.runs('claude');
  expect(second?.conversation).toBe(first?.conversation);
  expect(second?.cwd).toBe(first?.cwd);
  expect(second?.stdin).toContain('What that attempt changed lies in the folder');
  expect(rig.git('show', 'milestone/m:half.txt')).toBe('half');
  const [one, two] = dispatched(rig);
  expect(one?.queue).toBe('milestone/any');
  expect(two).toMatchObject({queue: expect.stringMatching(/^milestone\/worker\//), lives_at: {folder: first?.cwd}});
  // The queue of a worker that has gone goes when nothing is left in it.
  const queues = () => workers.ask("select name from milestone.queue where name like 'milestone/worker/%'");
  expect(queues()).toBe(two?.queue);
  for (const worker of [here, there]) {
    worker.kill('SIGTERM');
    await worker;
  }
  workers.ask("delete from milestone.job where name like 'milestone/worker/%'");
  await workers.worker().line('waits for work');
  expect(queues()).toBe('');
});

test('when that worker has gone, it begins a new one at another, with a summary', async () => {
  await using workers = await WorkersRig.create();
  const {rig} = workers;
  const agents = FakeAgents.into(rig, 'claude');
  const gate = await rig.command('gate');
  agents.script('claude', 'a.1', begins({run: gate.shell}));
  agents.script('claude', 'default', works('claude', {'rest.txt': 'rest'}));
  await rig.writeMilestone('m', [{id: 'a', driver: 'claude', description: 'All of it.', where: 'any', retries: 0}]);
  const worker = workers.worker();
  const run = workers.milestone('execute', 'm');
  await gate.nextRun();
  await rig.waitForEvent('m', 'task_working');
  process.kill(worker.pid, 'SIGTERM');
  await worker;
  workers.worker();
  expect((await run).exitCode).toBe(0);
  const [first, ...others] = agents.runs('claude');
  expect(others).toHaveLength(1);
  expect(others[0]?.conversation).not.toBe(first?.conversation);
  expect(others[0]?.cwd).not.toBe(first?.cwd);
  expect(others[0]?.stdin).toContain('All of it.');
  expect(rig.git('show', 'milestone/m:half.txt')).toBe('half');
  expect(rig.events('m').map(({event}) => event)).not.toContain('task_failed');
});
