import path from 'node:path';
import {expect, test} from 'vitest';
import {claude, works} from '../rig/agent-scripts.ts';
import {type AgentName, FakeAgents, type Step} from '../rig/fake-agents.ts';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {waitForFile} from '../rig/wait-for-file.ts';
import {eventsOf, fileAt, filesAt, outcomes} from './support.ts';

const AGENTS = ['claude', 'codex', 'opencode'] as const;

/** Leaves `files`, then works until it is ended. */
function worksOn(name: AgentName, files: Record<string, string>): Step[] {
  const [begin] = works(name, {});
  return [begin as Step, {write: files}, {run: ': > "$HOME/$MILESTONE_TASK.$MILESTONE_ATTEMPT"'}, {hold: true}];
}

function isAtWork(rig: MilestoneRig, attempt: string): Promise<void> {
  return waitForFile(path.join(rig.env.HOME as string, attempt));
}

test.concurrent('the conversation of each agent is on record, and what a Ctrl-C broke off is taken up in it', async () => {
  await using rig = await MilestoneRig.create();
  const agents = FakeAgents.into(rig, ...AGENTS);
  for (const name of AGENTS) {
    agents.script(name, `${name}.1`, worksOn(name, {[`half.${name}`]: 'half'}));
    agents.script(name, `${name}.2`, works(name, {[`rest.${name}`]: 'rest'}));
  }
  const tasks = AGENTS.map(name => ({id: name, driver: name, description: 'All of it.'}));
  await rig.writeMilestone('m', tasks, {settings: {max_parallel: AGENTS.length}});
  const execution = rig.milestone('execute', 'm');
  for (const name of AGENTS) await isAtWork(rig, `${name}.1`);
  const said = () =>
    eventsOf(rig, 'm', 'task_conversation').map(({details}) => [details.task_id, details.conversation]);
  // Claude is told at the start which one it is.
  await rig.waitForEvent('m', () => said().length === AGENTS.length - 1);
  execution.kill('SIGINT');
  expect(await execution).toMatchObject({exitCode: 130});
  expect(rig.processesLeft()).toEqual([]);

  const startedOf = (name: string) =>
    eventsOf(rig, 'm', 'task_started').flatMap(({details}) => (details.task_id === name ? [details] : []));
  for (const name of AGENTS) {
    const [first] = agents.runs(name);
    if (name === 'claude') expect(startedOf(name)[0]?.conversation).toBe(first?.conversation);
    else expect(said()).toContainEqual([name, first?.conversation]);
  }
  expect(outcomes(rig, 'm')).toMatchObject(AGENTS.map(() => ({kind: 'interrupted', executor_died: false})));

  expect(await rig.milestone('resume', 'm')).toMatchObject({exitCode: 0});
  for (const name of AGENTS) {
    const [first, second] = agents.runs(name);
    expect(second?.conversation).toBe(first?.conversation);
    expect(second?.stdin).toContain('What that attempt changed lies in the folder');
    expect(startedOf(name)[1]).toMatchObject({attempt: 2, continues: 1});
  }
  const files = AGENTS.flatMap(name => [`half.${name}`, `rest.${name}`]);
  expect(filesAt(rig, 'milestone/m')).toEqual(['README', ...files].sort());
});

/** An execution that is ended while the agent works on `a` beside a shell task: in slot 1. */
async function interruptedInSlot1(rig: MilestoneRig, agents: FakeAgents, name: AgentName): Promise<void> {
  agents.script(name, 'a.1', worksOn(name, {'half.txt': 'half'}));
  agents.script(name, 'a.2', works(name, {'rest.txt': 'rest'}));
  const hold = await rig.command('hold');
  const first = [
    {id: 'z', run: hold.shell},
    {id: 'y', run: 'true', dependencies: ['z']},
  ];
  await rig.writeMilestone('m', [...first, {id: 'a', driver: name}], {settings: {max_parallel: 2}});
  const execution = rig.milestone('execute', 'm');
  await hold.nextRun();
  await isAtWork(rig, 'a.1');
  if (name !== 'claude') await rig.waitForEvent('m', 'task_conversation');
  execution.kill('SIGINT');
  expect(await execution).toMatchObject({exitCode: 130});
}

function slotsOf(rig: MilestoneRig, task: string) {
  return eventsOf(rig, 'm', 'task_started').flatMap(({details}) => (details.task_id === task ? [details.slot] : []));
}

test.concurrent('who goes on with a conversation gets the slot back in which it was begun, also when a lower one is free', async () => {
  await using rig = await MilestoneRig.create();
  const agents = FakeAgents.into(rig, 'opencode');
  await interruptedInSlot1(rig, agents, 'opencode');
  await rig.milestone('resume', 'm', '--only', 'a');
  expect(slotsOf(rig, 'a')).toEqual([1, 1]);
  const [first, second] = agents.runs('opencode');
  expect(second?.conversation).toBe(first?.conversation);
  expect(second?.stdin).not.toContain('are void');
});

test.concurrent.each(['claude', 'opencode'] as const)(
  '%s: in another slot a conversation that is bound to the first does not go on, any other is told',
  async name => {
    await using rig = await MilestoneRig.create();
    const agents = FakeAgents.into(rig, name);
    await interruptedInSlot1(rig, agents, name);
    await rig.milestone('resume', 'm', '--only', 'a', '--max-parallel', '1');
    expect(slotsOf(rig, 'a')).toEqual([1, 0]);
    const [first, second] = agents.runs(name);
    const goesOn = name !== 'opencode';
    expect(second?.conversation === first?.conversation).toBe(goesOn);
    expect(second?.stdin?.includes(`are void`)).toBe(goesOn);
    expect(filesAt(rig, 'milestone/m')).toContain('half.txt');
  },
);

test.concurrent('`pause --now` leaves work and conversation to the next attempt, which is no retry', async () => {
  await using rig = await MilestoneRig.create();
  const agents = FakeAgents.into(rig, 'claude');
  agents.script('claude', 'a.1', worksOn('claude', {'half.txt': 'half'}));
  agents.script('claude', 'a.2', works('claude', {'rest.txt': 'rest'}));
  await rig.writeMilestone('m', [{id: 'a', retries: 0}]);
  const execution = rig.milestone('execute', 'm');
  await isAtWork(rig, 'a.1');
  expect(await rig.milestone('pause', 'm', '--now')).toMatchObject({exitCode: 0});
  expect(await execution).toMatchObject({exitCode: 6});
  expect(rig.git('show', 'refs/milestone/rescue/m/a.1:half.txt')).toBe('half');
  expect(await rig.milestone('resume', 'm')).toMatchObject({exitCode: 0});
  const [first, second] = agents.runs('claude');
  expect(second?.conversation).toBe(first?.conversation);
  expect(filesAt(rig, 'milestone/m')).toContain('half.txt');
});

test.concurrent('the last retry is a fresh conversation, which is told what was tried; then the task has failed with all kept', async () => {
  await using rig = await MilestoneRig.create();
  const agents = FakeAgents.into(rig, 'claude');
  for (const attempt of [1, 2, 3])
    agents.script(
      'claude',
      `a.${attempt}`,
      works('claude', {'a.txt': `try ${attempt}`}, {status: 'done', summary: `Tried ${attempt}.`}),
    );
  await rig.writeMilestone('m', [
    {id: 'a', description: 'Write it well.', verify: 'echo "found $(cat a.txt)"; exit 1', retries: 2},
  ]);
  expect(await rig.milestone('execute', 'm')).toMatchObject({exitCode: 4});
  const [first, second, third, ...more] = agents.runs('claude');
  expect(more).toEqual([]);
  expect(second?.conversation).toBe(first?.conversation);
  expect(second?.stdin).toContain('found try 1');
  expect(third?.conversation).not.toBe(first?.conversation);
  expect(third?.argv).not.toContain('--resume');
  for (const said of ['What was tried before', 'Write it well.', 'Tried 2.', 'found try 2'])
    expect(third?.stdin).toContain(said);
  expect(eventsOf(rig, 'm', 'task_failed')).toMatchObject([{details: {task_id: 'a', cause: 'check'}}]);
  expect([1, 2, 3].map(attempt => fileAt(rig, `refs/milestone/rescue/m/a.${attempt}`, 'a.txt'))).toEqual([
    'try 1',
    'try 2',
    'try 3',
  ]);
});

test.concurrent('work outside its areas is left behind: a fresh conversation begins on the clean head', async () => {
  await using rig = await MilestoneRig.create();
  const agents = FakeAgents.into(rig, 'claude');
  agents.script('claude', 'a.1', works('claude', {'src/a.txt': 'a', 'elsewhere.txt': 'x'}));
  agents.script('claude', 'a.2', [claude.init, {run: 'ls > src.txt; mkdir -p src; mv src.txt src/'}, claude.done()]);
  await rig.writeMilestone('m', [{id: 'a', touches: ['src/**']}]);
  expect(await rig.milestone('execute', 'm')).toMatchObject({exitCode: 0});
  expect(outcomes(rig, 'm')).toMatchObject([
    {kind: 'failed', cause: 'out_of_area', message: expect.stringContaining('elsewhere.txt')},
  ]);
  const [first, second] = agents.runs('claude');
  expect(first?.stdin).toContain('src/**');
  expect(second?.conversation).not.toBe(first?.conversation);
  expect(second?.stdin).toContain('git diff refs/milestone/rescue/m/a.1~ refs/milestone/rescue/m/a.1');
  expect(second?.stdin).toContain('elsewhere.txt');
  expect(fileAt(rig, 'milestone/m', 'src/src.txt')).toBe('README\nsrc.txt');
});

test.concurrent('after a conflict a fresh conversation begins on the new head, with the ref of its own work', async () => {
  await using rig = await MilestoneRig.create();
  const agents = FakeAgents.into(rig, 'claude');
  const gate = path.join(rig.env.HOME as string, 'b-is-in');
  agents.script('claude', 'a.1', [claude.init, {write: {README: 'By a.\n'}}, {waitFor: gate}, claude.done()]);
  agents.script('claude', 'b', works('claude', {README: 'By b.\n'}));
  agents.script('claude', 'a.2', [claude.init, {run: 'echo "And by a." >> README'}, claude.done()]);
  await rig.writeMilestone('m', [{id: 'a'}, {id: 'b'}]);
  const execution = rig.milestone('execute', 'm');
  await rig.waitForEvent('m', 'task_completed');
  rig.write(gate, '');
  expect(await execution).toMatchObject({exitCode: 0});
  expect(outcomes(rig, 'm')).toMatchObject([{kind: 'conflict', files: ['README']}]);
  const first = agents.runs('claude').find(({env}) => env.MILESTONE_TASK === 'a');
  const second = agents.runs('claude').at(-1);
  expect(second?.conversation).not.toBe(first?.conversation);
  expect(second?.stdin).toContain('refs/milestone/rescue/m/a.1');
  expect(fileAt(rig, 'milestone/m', 'README')).toBe('By b.\nAnd by a.');
});

/** How each agent says that there is no such conversation. */
const UNKNOWN: Record<AgentName, Step[]> = {
  claude: [
    {
      print: {
        type: 'result',
        subtype: 'error_during_execution',
        is_error: true,
        errors: ['No conversation found with session ID: x'],
      },
    },
    {exit: 1},
  ],
  codex: [{stderr: 'Error: thread/resume failed: no rollout found for thread id x\n'}, {exit: 1}],
  opencode: [{stderr: 'Error: Session not found\n'}, {exit: 1}],
};

test.concurrent('where the conversation of an agent is gone a new one is told everything, in the same attempt', async () => {
  await using rig = await MilestoneRig.create();
  const agents = FakeAgents.into(rig, ...AGENTS);
  for (const name of AGENTS) {
    agents.script(name, 1, works(name, {[name]: 'wrong'}));
    agents.script(name, 2, UNKNOWN[name]);
    agents.script(name, 3, works(name, {[name]: 'right'}));
  }
  await rig.writeMilestone(
    'm',
    AGENTS.map(name => ({
      id: name,
      driver: name,
      description: 'Say what is right.',
      verify: `grep right ${name} || { echo "red: $(cat ${name})"; exit 1; }`,
    })),
  );
  expect(await rig.milestone('execute', 'm')).toMatchObject({exitCode: 0});
  const said = eventsOf(rig, 'm', 'task_conversation').map(({details}) => details);
  for (const name of AGENTS) {
    const [first, second, third] = agents.runs(name);
    expect(second?.conversation).toBe(first?.conversation);
    expect(second?.stdin).not.toContain('The task is part of the milestone');
    expect(third?.env.MILESTONE_ATTEMPT).toBe('2');
    for (const told of ['The task is part of the milestone', 'Say what is right.', 'red: wrong', 'Do not commit'])
      expect(third?.stdin).toContain(told);
    expect(said.findLast(({task_id}) => task_id === name)?.conversation).toBe(third?.conversation);
  }
});

test.concurrent('its own work is laid on the head that has moved meanwhile', async () => {
  await using rig = await MilestoneRig.create();
  const agents = FakeAgents.into(rig, 'claude');
  agents.script('claude', 'a.1', worksOn('claude', {'a.txt': 'a'}));
  agents.script('claude', 'a.2', [
    claude.init,
    {run: 'cat a.txt b.txt > both.txt; git status --short > seen.txt'},
    claude.done(),
  ]);
  await rig.writeMilestone('m', [{id: 'a'}, {id: 'b', run: 'printf b > b.txt'}]);
  const execution = rig.milestone('execute', 'm');
  await isAtWork(rig, 'a.1');
  await rig.waitForEvent('m', 'task_completed');
  execution.kill('SIGINT');
  await execution;
  expect(await rig.milestone('resume', 'm')).toMatchObject({exitCode: 0});
  expect(fileAt(rig, 'milestone/m', 'both.txt')).toBe('ab');
  // As changes of its own, and nothing else.
  expect(fileAt(rig, 'milestone/m', 'seen.txt')).toContain('?? a.txt');
  expect(fileAt(rig, 'milestone/m', 'seen.txt')).not.toContain('b.txt');
});

test.concurrent('own work that does not fit any more is taken up where it was made, and ends as a conflict', async () => {
  await using rig = await MilestoneRig.create();
  const agents = FakeAgents.into(rig, 'claude');
  agents.script('claude', 'a.1', worksOn('claude', {README: 'By a.\n'}));
  agents.script('claude', 'a.2', [
    claude.init,
    {run: 'cat README > "$HOME/second"; echo more >> README'},
    claude.done(),
  ]);
  agents.script('claude', 'a.3', [claude.init, {run: 'echo "And by a." >> README'}, claude.done()]);
  await rig.writeMilestone('m', [{id: 'a'}]);
  const execution = rig.milestone('execute', 'm');
  await isAtWork(rig, 'a.1');
  execution.kill('SIGINT');
  await execution;
  rig.git('switch', '-q', 'milestone/m');
  rig.write('README', 'By a person.\n');
  rig.git('commit', '-q', '-m', 'By hand', 'README');
  rig.git('switch', '-q', 'main');

  expect(await rig.milestone('resume', 'm')).toMatchObject({exitCode: 0});
  expect(rig.read(path.join(rig.env.HOME as string, 'second'))).toBe('By a.\n');
  expect(outcomes(rig, 'm').map(({kind}) => kind)).toEqual(['interrupted', 'conflict']);
  expect(fileAt(rig, 'milestone/m', 'README')).toBe('By a person.\nAnd by a.');
});

test.concurrent.each(['SIGINT', 'SIGKILL'] as const)(
  'in a shared checkout, too, work that a %s broke off is taken up',
  async signal => {
    await using rig = await MilestoneRig.create();
    const agents = FakeAgents.into(rig, 'claude');
    agents.script('claude', 'a.1', worksOn('claude', {'half.txt': 'half', README: 'Changed.\n'}));
    agents.script('claude', 'a.2', [claude.init, {run: 'cat half.txt README > rest.txt'}, claude.done()]);
    await rig.writeMilestone('m', [{id: 'a'}], {settings: {isolation: 'shared'}});
    const execution = rig.milestone('execute', 'm');
    await isAtWork(rig, 'a.1');
    execution.kill(signal);
    await execution;
    expect(await rig.milestone('resume', 'm')).toMatchObject({exitCode: 0});
    expect(fileAt(rig, 'milestone/m', 'rest.txt')).toBe('halfChanged.');
    const [first, second] = agents.runs('claude');
    expect(second?.conversation).toBe(first?.conversation);
    await rig.untilNoProcessLeft();
  },
);

test.concurrent('another driver gets the work, and is told everything in a conversation of its own', async () => {
  await using rig = await MilestoneRig.create();
  const agents = FakeAgents.into(rig, 'claude', 'codex');
  agents.script('claude', 'a', [
    claude.init,
    {write: {'half.txt': 'half'}},
    ...claude.refused('rate_limit', 429, 'Usage limit reached'),
  ]);
  agents.script('codex', 'a', works('codex', {'rest.txt': 'rest'}));
  await rig.writeMilestone('m', [{id: 'a', description: 'All of it.', model: 'opus', fallback: ['codex']}]);
  expect(await rig.milestone('execute', 'm')).toMatchObject({exitCode: 0});
  const [run] = agents.runs('codex');
  expect(run?.stdin).toContain('All of it.');
  // The model was meant for claude.
  expect(run?.argv).not.toContain('opus');
  expect(agents.runs('claude')[0]?.argv).toContain('opus');
  expect(filesAt(rig, 'milestone/m')).toEqual(['README', 'half.txt', 'rest.txt']);
});

test.concurrent('an attempt that never got its slot has left nothing: what lies there is somebody else’s', async () => {
  await using rig = await MilestoneRig.create();
  const agents = FakeAgents.into(rig, 'claude');
  const gone = 'git update-ref -d refs/heads/milestone/m';
  agents.script('claude', 'a', [claude.init, {write: {'junk.txt': 'x'}}, {run: gone}, claude.done()]);
  agents.script('claude', 'b', [claude.init, {run: 'ls > b.txt'}, claude.done()]);
  await rig.writeMilestone('m', [{id: 'a', retries: 0, verify: 'false'}, {id: 'b'}], {settings: {max_parallel: 1}});
  const base = rig.git('rev-parse', 'main');
  expect(await rig.milestone('execute', 'm')).toMatchObject({exitCode: 4});
  expect(outcomes(rig, 'm').map(({kind}) => kind)).toEqual(['failed', 'cancelled']);
  expect(rig.git('for-each-ref', '--format=%(refname)', 'refs/milestone/rescue')).toBe('refs/milestone/rescue/m/a.1');
  rig.git('branch', 'milestone/m', base);
  await rig.milestone('resume', 'm');
  expect(fileAt(rig, 'milestone/m', 'b.txt')).toBe('README\nb.txt');
});

test.concurrent('in a shared checkout, own work that does not fit any more is named, and the checkout stays at its head', async () => {
  await using rig = await MilestoneRig.create();
  const agents = FakeAgents.into(rig, 'claude');
  agents.script('claude', 'a.1', worksOn('claude', {README: 'By a.\n'}));
  agents.script('claude', 'a.2', [claude.init, {run: 'echo "And by a." >> README'}, claude.done()]);
  await rig.writeMilestone('m', [{id: 'a'}], {settings: {isolation: 'shared'}});
  const execution = rig.milestone('execute', 'm');
  await isAtWork(rig, 'a.1');
  execution.kill('SIGINT');
  await execution;
  rig.write('README', 'By a person.\n');
  rig.git('commit', '-q', '-m', 'By hand', 'README');
  expect(await rig.milestone('resume', 'm')).toMatchObject({exitCode: 0});
  const prompt = agents.runs('claude')[1]?.stdin;
  expect(prompt).toContain('git diff refs/milestone/rescue/m/a.1~ refs/milestone/rescue/m/a.1');
  expect(prompt).not.toContain('lies in the folder');
  expect(fileAt(rig, 'milestone/m', 'README')).toBe('By a person.\nAnd by a.');
});
