import fs from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {claude, codex, opencode, works} from '../rig/agent-scripts.ts';
import {type AgentName, FakeAgents, type Step} from '../rig/fake-agents.ts';
import {anHourPassesWith} from '../rig/leap.ts';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {waitForFile} from '../rig/wait-for-file.ts';
import {eventsOf, everythingBelow, outcomes, tasksIn} from './support.ts';

const AGENTS = ['claude', 'codex', 'opencode'] as const;

test.concurrent('a denied tool decides nothing: what it was is on record, with the line that would allow it', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const agents = FakeAgents.into(rig, 'claude');
  agents.script('claude', 'a', [
    claude.init,
    claude.calls('t1', 'curl example.org'),
    claude.denied('t1'),
    {write: {'a.txt': 'a'}},
    claude.done(),
  ]);
  await rig.writeMilestone('m', [{id: 'a'}]);
  expect(await rig.milestone('execute', 'm')).toMatchObject({exitCode: 0});
  expect(eventsOf(rig, 'm', 'task_claimed')[0]?.details.result.denials).toEqual([
    {tool: 'Bash', input: 'curl example.org', allow: 'Bash(curl:*)'},
  ]);
});

test.concurrent('a red check or no change after a denied tool is `denied`; the next attempt is told of it', async () => {
  await using rig = await MilestoneRig.create();
  const agents = FakeAgents.into(rig, 'claude');
  const first: Record<string, Record<string, string>> = {red: {'red.txt': 'wrong'}, none: {}};
  for (const [id, files] of Object.entries(first)) {
    const denied = [claude.calls('t1', `npx ${id}say hi`), claude.denied('t1')];
    agents.script('claude', `${id}.1`, [claude.init, ...denied, {write: files}, claude.done()]);
    agents.script('claude', `${id}.2`, works('claude', {[`${id}.txt`]: 'right'}));
  }
  const ids = Object.keys(first);
  await rig.writeMilestone(
    'm',
    ids.map(id => ({id, verify: `grep right ${id}.txt`})),
  );
  const {exitCode, stdout, stderr} = await rig.milestone('execute', 'm');
  expect(exitCode).toBe(0);
  expect(outcomes(rig, 'm')).toMatchObject(ids.map(() => ({kind: 'failed', cause: 'denied'})));
  for (const id of ids) {
    expect(stdout + stderr).toContain(`allow: ["Bash(npx ${id}say:*)"]`);
    const second = agents.runs('claude').filter(({env}) => env.MILESTONE_TASK === id)[1];
    expect(second?.stdin).toContain(`npx ${id}say hi`);
    expect(second?.stdin).toContain(`Bash(npx ${id}say:*)`);
  }
});

test.concurrent('who gives up over a denied tool was denied', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const agents = FakeAgents.into(rig, 'opencode');
  const refusal = {status: 'error', error: 'The user rejected permission to use this specific tool call.'};
  agents.script('opencode', 'a', [
    opencode.begin,
    opencode.tool('curl example.org', refusal),
    ...opencode.done({status: 'failed', summary: 'I may not download it.'}),
  ]);
  await rig.writeMilestone('m', [{id: 'a', retries: 0}]);
  expect(await rig.milestone('execute', 'm')).toMatchObject({exitCode: 4});
  const [ended] = eventsOf(rig, 'm', 'attempt_ended');
  expect(ended?.details).toMatchObject({
    outcome: {kind: 'failed', cause: 'denied', message: 'I may not download it.'},
    denials: [{tool: 'bash', input: 'curl example.org'}],
  });
});

test.concurrent('markers of a merge that was not finished are refused, in a file that had none before', async () => {
  await using rig = await MilestoneRig.create({files: {'docs.md': '<<<<<<< HEAD\nshown\n>>>>>>> other\n'}});
  const agents = FakeAgents.into(rig, 'claude');
  const marked = '<<<<<<< HEAD\nmine\n=======\ntheirs\n>>>>>>> theirs\n';
  agents.script('claude', 'a.1', works('claude', {'src/ü a.txt': marked, 'docs.md': `${marked}More.\n`}));
  agents.script('claude', 'a.2', works('claude', {'src/ü a.txt': 'mine and theirs\n'}));
  await rig.writeMilestone('m', [{id: 'a'}]);
  expect(await rig.milestone('execute', 'm')).toMatchObject({exitCode: 0});
  expect(outcomes(rig, 'm')).toMatchObject([
    {kind: 'failed', cause: 'check', message: 'left markers of a merge conflict in src/ü a.txt'},
  ]);
  expect(agents.runs('claude')[1]?.stdin).toContain('left markers of a merge conflict in src/ü a.txt');
});

test.concurrent('who changes the same file outside its areas again is not tried a third time', async () => {
  await using rig = await MilestoneRig.create();
  const agents = FakeAgents.into(rig, 'claude');
  agents.script('claude', 'a.1', works('claude', {'src/a.txt': 'a', 'elsewhere.txt': 'x'}));
  agents.script('claude', 'a.2', works('claude', {'src/a.txt': 'a', 'elsewhere.txt': 'y', 'more.txt': 'z'}));
  await rig.writeMilestone('m', [{id: 'a', touches: ['src/**', '*.md']}]);
  const {exitCode, stdout} = await rig.milestone('execute', 'm');
  expect(exitCode).toBe(4);
  expect(agents.runs('claude')).toHaveLength(2);
  expect(outcomes(rig, 'm')[0]).toMatchObject({
    files: ['elsewhere.txt'],
    message:
      'changed files outside its `touches`: elsewhere.txt ' +
      '(`touches: [src/**, *.md]`; its work is kept at `refs/milestone/rescue/m/a.1`)',
  });
  expect(stdout).toContain('not tried again: it changed the same file before');
  expect(rig.git('show', 'refs/milestone/rescue/m/a.2:elsewhere.txt')).toBe('y');
  // A person who has mended the plan begins to count anew.
  rig.write(rig.planFile('m'), rig.read(rig.planFile('m')).replace('"*.md"', '"*.txt"'));
  agents.script('claude', 'a.3', works('claude', {'src/a.txt': 'a', 'elsewhere.txt': 'y'}));
  await rig.milestone('retry', 'm', 'a');
  expect(await rig.milestone('resume', 'm')).toMatchObject({exitCode: 0});
});

test.concurrent('a check that cannot run, or says the same as before any work, is not paid for three times', async () => {
  await using rig = await MilestoneRig.create();
  const agents = FakeAgents.into(rig, 'claude');
  for (const id of ['typo', 'stuck', 'tdd']) {
    agents.script('claude', id, works('claude', {[`${id}.txt`]: 'x'}));
    agents.script('claude', `${id}.3`, works('claude', {[`${id}.txt`]: 'right'}));
  }
  agents.script('claude', 'tdd.2', works('claude', {'tdd.txt': 'y'}));
  await rig.writeMilestone('m', [
    {id: 'typo', verify: 'nmp-is-no-program test'},
    {id: 'stuck', verify: 'echo "missing script: tst"; exit 1'},
    {id: 'tdd', verify: 'cat tdd.txt; grep right tdd.txt'},
  ]);
  expect(await rig.milestone('execute', 'm')).toMatchObject({exitCode: 4});
  const runs = (id: string) => agents.runs('claude').filter(({env}) => env.MILESTONE_TASK === id).length;
  expect([runs('typo'), runs('stuck'), runs('tdd')]).toEqual([1, 2, 3]);
  expect(tasksIn(rig, 'm', 'task_completed')).toEqual(['tdd']);
  const messages = eventsOf(rig, 'm', 'task_failed').map(({details}) => details.message);
  expect(messages.sort()).toEqual([
    expect.stringMatching(
      /`echo .* it fails in the same way before any work .*; not tried again: its check says the same/,
    ),
    expect.stringMatching(
      /`nmp.* code 127.*; it fails in the same way before any work \(.*not found\).*cannot run here/,
    ),
  ]);
  const compared = eventsOf(rig, 'm', 'check_compared').map(({details}) => details.task_id);
  expect(compared.filter(id => id === 'stuck')).toHaveLength(1);
});

test.concurrent('shell tasks do not start on a red base either', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone('m', [{id: 'a', run: 'touch ran'}], {settings: {verify: 'test -e missing'}});
  expect(await rig.milestone('execute', 'm')).toMatchObject({
    exitCode: 4,
    stderr: expect.stringContaining('is red before anything was changed'),
  });
  expect(eventsOf(rig, 'm', 'task_started')).toEqual([]);
});

test.concurrent('an end without a structured result is a claim with a warning, which is checked as any other', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const agents = FakeAgents.into(rig, 'claude');
  agents.script('claude', 'a', [claude.init, {write: {'a.txt': 'a'}}, claude.result({result: 'I think it is done.'})]);
  await rig.writeMilestone('m', [{id: 'a', verify: 'test -f a.txt'}]);
  expect(await rig.milestone('execute', 'm')).toMatchObject({exitCode: 0});
  expect(eventsOf(rig, 'm', 'task_claimed')[0]?.details.result).toMatchObject({
    summary: 'I think it is done.',
    warning: 'it ended without a structured result',
  });
});

test.concurrent('the presets reach the agent, each task its own', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const agents = FakeAgents.into(rig, 'claude');
  const presets = ['edit', 'project'];
  for (const id of presets) agents.script('claude', id, works('claude', {[`${id}.txt`]: 'x'}));
  await rig.writeMilestone(
    'm',
    presets.map(id => ({id, permissions: id, allow: ['Bash(jq:*)']})),
  );
  expect(await rig.milestone('execute', 'm')).toMatchObject({exitCode: 0});
  const [edit, project] = presets.map(id => {
    const [run, ...more] = agents.runs('claude').filter(({env}) => env.MILESTONE_TASK === id);
    expect(more).toEqual([]);
    return run?.argv.join(' ');
  });
  for (const part of ['--permission-mode', 'acceptEdits']) expect(edit).toContain(part);
  expect(edit).not.toContain('npm test');
  expect(project).toContain('Bash(npm run:*)');
  for (const said of [edit, project]) {
    for (const part of ['Bash(jq:*)', '--setting-sources project']) expect(said).toContain(part);
    expect(said).not.toContain('bypassPermissions');
  }
});

test.concurrent('`full` needs `--yolo`, which is not for sessions of agents', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const agents = FakeAgents.into(rig, 'codex');
  agents.script('codex', 'default', works('codex', {'a.txt': 'a'}));
  await rig.writeMilestone('m', [{id: 'a', permissions: 'full'}]);
  expect(await rig.milestone('execute', 'm', '--dry-run')).toMatchObject({
    exitCode: 3,
    stdout: expect.stringContaining('needs `--yolo` too'),
  });
  expect(await rig.milestone('execute', 'm', '--dry-run', '--yolo')).toMatchObject({exitCode: 0});
  expect(await rig.milestone('execute', 'm')).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining('needs `--yolo` too'),
  });
  expect(await rig.milestone('execute', 'm', '--yolo', {env: {CLAUDECODE: '1'}})).toMatchObject({exitCode: 3});
  expect(agents.runs('codex')).toEqual([]);
  expect(await rig.milestone('execute', 'm', '--yolo')).toMatchObject({exitCode: 0});
  expect(agents.runs('codex')[0]?.argv.join(' ')).toContain('danger-full-access');
  expect((await rig.status('m')).liberties).toEqual([expect.stringContaining('in the last run (--yolo)')]);
});

test.concurrent('a plan that is edited while it executes gives nobody more rights', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const agents = FakeAgents.into(rig, 'codex');
  agents.script('codex', 'default', works('codex', {'a.txt': 'a'}));
  const gate = await rig.command('gate');
  await rig.writeMilestone('m', [
    {id: 'first', run: gate.shell},
    {id: 'a', permissions: 'project', dependencies: ['first']},
  ]);
  const execution = rig.milestone('execute', 'm');
  const run = await gate.nextRun();
  rig.write(rig.planFile('m'), rig.read(rig.planFile('m')).replace('permissions: project', 'permissions: full'));
  await rig.waitForEvent('m', 'plan_changed');
  run.exit(0);
  expect(await execution).toMatchObject({exitCode: 0});
  expect(agents.runs('codex')[0]?.argv.join(' ')).toContain('workspace-write');
});

test.concurrent('an agent sees no outer session and nothing that is denied; no secret is written down', async () => {
  const secret = 'sk-very-secret-4711';
  await using rig = await MilestoneRig.create();
  const agents = FakeAgents.into(rig, 'claude');
  agents.script('claude', 'a.1', [
    claude.init,
    claude.says(`using ${secret}`),
    {stderr: `warning: ${secret}\n`},
    {write: {'a.txt': 'wrong'}},
    claude.done({status: 'done', summary: `Used ${secret}.`, assumptions: [`${secret} is right`], question: null}),
  ]);
  agents.script('claude', 'a.2', works('claude', {'a.txt': 'right'}, {status: 'done', summary: `Again ${secret}.`}));
  await rig.writeMilestone(
    'm',
    [{id: 'a', description: `Log in with ${secret}.`, verify: `grep right a.txt || { echo ${secret}; exit 1; }`}],
    {settings: {env_deny: ['HIDDEN_*']}},
  );
  const env = {
    CLAUDECODE: '1',
    CLAUDE_CODE_SESSION_ID: 'outer',
    HIDDEN_THING: 'x',
    SHOWN_THING: 'y',
    SERVICE_API_KEY: secret,
  };
  expect(await rig.milestone('execute', 'm', {env})).toMatchObject({exitCode: 0});
  const [first, second] = agents.runs('claude');
  expect(first?.env).toMatchObject({SHOWN_THING: 'y', SERVICE_API_KEY: secret, MILESTONE_TASK: 'a'});
  for (const name of ['CLAUDECODE', 'CLAUDE_CODE_SESSION_ID', 'HIDDEN_THING'])
    expect(first?.env).not.toHaveProperty(name);
  expect(first?.stdin).not.toContain(secret);
  expect(second?.stdin).not.toContain(secret);
  expect(rig.git('log', '-1', '--format=%B', 'milestone/m')).not.toContain(secret);
  const logs = rig.path('.milestones/logs');
  const written = everythingBelow(logs).filter(name => fs.statSync(path.join(logs, name)).isFile());
  expect(written).toContain('m/a.1.log');
  const tells = (name: string) => fs.readFileSync(path.join(logs, name), 'utf8').includes(secret);
  // The plan is in the log as its file has it.
  const events = rig.events('m').filter(({event}) => event !== 'milestone_activated');
  expect(JSON.stringify(events)).not.toContain(secret);
  expect(written.filter(name => name !== 'execution-m.jsonl').filter(tells)).toEqual([]);
});

/** Ends neither by itself nor when it is asked to. */
const STUBBORN = `trap '' INT TERM; : > "$HOME/orphan"; while :; do sleep 1000; done`;

function stubborn(name: AgentName): Step[] {
  const [begin] = works(name, {});
  return [
    begin as Step,
    {orphan: STUBBORN.replace('orphan', `orphan-${name}`)},
    {ignore: ['SIGINT', 'SIGTERM']},
    {hold: true},
  ];
}

/** An execution in which an agent of each kind has begun, and so has what it left to itself. */
async function amongStubborn(rig: MilestoneRig, limits: object = {}, env: Record<string, string> = {}) {
  const agents = FakeAgents.into(rig, ...AGENTS);
  for (const name of AGENTS) agents.script(name, name, stubborn(name));
  await rig.writeMilestone(
    'm',
    AGENTS.map(name => ({id: name, driver: name, ...limits})),
    {settings: {max_parallel: AGENTS.length}},
  );
  const execution = rig.milestone('execute', 'm', {env});
  for (const name of AGENTS) await waitForFile(path.join(rig.env.HOME as string, `orphan-${name}`));
  return {execution};
}

test.concurrent('nothing of an agent survives a Ctrl-C, though it ignores it', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const {execution} = await amongStubborn(rig);
  execution.kill('SIGINT');
  expect(await execution).toMatchObject({exitCode: 130});
  expect(rig.processesLeft()).toEqual([]);
});

test.concurrent('nothing of an agent survives its timeout', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const passes = path.join(rig.root, 'an-hour-passes');
  const limits = {timeout: '1h', silent: '3h', retries: 0};
  const {execution} = await amongStubborn(rig, limits, anHourPassesWith(passes));
  fs.writeFileSync(passes, '');
  expect(await execution).toMatchObject({exitCode: 4});
  const timeout = {kind: 'failed', cause: 'timeout'};
  expect(outcomes(rig, 'm')).toMatchObject([timeout, timeout, timeout]);
  expect(rig.processesLeft()).toEqual([]);
});

test.concurrent('what a killed executor has left beside the log is in it afterwards, without secrets', async () => {
  const secret = 'sk-very-secret-4711';
  await using rig = await MilestoneRig.create({git: false, env: {SERVICE_API_KEY: secret}});
  const agents = FakeAgents.into(rig, 'claude');
  agents.script('claude', 'a.1', [
    claude.init,
    {stderr: `complains of ${secret}\n`},
    {run: ': > "$HOME/ready"'},
    {hold: true},
  ]);
  agents.script('claude', 'a.2', works('claude', {'a.txt': 'a'}));
  agents.script('claude', 'b', works('claude', {'b.txt': 'b'}));
  await rig.writeMilestone('m', [
    {id: 'a'},
    {id: 'b', verify: `[ -e "$HOME/checked" ] || { echo checks ${secret}; : > "$HOME/checked"; sleep 1000; }`},
  ]);
  const execution = rig.milestone('execute', 'm');
  for (const name of ['ready', 'checked']) await waitForFile(path.join(rig.env.HOME as string, name));
  execution.kill('SIGKILL');
  await execution;
  expect(await rig.milestone('resume', 'm')).toMatchObject({exitCode: 0});
  expect(rig.read('.milestones/logs/m/a.1.log')).toMatch(/complains of \*+/);
  expect(rig.read('.milestones/logs/m/b.1.log')).toMatch(/checks \*+/);
  const files = ['a.1', 'a.2', 'b.1', 'b.2'].flatMap(attempt => [`${attempt}.log`, `${attempt}.prompt.md`]);
  expect(everythingBelow(rig.path('.milestones/logs/m'))).toEqual(files);
});

test.concurrent('what a reviewer changes reaches nobody, in a shared checkout either; its cost counts', async () => {
  await using rig = await MilestoneRig.create();
  const agents = FakeAgents.into(rig, 'claude', 'codex');
  const verdict = (answer: object) => codex.says(JSON.stringify(answer));
  agents.script('claude', 'a.1', works('claude', {'a.txt': 'v1'}));
  agents.script('claude', 'a.2', works('claude', {'a.txt': 'v2'}));
  agents.script('codex', 'a.1', [
    codex.begin,
    {write: {'sneaky.txt': 'mine', 'a.txt': 'v0'}},
    verdict({verdict: 'reject', findings: [{message: 'not good enough'}]}),
    codex.turn(),
  ]);
  agents.script('codex', 'a.2', [
    codex.begin,
    {run: 'test ! -e sneaky.txt'},
    {write: {'sneaky.txt': 'again'}},
    verdict({verdict: 'approve', findings: []}),
    codex.turn(),
  ]);
  await rig.writeMilestone('m', [{id: 'a', driver: 'claude', review: {driver: 'codex'}}], {
    settings: {isolation: 'shared'},
  });
  expect(await rig.milestone('execute', 'm')).toMatchObject({exitCode: 0});
  expect(outcomes(rig, 'm')).toMatchObject([{kind: 'failed', cause: 'review'}]);
  expect(agents.runs('claude')[1]?.stdin).toContain('not good enough');
  expect(rig.git('ls-tree', '-r', '--name-only', 'milestone/m').split('\n')).toEqual(['README', 'a.txt']);
  expect(rig.git('show', 'refs/milestone/rescue/m/a.1:a.txt')).toBe('v1');
  expect(rig.exists('sneaky.txt')).toBe(false);
  expect(eventsOf(rig, 'm', 'budget_settled').map(({details}) => details.used.tokens)).toEqual([135, 1050, 135, 1050]);
});

test.concurrent.each([
  ['gives no verdict', [codex.begin, codex.says('Looks fine.'), codex.turn()], 'failed', 4],
  ['is out of quota', [codex.begin, ...codex.failed('You have hit your usage limit.')], 'quota', 8],
] as Array<[string, Step[], string, number]>)('a reviewer that %s has not approved', async (_, steps, kind, exit) => {
  await using rig = await MilestoneRig.create();
  const agents = FakeAgents.into(rig, 'claude', 'codex');
  agents.script('claude', 'a', works('claude', {'a.txt': 'a'}));
  agents.script('codex', 'a', steps);
  await rig.writeMilestone('m', [{id: 'a', driver: 'claude', retries: 0, review: {driver: 'codex'}}]);
  expect(await rig.milestone('execute', 'm')).toMatchObject({exitCode: exit});
  expect(outcomes(rig, 'm')).toMatchObject([{kind}]);
  expect(rig.git('rev-parse', 'milestone/m')).toBe(rig.git('rev-parse', 'main'));
  // It is the reviewer who rests.
  expect(agents.runs('codex')).toHaveLength(kind === 'quota' ? 1 : 2);
  if (kind === 'failed') {
    expect(outcomes(rig, 'm')).toMatchObject([{message: expect.stringContaining('which said: Looks fine.')}]);
    expect(eventsOf(rig, 'm', 'task_verified').at(-1)?.details.checks).toMatchObject([{output_tail: 'Looks fine.'}]);
  }
  if (kind === 'quota') expect(eventsOf(rig, 'm', 'driver_paused')).toMatchObject([{details: {driver: 'codex'}}]);
});

test.concurrent('a reviewer whose verdict cannot be read is asked once more, afresh, and the author loses no attempt', async () => {
  await using rig = await MilestoneRig.create();
  const agents = FakeAgents.into(rig, 'claude', 'codex');
  agents.script('claude', 'a', works('claude', {'a.txt': 'a'}));
  agents.script('codex', 1, [codex.begin, codex.says('Looks fine.'), codex.turn()]);
  agents.script('codex', 2, [codex.begin, codex.says('{"verdict": "LGTM", "findings": ["tidy"]}'), codex.turn()]);
  await rig.writeMilestone('m', [{id: 'a', driver: 'claude', retries: 0, review: {driver: 'codex'}}]);
  expect(await rig.milestone('execute', 'm')).toMatchObject({exitCode: 0});
  expect(agents.runs('claude')).toHaveLength(1);
  expect(agents.runs('codex')[1]?.argv.join(' ')).not.toContain('resume');
});

test.concurrent('nothing of any other command survives a killed executor and the next start', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const script = `[ "$MILESTONE_ATTEMPT" = 2 ] && exec touch a.txt; (setsid sh -c "$STUBBORN" &); ${STUBBORN.replace('orphan', 'first')}`;
  rig.write('.milestones/config.yaml', JSON.stringify({drivers: {other: {command: script}}}));
  await rig.writeMilestone('m', [{id: 'a', driver: 'other'}]);
  const execution = rig.milestone('execute', 'm', {env: {STUBBORN}});
  for (const name of ['first', 'orphan']) await waitForFile(path.join(rig.env.HOME as string, name));
  execution.kill('SIGKILL');
  await execution;
  expect(rig.processesLeft().length).toBeGreaterThan(1);
  expect(await rig.milestone('resume', 'm')).toMatchObject({exitCode: 0});
  expect(rig.processesLeft()).toEqual([]);
});
