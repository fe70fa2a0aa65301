import fs from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {claude, codex, works} from '../rig/agent-scripts.ts';
import {FakeAgents, type Step} from '../rig/fake-agents.ts';
import {anHourPassesWith} from '../rig/leap.ts';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {waitForFile} from '../rig/wait-for-file.ts';
import {eventsOf, fileAt, outcomes, tasksIn} from './support.ts';

const NO_QUOTA = [claude.init, ...claude.refused('rate_limit', 429, 'Usage limit reached')];

/** Leaves a file of its task's name; costs `usd`, or does not say what. */
function costs(usd: number | undefined, ...steps: Step[]): Step[] {
  const {print} = claude.done() as {print: Record<string, unknown>};
  return [claude.init, {run: 'echo x > "$MILESTONE_TASK.txt"'}, ...steps, {print: {...print, total_cost_usd: usd}}];
}

test.concurrent('attempts that meet a quota together pause their driver once; another driver and the shell go on', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const agents = FakeAgents.into(rig, 'claude', 'codex');
  const reset = new Date(Date.now() + 7_200_000).toISOString();
  const gate = path.join(rig.env.HOME as string, 'gate');
  const refused = claude.refused('rate_limit', 429, `Usage limit reached, resets at ${reset}`);
  agents.script('claude', 'default', [claude.init, {waitFor: gate}, ...refused]);
  agents.script('codex', 'other', works('codex', {'other.txt': 'x'}));
  const ids = ['a', 'b', 'c', 'd', 'e'];
  await rig.writeMilestone(
    'm',
    [...ids.map(id => ({id, driver: 'claude'})), {id: 'other', driver: 'codex'}, {id: 'shell', run: 'touch shell.txt'}],
    {settings: {max_parallel: 3}},
  );
  const execution = rig.milestone('execute', 'm', '--json');
  await Promise.all([1, 2, 3].map(number => agents.run('claude', run => run.number === number)));
  rig.write(gate, '');
  const ended = await execution;
  expect(ended.exitCode).toBe(8);
  expect(ended.jsonLines().at(-1)).toMatchObject({ok: false, exit: 8, error: {code: 'STOPPED'}, resets_at: reset});
  expect(eventsOf(rig, 'm', 'driver_paused')).toMatchObject([{details: {driver: 'claude', resets_at: reset}}]);
  expect(agents.runs('claude')).toHaveLength(3);
  expect(tasksIn(rig, 'm', 'task_completed').sort()).toEqual(['other', 'shell']);
  expect(outcomes(rig, 'm').map(({kind}) => kind)).toEqual(['quota', 'quota', 'quota']);
});

test.concurrent('all names of one agent rest together, and its stand-in is not one of them', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const agents = FakeAgents.into(rig, 'claude', 'codex');
  rig.write(
    '.milestones/config.yaml',
    'drivers:\n  fast: {driver: claude, model: haiku}\n  slow: {driver: claude, model: opus}\n',
  );
  agents.script('claude', 'default', NO_QUOTA);
  agents.script('codex', 'default', [codex.begin, {run: 'touch "$MILESTONE_TASK.txt"'}, ...codex.done()]);
  await rig.writeMilestone(
    'm',
    [
      {id: 'a', driver: 'fast'},
      {id: 'b', driver: 'slow'},
      {id: 'c', driver: 'claude'},
      {id: 'd', driver: 'slow', fallback: ['fast', 'codex'], dependencies: ['shell']},
      {id: 'shell', run: 'true'},
    ],
    {settings: {max_parallel: 1}},
  );
  expect(await rig.milestone('execute', 'm')).toMatchObject({exitCode: 8});
  const [run, ...more] = agents.runs('claude');
  expect(more).toEqual([]);
  expect(run?.argv.join(' ')).toContain('--model haiku');
  expect(eventsOf(rig, 'm', 'driver_paused')).toMatchObject([{details: {driver: 'claude', reason: 'quota'}}]);
  expect(tasksIn(rig, 'm', 'task_completed').sort()).toEqual(['d', 'shell']);
  expect(agents.runs('codex').map(({env}) => env.MILESTONE_TASK)).toEqual(['d']);
});

test.concurrent('an agent that waits in silence for its provider makes way for its stand-in, and has not failed', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const agents = FakeAgents.into(rig, 'opencode', 'codex');
  const line = 'level=ERROR run=r1 message="stream error" error.error="AI_APICallError: Rate limit reached"';
  agents.script('opencode', 'a', [
    {run: `f="\${XDG_DATA_HOME:-$HOME/.local/share}/opencode/log"; mkdir -p "$f"; echo '${line}' >> "$f/opencode.log"`},
    {run: ': > "$HOME/waits"'},
    {hold: true},
  ]);
  agents.script('codex', 'a', works('codex', {'a.txt': 'a'}));
  const settings = {driver: 'opencode', fallback: ['codex'], retries: 0, timeout: '3h', silent: '30m'};
  await rig.writeMilestone('m', [{id: 'a'}], {settings});
  const env = anHourPassesWith(path.join(rig.env.HOME as string, 'waits'));
  expect(await rig.milestone('execute', 'm', {env})).toMatchObject({exitCode: 0});
  expect(outcomes(rig, 'm')).toMatchObject([{kind: 'quota', message: 'Rate limit reached'}]);
  expect(eventsOf(rig, 'm', 'driver_paused')).toMatchObject([{details: {driver: 'opencode', reason: 'quota'}}]);
});

test.concurrent('what only looks like a quota is not tried for ever', async () => {
  await using rig = await MilestoneRig.create({git: false});
  rig.write(
    '.milestones/config.yaml',
    `drivers: {x: {command: 'cat > /dev/null; echo "Error: rate limit"; exit 1'}}\n`,
  );
  await rig.writeMilestone('m', [{id: 'a', driver: 'x', max_attempts: 2}]);
  expect(await rig.milestone('execute', 'm')).toMatchObject({exitCode: 8});
  expect(await rig.milestone('resume', 'm')).toMatchObject({exitCode: 4});
  expect(outcomes(rig, 'm')).toMatchObject([
    {kind: 'quota', guessed: true},
    {kind: 'quota', guessed: true},
  ]);
  expect(await rig.status('m')).toMatchObject({tasks: [{status: 'failed', error: {cause: 'quota'}}]});
});

test.concurrent('without a time to come back it rests longer each time; a stand-in that rests too stands in for nobody', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const agents = FakeAgents.into(rig, 'claude', 'codex');
  agents.script('claude', 'default', NO_QUOTA);
  agents.script('codex', 'default', [codex.begin, ...codex.failed('You have hit your usage limit.')]);
  await rig.writeMilestone('m', [
    {id: 'a', fallback: ['codex']},
    {id: 'b', fallback: ['codex']},
  ]);
  const restMs = () =>
    eventsOf(rig, 'm', 'driver_paused')
      .filter(({details}) => details.driver === 'claude')
      .map(({timestamp, details}) =>
        Math.round((Date.parse(details.resets_at as string) - Date.parse(timestamp)) / 1000),
      );
  expect(await rig.milestone('execute', 'm')).toMatchObject({exitCode: 8});
  expect(restMs()).toEqual([60]);
  expect(
    eventsOf(rig, 'm', 'driver_paused')
      .map(({details}) => details.driver)
      .sort(),
  ).toEqual(['claude', 'codex']);
  expect(await rig.milestone('resume', 'm')).toMatchObject({exitCode: 8});
  expect(restMs()).toEqual([60, 120]);
});

test.concurrent('what nobody has told the cost of is unknown; a budget in usd does not hold who never tells', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const agents = FakeAgents.into(rig, 'claude', 'codex');
  agents.script('claude', 'a', costs(1.5));
  agents.script('codex', 'default', [codex.begin, {run: 'touch "$MILESTONE_TASK.txt"'}, ...codex.done()]);
  await rig.writeMilestone(
    'm',
    [
      {id: 'a', driver: 'claude'},
      {id: 'b', driver: 'codex', dependencies: ['a']},
    ],
    {settings: {budget: {usd: 1}}},
  );
  const ended = await rig.milestone('execute', 'm');
  expect(ended).toMatchObject({exitCode: 0, stderr: expect.stringContaining('150 % of the budget is used')});
  const settled = eventsOf(rig, 'm', 'budget_settled').map(({details}) => details.used.usd);
  expect(settled).toEqual([1.5, undefined]);
  const reserved = eventsOf(rig, 'm', 'budget_reserved').map(({details}) => details);
  expect(reserved).toMatchObject([{task_id: 'a', amount: {usd: 1}}]);
  expect((await rig.status('m')).tasks[1]).not.toHaveProperty('cost_usd');
});

test.concurrent('a warning comes once when 80 % are used', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const agents = FakeAgents.into(rig, 'claude');
  agents.script('claude', 'default', costs(0.45));
  await rig.writeMilestone('m', [{id: 'a'}, {id: 'b', dependencies: ['a']}, {id: 'c', dependencies: ['b']}], {
    settings: {budget: {usd: 1.1}},
  });
  const {stderr} = await rig.milestone('execute', 'm');
  expect(stderr.match(/% of the budget/g)).toHaveLength(1);
});

test.concurrent("an attempt reserves its task's budget, which is raised in the plan before a resume", async () => {
  await using rig = await MilestoneRig.create();
  const agents = FakeAgents.into(rig, 'claude');
  agents.script('claude', 1, [
    claude.init,
    {write: {'half.txt': 'half'}},
    {print: {type: 'result', subtype: 'error_max_turns', is_error: true, num_turns: 5, total_cost_usd: 0.2}},
    {exit: 1},
  ]);
  agents.script('claude', 'default', costs(0.2));
  const tasks = (turns: number) => [{id: 'a', budget: {turns}}, {id: 'b'}];
  await rig.writeMilestone('m', tasks(5), {settings: {max_parallel: 1}});
  expect(await rig.milestone('execute', 'm')).toMatchObject({
    exitCode: 7,
    stderr: expect.stringContaining('the budget of task `a` is used up (turns)'),
  });
  expect(agents.runs('claude')[0]?.argv.join(' ')).toContain('--max-turns 5');
  expect(tasksIn(rig, 'm', 'task_completed')).toEqual(['b']);

  rig.write(rig.planFile('m'), rig.read(rig.planFile('m')).replace('turns: 5', 'turns: 12'));
  expect(await rig.milestone('resume', 'm')).toMatchObject({exitCode: 0});
  const last = agents.runs('claude').at(-1);
  expect(last?.argv.join(' ')).toContain('--max-turns 7');
  expect(last?.conversation).toBe(agents.runs('claude')[0]?.conversation);
  expect(fileAt(rig, 'milestone/m', 'half.txt')).toBe('half');
});

/** An answer of the model that claude has begun to tell. */
function answers(id: string, usage: Record<string, number>, model = 'claude-sonnet-4-6'): Step {
  return {print: {type: 'assistant', message: {id, model, content: [], usage}}};
}

/** At work, with two answers seen: 2,000 tokens of input and 200 of output, 0.009 usd by the prices of Sonnet. */
const AT_WORK: Step[] = [
  claude.init,
  answers('m1', {input_tokens: 1000, output_tokens: 100}),
  answers('m2', {input_tokens: 1000, output_tokens: 100}),
];
const SEEN = {tokens: 2200, turns: 2, usd: 0.009};

test.concurrent('places that are free share what is left; a crash costs what the logs of its attempts say', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const agents = FakeAgents.into(rig, 'claude');
  const waits: Step[] = [{run: ': > "$HOME/$MILESTONE_TASK"'}, {hold: true}];
  agents.script('claude', 'a.1', [...AT_WORK, ...waits]);
  agents.script('claude', 'b.1', [claude.init, ...waits]);
  agents.script('claude', 'default', costs(0.25));
  await rig.writeMilestone('m', [{id: 'a'}, {id: 'b'}], {settings: {max_parallel: 2, budget: {usd: 4}}});
  const execution = rig.milestone('execute', 'm');
  for (const id of ['a', 'b']) await waitForFile(path.join(rig.env.HOME as string, id));
  execution.kill('SIGKILL');
  await execution;
  expect(eventsOf(rig, 'm', 'budget_reserved').map(({details}) => details.amount.usd)).toEqual([2, 2]);
  const {stdout} = await rig.milestone('resume', 'm');
  expect(eventsOf(rig, 'm', 'budget_settled').slice(0, 2)).toMatchObject([
    {details: {task_id: 'a', used: SEEN, basis: 'estimated', estimated: {usd: 0.009}}},
    {details: {task_id: 'b', used: {}, basis: 'observed'}},
  ]);
  expect(stdout).toContain('estimated, because it was cut off: 0.01 usd');
  expect(tasksIn(rig, 'm', 'task_completed').sort()).toEqual(['a', 'b']);
  const status = await rig.status('m');
  expect(status).toMatchObject({estimated: {usd: 0.009}, budget: {limit: {usd: 4}}});
  expect(status.budget.used.usd).toBeCloseTo(0.509);
  expect(status.tasks).toMatchObject([{id: 'a', cost_is_estimate: true}, {id: 'b'}]);
  expect(status.tasks[1]).not.toHaveProperty('cost_is_estimate');
});

test.concurrent.each([
  ['a Ctrl-C', {}, 'interrupted'],
  ['a second Ctrl-C', {}, 'interrupted'],
  ['a timeout', {timeout: '1h', silent: '3h'}, 'failed'],
])('%s books what was seen of an agent, not what it had reserved', async (how, limits, kind) => {
  await using rig = await MilestoneRig.create({git: false});
  const agents = FakeAgents.into(rig, 'claude');
  agents.script('claude', 'a.1', [
    ...AT_WORK,
    {ignore: ['SIGINT', 'SIGTERM']},
    {run: ': > "$HOME/ready"'},
    {hold: true},
  ]);
  agents.script('claude', 'default', costs(0.25));
  await rig.writeMilestone('m', [{id: 'a', ...limits}], {settings: {budget: {usd: 20, tokens: 50_000}}});
  const ready = path.join(rig.env.HOME as string, 'ready');
  const execution = rig.milestone('execute', 'm', {env: kind === 'failed' ? anHourPassesWith(ready) : {}});
  await waitForFile(ready);
  if (how.endsWith('Ctrl-C')) execution.kill('SIGINT');
  if (how.startsWith('a second')) {
    await rig.waitForEvent('m', 'milestone_paused').catch(() => undefined);
    execution.kill('SIGINT');
  }
  await execution;
  if (kind === 'interrupted') expect(await rig.milestone('resume', 'm')).toMatchObject({exitCode: 0});
  expect(outcomes(rig, 'm')).toMatchObject([{kind}]);
  expect(eventsOf(rig, 'm', 'budget_settled')).toMatchObject([
    {details: {used: SEEN, basis: 'estimated', estimated: {usd: 0.009}, driver: 'claude'}},
    {details: {used: {usd: 0.25}, basis: 'reported'}},
  ]);
});

test.concurrent('what nobody has seen of an agent is estimated from its time, at the rate of its driver so far', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const agents = FakeAgents.into(rig, 'codex');
  agents.script('codex', 'a', works('codex', {'a.txt': 'a'}));
  const waits = path.join(rig.env.HOME as string, 'waits');
  agents.script('codex', 'b.1', [codex.begin, {run: `: > '${waits}'`}, {hold: true}]);
  agents.script('codex', 'b', works('codex', {'b.txt': 'b'}));
  const settings = {budget: {tokens: 1e12}};
  await rig.writeMilestone('m', [{id: 'a'}, {id: 'b', dependencies: ['a'], timeout: '1h'}], {settings});
  expect(await rig.milestone('execute', 'm', {env: anHourPassesWith(waits)})).toMatchObject({exitCode: 0});
  const [whole, cut] = eventsOf(rig, 'm', 'budget_settled').map(({details}) => details);
  expect(whole).toMatchObject({used: {tokens: 1050}, basis: 'reported'});
  const minutes = (cut?.used.minutes as number) / (whole?.used.minutes as number);
  expect(cut).toMatchObject({basis: 'estimated', estimated: {tokens: Math.floor(1050 * minutes)}});
});

test.concurrent('what codex says only in its own record of a thread counts when it is cut off', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const agents = FakeAgents.into(rig, 'codex');
  const count = (total: number) =>
    JSON.stringify({
      type: 'event_msg',
      payload: {type: 'token_count', info: {total_token_usage: {input_tokens: total, output_tokens: 7}}},
    });
  const folder = `"$HOME/.codex/sessions/2026/11/29"`;
  agents.script('codex', 'a.1', [
    {print: {type: 'thread.started', thread_id: 't-1'}},
    {
      run: `mkdir -p ${folder}; printf '%s\n' '${count(100)}' '{"type":"x"}' '${count(300)}' '{"to' > ${folder}/rollout-x-t-1.jsonl`,
    },
    {run: ': > "$HOME/ready"'},
    {hold: true},
  ]);
  agents.script('codex', 'a', works('codex', {'a.txt': 'a'}));
  await rig.writeMilestone('m', [{id: 'a'}], {settings: {budget: {tokens: 2000}}});
  const execution = rig.milestone('execute', 'm');
  await waitForFile(path.join(rig.env.HOME as string, 'ready'));
  await rig.waitForEvent('m', 'task_conversation');
  execution.kill('SIGKILL');
  await execution;
  await rig.milestone('resume', 'm');
  // The second attempt goes on with the thread, whose count includes the first.
  expect(eventsOf(rig, 'm', 'budget_settled')).toMatchObject([
    {details: {used: {tokens: 307}, basis: 'observed'}},
    {details: {used: {tokens: 743}, basis: 'reported'}},
  ]);
});

test.concurrent('a reviewer that an executor has died under costs what its part of the log says', async () => {
  await using rig = await MilestoneRig.create();
  const agents = FakeAgents.into(rig, 'claude', 'codex');
  agents.script('codex', 'a', works('codex', {'a.txt': 'a'}));
  const approves = claude.result({structured_output: {verdict: 'approve', findings: []}, total_cost_usd: 0.1});
  agents.script('claude', 1, [...AT_WORK, {run: ': > "$HOME/ready"'}, {hold: true}]);
  agents.script('claude', 'default', [claude.init, approves]);
  const tasks = [{id: 'a', driver: 'codex', review: {driver: 'claude'}}];
  await rig.writeMilestone('m', tasks, {settings: {budget: {tokens: 100_000}}});
  const execution = rig.milestone('execute', 'm');
  await waitForFile(path.join(rig.env.HOME as string, 'ready'));
  execution.kill('SIGKILL');
  await execution;
  expect(await rig.milestone('resume', 'm')).toMatchObject({exitCode: 0});
  const settled = eventsOf(rig, 'm', 'budget_settled').map(({details}) => [details.driver, details.used.tokens]);
  expect(settled.slice(0, 2)).toEqual([
    ['codex', 1050],
    ['claude', 2200],
  ]);
});

test.concurrent.each([
  ['finish', ['a', 'b'], ['completed', 'completed', 'pending']],
  ['stop', ['a'], ['completed', 'pending', 'pending']],
] as const)('when the budget is used up, attempts at work %s', async (on_exceed, completed, statuses) => {
  await using rig = await MilestoneRig.create({git: false});
  const agents = FakeAgents.into(rig, 'claude');
  const home = rig.env.HOME as string;
  agents.script('claude', 'a', costs(5, {waitFor: path.join(home, 'b')}));
  agents.script('claude', 'b', [
    claude.init,
    {write: {'b.txt': 'b'}},
    {run: ': > "$HOME/b"'},
    ...(on_exceed === 'stop' ? [{hold: true} as Step] : [{waitFor: path.join(home, 'go')}, claude.done()]),
  ]);
  await rig.writeMilestone('m', [{id: 'a'}, {id: 'b'}, {id: 'c', dependencies: ['a']}], {
    settings: {budget: {usd: 4}, on_exceed},
  });
  const execution = rig.milestone('execute', 'm');
  await rig.waitForEvent('m', 'task_completed');
  rig.write(path.join(home, 'go'), '');
  expect(await execution).toMatchObject({exitCode: 7});
  expect(tasksIn(rig, 'm', 'task_completed')).toEqual(completed);
  expect((await rig.status('m')).tasks.map(({status}: {status: string}) => status)).toEqual(statuses);
  if (on_exceed === 'stop') expect(outcomes(rig, 'm')).toMatchObject([{kind: 'budget'}]);
  expect(rig.processesLeft()).toEqual([]);
});

test.concurrent('an agent that knows no such limit is ended at the tokens, and at the minutes, that it has reserved', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const agents = FakeAgents.into(rig, 'claude', 'codex');
  const answer = {model: 'fake', id: 'msg_1', content: [], usage: {input_tokens: 900, output_tokens: 200}};
  agents.script('claude', 'a', [claude.init, {print: {type: 'assistant', message: answer}}, {hold: true}]);
  agents.script('codex', 'b', [codex.begin, {hold: true}]);
  await rig.writeMilestone('m', [
    {id: 'a', driver: 'claude', budget: {tokens: 1000}},
    {id: 'b', driver: 'codex', budget: {minutes: 0.01}},
  ]);
  expect(await rig.milestone('execute', 'm')).toMatchObject({exitCode: 7});
  expect(
    outcomes(rig, 'm')
      .map(({kind, message}) => `${kind}: ${message}`)
      .sort(),
  ).toEqual(['budget: used up what it had reserved (minutes)', 'budget: used up what it had reserved (tokens)']);
  expect(eventsOf(rig, 'm', 'budget_settled').find(({details}) => details.task_id === 'a')?.details.used).toMatchObject(
    {
      tokens: 1100,
    },
  );
});

test.concurrent('a provider that is busy is asked again after a rest, in the same conversation', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const agents = FakeAgents.into(rig, 'claude');
  agents.script('claude', 'a.1', [claude.init, ...claude.refused('overloaded', 529, 'Overloaded')]);
  agents.script('claude', 'a.2', works('claude', {'a.txt': 'a'}));
  await rig.writeMilestone('m', [{id: 'a', retries: 0}]);
  expect(await rig.milestone('execute', 'm')).toMatchObject({exitCode: 0});
  expect(outcomes(rig, 'm')).toMatchObject([{kind: 'overload'}]);
  const [retry] = eventsOf(rig, 'm', 'task_retry_scheduled');
  const retryAt = Date.parse(retry?.details.retry_at as string);
  const [began, again] = eventsOf(rig, 'm', 'task_started').map(({timestamp}) => Date.parse(timestamp));
  expect(retryAt - began!).toBeGreaterThanOrEqual(5_000);
  expect(again).toBeGreaterThanOrEqual(retryAt);
  const [first, second] = agents.runs('claude');
  expect(second?.conversation).toBe(first?.conversation);
});

test.concurrent('a review is part of the budget: it reserves what is left, and without anything left there is none', async () => {
  await using rig = await MilestoneRig.create();
  const agents = FakeAgents.into(rig, 'claude');
  const approves = claude.result({structured_output: {verdict: 'approve', findings: []}, total_cost_usd: 0.1});
  agents.script('claude', 1, costs(0.6));
  agents.script('claude', 2, [claude.init, approves]);
  agents.script('claude', 'default', costs(0.3));
  const review = {driver: 'claude'};
  await rig.writeMilestone(
    'm',
    [
      {id: 'a', review},
      {id: 'b', dependencies: ['a'], review},
    ],
    {settings: {budget: {usd: 1}}},
  );
  expect(await rig.milestone('execute', 'm')).toMatchObject({exitCode: 7});
  const limits = agents.runs('claude').map(({argv}) => Number(argv[argv.indexOf('--max-budget-usd') + 1]));
  expect(limits.map(usd => usd.toFixed(2))).toEqual(['1.00', '0.40', '0.30']);
  expect(outcomes(rig, 'm')).toMatchObject([{kind: 'budget'}]);
  expect(tasksIn(rig, 'm', 'task_completed')).toEqual(['a']);
});

test.concurrent('an agent that counts over its whole conversation is charged for each part of it once', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const agents = FakeAgents.into(rig, 'codex');
  const ends = (text: string, tokens: number): Step[] => [
    codex.begin,
    {write: {'a.txt': text}},
    codex.says('{"status": "done", "summary": "Did it.", "assumptions": [], "question": null}'),
    codex.turn(tokens, 0),
  ];
  agents.script('codex', 'a.1', ends('wrong', 1000));
  agents.script('codex', 'a.2', ends('wrong', 1500));
  agents.script('codex', 'a.3', ends('right', 700));
  await rig.writeMilestone('m', [{id: 'a', verify: 'grep right a.txt'}], {settings: {budget: {tokens: 10_000}}});
  expect(await rig.milestone('execute', 'm')).toMatchObject({exitCode: 0});
  // The third one is the last retry: in a conversation of its own.
  expect(eventsOf(rig, 'm', 'budget_settled').map(({details}) => details.used.tokens)).toEqual([1000, 500, 700]);
  expect(eventsOf(rig, 'm', 'budget_reserved').map(({details}) => details.amount.tokens)).toEqual([
    10_000, 9_000, 8_500,
  ]);
});

test.concurrent('who waits for what others have reserved does not keep what he uses from himself', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const agents = FakeAgents.into(rig, 'claude');
  agents.script('claude', 'default', costs(0.25));
  await rig.writeMilestone(
    'm',
    [
      {id: 'a', budget: {usd: 1}},
      {id: 'b', uses: ['database']},
    ],
    {
      settings: {max_parallel: 2, budget: {usd: 1}},
    },
  );
  expect(await rig.milestone('execute', 'm')).toMatchObject({exitCode: 0});
  expect(tasksIn(rig, 'm', 'task_completed')).toEqual(['a', 'b']);
});

test.concurrent('an executor that dies before an agent was told anything has spent nothing of its budget', async () => {
  await using rig = await MilestoneRig.create();
  const agents = FakeAgents.into(rig, 'claude');
  agents.script('claude', 'default', costs(0.25));
  await rig.writeMilestone('m', [{id: 'a', no_changes: true}], {settings: {budget: {usd: 1}}});
  const plan = rig.read(rig.planFile('m'));
  expect(await rig.milestone('execute', 'm')).toMatchObject({exitCode: 0});
  const lines = rig.read('.milestones/logs/execution-m.jsonl').split('\n');
  const reserved = lines.findIndex(line => line.includes('"event":"budget_reserved"'));
  const started = lines.findIndex(line => line.includes('"event":"task_started"'));
  expect(started).toBeLessThan(reserved);
  // As it was then: a plan or a branch that knows of more than the log is refused.
  rig.git('branch', '--force', 'milestone/m', 'main');
  fs.rmSync(rig.path(rig.planFile('m', 'completed')));
  rig.write(rig.planFile('m'), plan);
  fs.rmSync(rig.path('.milestones/cache/m.json'));
  rig.write(
    '.milestones/logs/execution-m.jsonl',
    lines
      .slice(0, reserved + 1)
      .map(line => `${line}\n`)
      .join(''),
  );
  expect(await rig.milestone('resume', 'm')).toMatchObject({exitCode: 0});
  expect(eventsOf(rig, 'm', 'budget_settled').map(({details}) => [details.used.usd, details.basis])).toEqual([
    [undefined, 'observed'],
    [0.25, 'reported'],
  ]);
});
