import fs from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {claude} from '../rig/agent-scripts.ts';
import {FakeAgents} from '../rig/fake-agents.ts';
import {anHourPassesWith} from '../rig/leap.ts';
import {MilestoneRig} from '../rig/milestone-rig.ts';

const done = (summary: string, more: object = {}) =>
  claude.done({status: 'done', summary, assumptions: [], question: null, ...more});

test.concurrent('prose becomes a checked commit; a red check goes back into the same conversation with its output', async () => {
  await using rig = await MilestoneRig.create();
  const agents = FakeAgents.into(rig, 'claude');
  agents.script('claude', 'login.1', [claude.init, {write: {'login.txt': 'wrong\n'}}, done('Wrote the login.')]);
  agents.script('claude', 'login.2', [
    claude.init,
    {write: {'login.txt': 'right\n'}},
    done('Mended the login.', {assumptions: ['cookies are fine']}),
  ]);
  await rig.writeMilestone('m', [
    {
      id: 'login',
      title: 'POST /login',
      description: 'Returns a session cookie.',
      acceptance_criteria: ['wrong password gives 401'],
      verify: 'grep right login.txt || { echo "expected right, found $(cat login.txt)"; exit 1; }',
    },
  ]);

  expect(await rig.milestone('execute', 'm')).toMatchObject({exitCode: 0});
  const [first, second] = agents.runs('claude');
  expect(first?.stdin).toContain('Returns a session cookie.');
  expect(first?.stdin).toContain('wrong password gives 401');
  expect(second?.stdin).toContain('expected right, found wrong');
  expect(second?.conversation).toBe(first?.conversation);
  expect(second?.argv).toContain('--resume');
  expect(rig.git('show', 'milestone/m:login.txt')).toBe('right');
  const message = rig.git('log', '-1', '--format=%B', 'milestone/m');
  expect(message).toContain('Mended the login.');
  expect(message).toContain('- cookies are fine');
  expect(rig.git('rev-list', '--count', 'main..milestone/m')).toBe('1');
  const [working] = rig.events('m').filter(event => event.event === 'task_working');
  expect(working?.details.pid).toBe(first?.pid);
});

test.concurrent('a claim without a change is not believed', async () => {
  await using rig = await MilestoneRig.create();
  const agents = FakeAgents.into(rig, 'claude');
  agents.script('claude', 'default', [claude.init, done('All done, all tests pass.')]);
  await rig.writeMilestone('m', [{id: 'a', retries: 0}]);
  expect(await rig.milestone('execute', 'm')).toMatchObject({
    exitCode: 4,
    stderr: expect.stringContaining('task `a` changed nothing'),
  });
  expect((await rig.status('m')).blockers).toMatchObject([{type: 'test_failures', task_id: 'a'}]);
});

test.concurrent('a question waits for an answer, which the next attempt gets in the same conversation', async () => {
  await using rig = await MilestoneRig.create();
  const agents = FakeAgents.into(rig, 'claude');
  const question = {status: 'blocked' as const, question: 'Tabs or spaces?'};
  agents.script('claude', 'a.1', [claude.init, {write: {'half.txt': 'x'}}, done('Stuck.', question)]);
  agents.script('claude', 'a.2', [claude.init, {write: {'a.txt': 'spaces'}}, done('Done.')]);
  await rig.writeMilestone('m', [{id: 'a'}, {id: 'b', run: 'touch b.txt'}]);

  expect(await rig.milestone('execute', 'm')).toMatchObject({exitCode: 6, stderr: expect.stringContaining('Tabs or')});
  expect(rig.git('show', 'milestone/m:b.txt')).toBe('');
  expect((await rig.status('m')).blockers).toMatchObject([{type: 'question', message: 'Tabs or spaces?'}]);
  expect(await rig.milestone('answer', '--yes', 'm', 'a', 'Spaces,', 'please.')).toMatchObject({exitCode: 0});
  expect(await rig.milestone('resume', 'm')).toMatchObject({exitCode: 0});

  const [first, second] = agents.runs('claude');
  expect(second?.stdin).toContain('Spaces, please.');
  expect(second?.conversation).toBe(first?.conversation);
  // Its own work was laid into its slot again.
  expect(rig.git('show', 'milestone/m:half.txt')).toBe('x');
});

test.concurrent('a quota pauses the driver: shell tasks go on, exit 8 says when to come back, and a resume goes on', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const agents = FakeAgents.into(rig, 'claude');
  const reset = new Date(Date.now() + 3_600_000).toISOString();
  agents.script('claude', 1, [
    claude.init,
    ...claude.refused('rate_limit', 429, `Usage limit reached, resets at ${reset}`),
  ]);
  agents.script('claude', 'default', [claude.init, {run: 'date +%N > "$MILESTONE_TASK.txt"'}, done('Done.')]);
  await rig.writeMilestone('m', [{id: 'a'}, {id: 'b'}, {id: 'c', run: 'touch c.txt'}], {settings: {max_parallel: 1}});

  const {exitCode, stderr} = await rig.milestone('execute', 'm');
  expect(exitCode).toBe(8);
  expect(stderr).toContain(reset.slice(0, 16));
  expect(agents.runs('claude')).toHaveLength(1);
  const status = await rig.status('m');
  expect(status).toMatchObject({status: 'paused', paused_until: expect.stringContaining(reset.slice(0, 16))});
  expect(status.tasks.map((task: {status: string}) => task.status)).toEqual(['pending', 'pending', 'completed']);
  const paused = rig.events('m').filter(event => event.event === 'driver_paused');
  expect(paused).toHaveLength(1);

  expect(await rig.milestone('resume', 'm')).toMatchObject({exitCode: 0});
  expect(rig.events('m').filter(event => event.event === 'driver_resumed')).toHaveLength(1);
});

test.concurrent('with --wait the execution sleeps until the quota is back', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const agents = FakeAgents.into(rig, 'claude');
  const reset = new Date(Date.now() + 3_000_000).toISOString();
  agents.script('claude', 1, [
    claude.init,
    ...claude.refused('rate_limit', 429, `Usage limit reached, resets at ${reset}`),
  ]);
  agents.script('claude', 'default', [claude.init, {write: {'a.txt': 'a'}}, done('Done.')]);
  await rig.writeMilestone('m', [{id: 'a'}]);
  const back = path.join(rig.root, 'back');
  const execution = rig.milestone('execute', 'm', '--wait', {env: anHourPassesWith(back)});
  await rig.waitForEvent('m', 'driver_paused');
  fs.writeFileSync(back, '');
  expect(await execution).toMatchObject({exitCode: 0});
  expect(rig.events('m').map(event => event.event)).toContain('driver_resumed');
});

test.concurrent('two failures to log in stop the driver and name the command that logs in', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const agents = FakeAgents.into(rig, 'claude');
  agents.script('claude', 'default', [claude.init, ...claude.refused('authentication_failed', 401, 'Not logged in')]);
  await rig.writeMilestone('m', [{id: 'a'}, {id: 'b'}, {id: 'c'}], {settings: {max_parallel: 1}});
  const ended = await rig.milestone('execute', 'm');
  expect(ended).toMatchObject({exitCode: 4, stderr: expect.stringMatching(/log ?in/i)});
  expect(agents.runs('claude')).toHaveLength(2);
  expect(rig.events('m').filter(event => event.event === 'driver_paused')).toMatchObject([{details: {reason: 'auth'}}]);
});

test.concurrent('a budget is reserved, settled with what was reported, and stops what comes after it with exit 7', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const agents = FakeAgents.into(rig, 'claude');
  agents.script('claude', 'default', [
    claude.init,
    {run: 'echo x > "$MILESTONE_TASK.txt"'},
    {print: {...(done('Done.') as {print: object}).print, total_cost_usd: 0.6}},
  ]);
  await rig.writeMilestone('m', [{id: 'a'}, {id: 'b'}, {id: 'c'}], {settings: {max_parallel: 1, budget: {usd: 1}}});
  expect(await rig.milestone('execute', 'm')).toMatchObject({exitCode: 7, stderr: expect.stringContaining('budget')});
  const reserved = rig.events('m').flatMap(event => (event.event === 'budget_reserved' ? event.details.amount : []));
  expect(reserved[0]).toMatchObject({usd: 1});
  expect(reserved[1]?.usd).toBeCloseTo(0.4);
  expect(agents.runs('claude')).toHaveLength(2);
  expect(agents.runs('claude')[0]?.argv.join(' ')).toContain('--max-budget-usd 1');
  expect((await rig.status('m')).budget).toMatchObject({limit: {usd: 1}, used: {usd: 1.2}});
});

test.concurrent('a red baseline stops before any agent costs anything', async () => {
  await using rig = await MilestoneRig.create();
  const agents = FakeAgents.into(rig, 'claude');
  await rig.writeMilestone('m', [{id: 'a'}], {settings: {verify: 'test -f missing.txt'}});
  expect(await rig.milestone('execute', 'm')).toMatchObject({
    exitCode: 4,
    stderr: expect.stringContaining('red before anything was changed'),
  });
  expect(agents.runs('claude')).toEqual([]);
  expect((await rig.status('m')).blockers).toMatchObject([{type: 'baseline_red'}]);
});

test.concurrent('an attempt that was killed with its executor is taken up again: its work and its conversation', async () => {
  await using rig = await MilestoneRig.create();
  const agents = FakeAgents.into(rig, 'claude');
  agents.script('claude', 'a.1', [claude.init, {write: {'half.txt': 'half'}}, claude.says('half way'), {hold: true}]);
  agents.script('claude', 'a.2', [claude.init, {write: {'rest.txt': 'rest'}}, done('Done.')]);
  await rig.writeMilestone('m', [{id: 'a'}]);
  const execution = rig.milestone('execute', 'm');
  const first = await agents.run('claude');
  await rig.waitForEvent('m', 'task_working');
  await rig.start(
    'sh',
    '-c',
    'until [ -s .milestones/logs/m/a.1.log ] && grep -q "half way" .milestones/logs/m/a.1.log; do :; done',
  );
  execution.kill('SIGKILL');
  await execution;

  expect(await rig.milestone('resume', 'm')).toMatchObject({exitCode: 0});
  const second = agents.runs('claude')[1];
  expect(second?.conversation).toBe(first.conversation);
  expect(rig.git('show', 'milestone/m:half.txt')).toBe('half');
  expect(rig.git('show', 'milestone/m:rest.txt')).toBe('rest');
  await rig.untilNoProcessLeft();
});

test.concurrent('a reviewer with fresh eyes can reject; its findings reach the next attempt, its changes nobody', async () => {
  await using rig = await MilestoneRig.create();
  const agents = FakeAgents.into(rig, 'claude', 'codex');
  agents.script('claude', 1, [claude.init, {write: {'a.txt': 'v1'}}, done('First.')]);
  const verdict = (answer: object) => ({print: {...(done('x') as {print: object}).print, structured_output: answer}});
  agents.script('claude', 2, [
    claude.init,
    {write: {'sneaky.txt': 'mine'}},
    verdict({verdict: 'reject', findings: [{message: 'no test for empty input'}]}),
  ]);
  agents.script('claude', 3, [claude.init, {write: {'a.txt': 'v2'}}, done('Second.')]);
  agents.script('claude', 4, [claude.init, verdict({verdict: 'approve', findings: []})]);
  await rig.writeMilestone('m', [{id: 'a', driver: 'claude', review: {driver: 'claude', prompt: 'Be strict.'}}]);
  expect(await rig.milestone('execute', 'm')).toMatchObject({exitCode: 0});
  const runs = agents.runs('claude');
  expect(runs[1]?.stdin).toContain('Be strict.');
  expect(runs[1]?.stdin).toContain('+v1');
  expect(runs[1]?.conversation).not.toBe(runs[0]?.conversation);
  expect(runs[2]?.stdin).toContain('no test for empty input');
  expect(rig.git('ls-tree', '-r', '--name-only', 'milestone/m').split('\n')).toEqual(['README', 'a.txt']);
});
