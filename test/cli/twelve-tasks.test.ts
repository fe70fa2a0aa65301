import fs from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {claude, codex, works} from '../rig/agent-scripts.ts';
import {FakeAgents} from '../rig/fake-agents.ts';
import {MilestoneRig, type TaskText} from '../rig/milestone-rig.ts';
import {waitForFile} from '../rig/wait-for-file.ts';
import {eventsOf, fileAt, outcomes, tasksIn} from './support.ts';

const RESET_MS = 2_000;

const TASKS: TaskText[] = [
  {id: 'setup', run: 'mkdir src; echo base > src/base.txt'},
  {id: 'schema', driver: 'claude', dependencies: ['setup']},
  {
    id: 'login',
    driver: 'claude',
    dependencies: ['schema'],
    verify: 'grep right login.txt || { echo "found $(cat login.txt)"; exit 1; }',
  },
  {id: 'logout', driver: 'codex', dependencies: ['schema']},
  {id: 'docs', driver: 'script', dependencies: ['setup']},
  {id: 'style', driver: 'claude', dependencies: ['setup']},
  {id: 'format', driver: 'codex', dependencies: ['style']},
  {id: 'slow', driver: 'codex', dependencies: ['setup']},
  {id: 'api', driver: 'claude', dependencies: ['login', 'logout', 'slow']},
  {id: 'client', driver: 'codex', dependencies: ['api']},
  {id: 'notes', driver: 'script', dependencies: ['docs', 'slow']},
  {id: 'release', run: 'ls > release.txt', dependencies: ['client', 'format', 'notes']},
];

function scriptAgents(rig: MilestoneRig): FakeAgents {
  const agents = FakeAgents.into(rig, 'claude', 'codex');
  for (const id of ['schema', 'login', 'style', 'api'])
    agents.script('claude', id, works('claude', {[`${id}.txt`]: 'right'}));
  for (const id of ['logout', 'format', 'slow', 'client'])
    agents.script('codex', id, works('codex', {[`${id}.txt`]: id}));
  agents.script('claude', 'login.1', works('claude', {'login.txt': 'wrong'}));
  agents.script('claude', 'style.1', [
    claude.init,
    claude.done({status: 'blocked', summary: 'Cannot know.', assumptions: [], question: 'Tabs or spaces?'}),
  ]);
  const soon = `Usage limit reached. Try again in ${RESET_MS / 1000} seconds.`;
  agents.script('claude', 'api.1', [claude.init, ...claude.refused('rate_limit', 429, soon)]);
  agents.script('codex', 'slow.1', [
    codex.begin,
    {write: {'half.txt': 'half'}},
    {run: ': > "$HOME/slow"'},
    {hold: true},
  ]);
  const answered = path.join(rig.env.HOME as string, 'answered');
  agents.script('codex', 'slow.2', [codex.begin, {waitFor: answered}, {write: {'slow.txt': 'slow'}}, ...codex.done()]);
  return agents;
}

test('twelve tasks, three agents and the shell: through a red check, a question, a quota and a kill to the end', async () => {
  await using rig = await MilestoneRig.create();
  const home = rig.env.HOME as string;
  const script =
    'cat > "$HOME/prompt-$MILESTONE_TASK"; echo "$MILESTONE_TASK" >> "$HOME/script-runs"; date > "$MILESTONE_TASK.txt"';
  rig.write('.milestones/config.yaml', `drivers:\n  script:\n    command: '${script}'\n`);
  const agents = scriptAgents(rig);
  await rig.writeMilestone('shop', TASKS, {settings: {max_parallel: 4, verify: 'test -f README'}});

  const first = rig.milestone('execute', 'shop', '--wait');
  await waitForFile(path.join(home, 'slow'));
  await rig.waitForEvent(
    'shop',
    ({event, details}) => event === 'task_completed' && 'task_id' in details && details.task_id === 'login',
  );
  await rig.waitForEvent('shop', 'blocker_detected');
  first.kill('SIGKILL');
  await first;
  const completed = tasksIn(rig, 'shop', 'task_completed');
  expect(completed).toEqual(expect.arrayContaining(['setup', 'schema', 'login']));

  const second = rig.milestone('resume', 'shop', '--wait');
  await rig.waitForEvent('shop', 'session_resumed');
  expect(await rig.milestone('answer', '--yes', 'shop', 'style', 'Spaces.')).toMatchObject({exitCode: 0});
  rig.write(path.join(home, 'answered'), '');
  expect(await second).toMatchObject({exitCode: 0});

  expect((await rig.status('shop')).status).toBe('completed');
  const ids = TASKS.map(({id}) => id).sort();
  const trailers = rig.git('log', '--format=%(trailers:key=Task,valueonly,separator=)', 'main..milestone/shop');
  expect(trailers.split('\n').sort()).toEqual(ids);
  expect(tasksIn(rig, 'shop', 'task_completed').sort()).toEqual(ids);
  const resumedAt = eventsOf(rig, 'shop', 'session_started')[1]?.seq as number;
  const startedAgain = eventsOf(rig, 'shop', 'task_started').filter(({seq}) => seq > resumedAt);
  expect(startedAgain.map(({details}) => details.task_id).filter(id => completed.includes(id))).toEqual([]);
  expect(rig.processesLeft()).toEqual([]);

  expect(
    outcomes(rig, 'shop')
      .map(({kind}) => kind)
      .sort(),
  ).toEqual(['failed', 'interrupted', 'question', 'quota']);
  const runsOf = (name: 'claude' | 'codex', id: string) =>
    agents.runs(name).filter(({env}) => env.MILESTONE_TASK === id);
  expect(runsOf('claude', 'login').map(({stdin}) => stdin?.includes('found wrong'))).toEqual([false, true]);
  expect(runsOf('claude', 'style').map(({stdin}) => stdin?.includes('Spaces.'))).toEqual([false, true]);
  for (const [name, id] of [
    ['claude', 'login'],
    ['claude', 'style'],
    ['claude', 'api'],
    ['codex', 'slow'],
  ] as const) {
    const [one, two, ...more] = runsOf(name, id);
    expect(two?.conversation).toBe(one?.conversation);
    expect(more).toEqual([]);
  }
  expect(fileAt(rig, 'milestone/shop', 'half.txt')).toBe('half');
  const [paused, ...others] = eventsOf(rig, 'shop', 'driver_paused');
  expect(others).toEqual([]);
  expect(paused?.details).toMatchObject({driver: 'claude', reason: 'quota'});
  const [resumed] = eventsOf(rig, 'shop', 'driver_resumed');
  expect(Date.parse(resumed?.timestamp as string)).toBeGreaterThanOrEqual(
    Date.parse(paused?.details.resets_at as string),
  );
  expect(fs.readFileSync(path.join(home, 'script-runs'), 'utf8').split('\n')).toEqual(['docs', 'notes', '']);
  expect(fs.readFileSync(path.join(home, 'prompt-notes'), 'utf8')).toContain('docs');
});
