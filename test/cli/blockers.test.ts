// What holds a milestone up: found, told, held, and cleared by itself where it can.

import fs from 'node:fs';
import {fileURLToPath} from 'node:url';
import {describe, expect, test} from 'vitest';
import type {BlockerType} from '../../src/events/details/blocker.ts';
import type {MilestoneEvent} from '../../src/events/event.ts';
import {acquireLock} from '../../src/lock/lock.ts';
import {systemClock} from '../../src/platform/clock.ts';
import {ownIdentity} from '../../src/platform/processes/identity.ts';
import {claude} from '../rig/agent-scripts.ts';
import {FakeAgents} from '../rig/fake-agents.ts';
import {MilestoneRig, type TaskText} from '../rig/milestone-rig.ts';
import {eventsOf, fileAt, outcomes, readPlan, saveAs, tasksIn} from './support.ts';

const ID = 'm';
const FULL_DISK = fileURLToPath(new URL('../rig/full-disk.cjs', import.meta.url));
/** Soon enough for a test to see what usually takes minutes. */
const SOON = {'blocker-detector': {every: '50ms'}, 'dependency-validator': {every: '50ms'}};

const isBlocker = (type: BlockerType) => (event: MilestoneEvent) =>
  event.event === 'blocker_detected' && event.details.type === type;
const isCompleted = (id: string) => (event: MilestoneEvent) =>
  event.event === 'task_completed' && event.details.task_id === id;

/**
 * An execution of two tasks that wait for the test and a third that starts as soon as there is a place, of which there
 * are two.
 */
async function begin(rig: MilestoneRig, extra: object = {}, env: Record<string, string> = {}) {
  const long = await rig.command('long');
  const short = await rig.command('short');
  const tasks: TaskText[] = [
    {id: 'long', run: long.shell},
    {id: 'short', run: short.shell},
    {id: 'third', run: 'echo 3 > third'},
  ];
  await rig.writeMilestone(ID, tasks, {settings: {max_parallel: 2, agents: SOON, ...extra}});
  const execution = rig.milestone('execute', ID, {env});
  return {execution, long: await long.nextRun(), short: await short.nextRun()};
}

function detected(rig: MilestoneRig) {
  return eventsOf(rig, ID, 'blocker_detected').map(({details}) => details);
}

/** The number of the first event of this kind. */
function seqOf(rig: MilestoneRig, isWanted: (event: MilestoneEvent) => boolean): number {
  return rig.events(ID).find(isWanted)?.seq ?? Number.NaN;
}

const started = (rig: MilestoneRig, id: string) =>
  seqOf(rig, event => event.event === 'task_started' && event.details.task_id === id);

test.concurrent('status and blockers name one command, also while nobody can tell whether the executor lives', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone(ID, [
    {id: 'a', run: 'echo a > a'},
    {id: 'b', run: 'exit 1', dependencies: ['a'], retries: 0},
  ]);
  expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 4});
  rig.git('update-ref', '-d', 'refs/heads/milestone/m');
  expect(await rig.milestone('retry', ID)).toMatchObject({exitCode: 0});
  expect(await rig.milestone('resume', ID)).toMatchObject({exitCode: 4});
  const identity = {...ownIdentity(), pid_namespace: 'pid:[1]'};
  acquireLock(rig.path('.git/milestone/locks', ID), {purpose: 'execute', identity, clock: systemClock});
  const [blocker] = JSON.parse((await rig.milestone('blockers', ID, '--json')).stdout).blockers;
  expect(blocker).toMatchObject({type: 'branch_rewritten'});
  const {executed, needs_you} = await rig.status(ID);
  expect(executed).toBe('elsewhere');
  expect(needs_you).toContainEqual(expect.objectContaining({kind: 'blocker', command: blocker.command}));
});

describe('failed work', () => {
  test.concurrent('a conflict that no try is left for is a merge_conflict, gone as soon as the task is tried again', async () => {
    await using rig = await MilestoneRig.create();
    const late = await rig.command('late');
    await rig.writeMilestone(ID, [
      {id: 'early', run: 'echo early > same'},
      {id: 'late', run: `echo late > same; ${late.shell}`, max_attempts: 1},
    ]);
    const execution = rig.milestone('execute', ID);
    const run = await late.nextRun();
    await rig.waitForEvent(ID, isCompleted('early'));
    await run.exit();
    expect(await execution).toMatchObject({
      exitCode: 4,
      stderr: expect.stringMatching(
        /`late` conflicts with .*same\nhint: look \(`milestone show m late`\), then `milestone retry m` and `milestone resume m`/,
      ),
    });
    const {blockers} = await rig.status(ID);
    expect(blockers).toMatchObject([{type: 'merge_conflict', task_id: 'late', hint: 'milestone retry m late'}]);
    expect(await rig.milestone('retry', ID, 'late')).toMatchObject({exitCode: 0});
    const resumed = rig.milestone('resume', ID);
    await (await late.nextRun()).exit();
    expect(await resumed).toMatchObject({exitCode: 0});
    expect(fileAt(rig, 'milestone/m', 'same')).toBe('late');
  });

  test.concurrent('a red check is a test_failures, on the merged tree as in the slot; what is independent goes on', async () => {
    await using rig = await MilestoneRig.create();
    const late = await rig.command('late');
    await rig.writeMilestone(
      ID,
      [
        {id: 'early', run: 'touch a'},
        {id: 'late', run: `touch b; ${late.shell}`},
        {id: 'red', run: 'touch c', verify: 'false'},
        {id: 'after', run: 'touch d', dependencies: ['early']},
        {id: 'never', run: 'touch e', dependencies: ['red']},
      ],
      {settings: {verify: 'test ! -e a || test ! -e b', retries: 0}},
    );
    const execution = rig.milestone('execute', ID);
    const run = await late.nextRun();
    await rig.waitForEvent(ID, isCompleted('after'));
    await rig.waitForEvent(ID, isBlocker('test_failures'));
    await run.exit();
    expect(await execution).toMatchObject({exitCode: 4});
    expect(detected(rig).map(({type, task_id}) => [type, task_id])).toEqual([
      ['test_failures', 'red'],
      ['test_failures', 'late'],
    ]);
    expect(eventsOf(rig, ID, 'task_verified').at(-1)?.details).toMatchObject({
      task_id: 'late',
      on: 'merged',
      ok: false,
    });
    expect(eventsOf(rig, ID, 'task_dependency_blocker').map(({details}) => details)).toEqual([
      {task_id: 'never', dependency: 'red'},
    ]);
    expect(tasksIn(rig, ID, 'task_completed')).toEqual(['early', 'after']);
  });

  test.concurrent('a task during which the executor died three times is a suspect, which a retry clears', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const work = await rig.command('work');
    await rig.writeMilestone(ID, [{id: 'a', run: work.shell}]);
    for (const command of ['execute', 'execute', 'resume']) {
      const execution = rig.milestone(command, ID);
      await work.nextRun();
      await rig.waitForEvent(ID, event => event.event === 'task_working' && event.details.attempt === work.timesRun);
      execution.kill('SIGKILL');
      await execution;
    }
    expect(await rig.milestone('resume', ID)).toMatchObject({
      exitCode: 4,
      stderr: expect.stringMatching(/the execution broke off 3 times while task `a` was running[\s\S]*milestone retry/),
    });
    expect(detected(rig)).toMatchObject([{type: 'suspect', task_id: 'a'}]);
    expect(await rig.milestone('resume', ID)).toMatchObject({exitCode: 4});
    expect([work.timesRun, rig.processesLeft()]).toEqual([3, []]);
    expect(await rig.milestone('retry', 'a')).toMatchObject({exitCode: 0});
    const resumed = rig.milestone('resume', ID);
    await (await work.nextRun()).exit();
    expect(await resumed).toMatchObject({exitCode: 0});
  });
});

describe('a full disk', () => {
  test.concurrent('keeps everything new from starting until there is room, again and again', async () => {
    await using rig = await MilestoneRig.create();
    const used = `${rig.root}/used`;
    const env = {NODE_OPTIONS: `--require ${FULL_DISK}`, DISK_USED_FILE: used};
    // At no moment is there a file that says nothing: that would be an empty disk.
    const use = (part: string) => saveAs(rig, used, part);
    const {execution, long, short} = await begin(rig, {}, env);
    use('0.95');
    await rig.waitForEvent(ID, isBlocker('disk_space'));
    use('0.5');
    await rig.waitForEvent(ID, 'blocker_resolved');
    const first = rig.events(ID).length;
    use('0.95');
    await rig.waitForEvent(ID, event => isBlocker('disk_space')(event) && event.seq > first);
    await short.exit();
    await rig.waitForEvent(ID, isCompleted('short'));
    // Not good yet: it would be too full again at once.
    use('0.89');
    expect((await rig.status(ID)).blockers).toMatchObject([
      {type: 'disk_space', message: 'the disk that holds the slots is 95 % full'},
    ]);
    use('0.5');
    await rig.waitForEvent(ID, isCompleted('third'));
    expect(started(rig, 'third')).toBeGreaterThan(eventsOf(rig, ID, 'blocker_resolved')[1]?.seq as number);
    await long.exit();
    expect(await execution).toMatchObject({exitCode: 0});
  });

  test.concurrent('ends what cannot go on otherwise with 4; a resume goes on when there is room', async () => {
    await using rig = await MilestoneRig.create();
    const used = `${rig.root}/used`;
    const env = {NODE_OPTIONS: `--require ${FULL_DISK}`, DISK_USED_FILE: used};
    fs.writeFileSync(used, '0.97');
    await rig.writeMilestone(ID, [{id: 'a', run: 'touch a'}]);
    expect(await rig.milestone('execute', ID, {env})).toMatchObject({
      exitCode: 4,
      stderr: expect.stringMatching(/97 % full\nhint: free some space/),
    });
    expect(readPlan(rig, ID).status).toBe('blocked');
    expect(tasksIn(rig, ID, 'task_started')).toEqual([]);
    fs.rmSync(used);
    expect(await rig.milestone('resume', ID, {env})).toMatchObject({exitCode: 0});
  });
});

describe('a required milestone that vanishes', () => {
  const completed = (rig: MilestoneRig, id: string) => `${rig.folder}/.milestones/completed/${id}.yaml`;

  async function withRequired(): Promise<MilestoneRig> {
    const rig = await MilestoneRig.create({git: false});
    for (const id of ['first', 'second'])
      rig.write(`.milestones/completed/${id}.yaml`, `id: ${id}\ntitle: x\nstatus: completed\ntasks: []\n`);
    return rig;
  }

  test.concurrent('holds what is new until it is back, each of them for itself', async () => {
    await using rig = await withRequired();
    const long = await rig.command('long');
    const short = await rig.command('short');
    const tasks = [
      {id: 'long', run: long.shell},
      {id: 'short', run: short.shell},
      {id: 'third', run: 'echo 3 > third'},
    ];
    const extra = {dependencies: {requires: ['first', 'second']}, settings: {max_parallel: 2, agents: SOON}};
    await rig.writeMilestone(ID, tasks, extra);
    const execution = rig.milestone('execute', ID);
    const [longRun, shortRun] = [await long.nextRun(), await short.nextRun()];
    for (const id of ['first', 'second']) fs.renameSync(completed(rig, id), `${rig.root}/${id}`);
    await rig.waitForEvent(ID, event => event.event === 'dependency_blocker' && event.details.requires === 'second');
    fs.renameSync(`${rig.root}/first`, completed(rig, 'first'));
    const back = () =>
      eventsOf(rig, ID, 'dependency_resolved').filter(({seq}) => seq > seqOf(rig, isBlocker('milestone_dependency')));
    await rig.waitForEvent(ID, () => back().length === 1);
    await shortRun.exit();
    await rig.waitForEvent(ID, isCompleted('short'));
    expect((await rig.status(ID)).blockers).toMatchObject([
      {type: 'milestone_dependency', message: expect.stringContaining('`second`')},
    ]);
    fs.renameSync(`${rig.root}/second`, completed(rig, 'second'));
    await rig.waitForEvent(ID, isCompleted('third'));
    expect(eventsOf(rig, ID, 'dependency_blocker')).toHaveLength(2);
    expect(back().map(({details}) => details.requires)).toEqual(['first', 'second']);
    expect(started(rig, 'third')).toBeGreaterThan(back()[1]?.seq as number);
    await longRun.exit();
    expect(await execution).toMatchObject({exitCode: 0});
  });

  test.concurrent('keeps a resume from starting anything, unless it is required no more', async () => {
    await using rig = await withRequired();
    const plan = (requires: string[]) =>
      rig.writeMilestone(
        ID,
        [
          {id: 'a', run: 'exit 1', retries: 0},
          {id: 'b', run: 'touch b', dependencies: ['a']},
        ],
        {
          dependencies: {requires},
        },
      );
    await plan(['first']);
    expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 4});
    expect(await rig.milestone('skip', '--yes', ID, 'a', '--reason', 'no need')).toMatchObject({exitCode: 0});
    fs.rmSync(completed(rig, 'first'));
    expect(await rig.milestone('resume', ID)).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('milestone `first`, which this one requires, is not in `completed/`'),
    });
    expect(tasksIn(rig, ID, 'task_started')).toEqual(['a']);
    await plan([]);
    expect(await rig.milestone('resume', ID)).toMatchObject({exitCode: 0});
  });
});

describe('a driver', () => {
  const done = claude.done({status: 'done', summary: 'Done.', assumptions: [], question: null});
  const works = [claude.init, {run: 'echo x > "$MILESTONE_TASK.txt"'}, done];

  async function beside(rig: MilestoneRig, agent: TaskText, settings: object = {}) {
    const other = await rig.command('other');
    await rig.writeMilestone(ID, [agent, {id: 'other', run: other.shell}], {settings: {agents: SOON, ...settings}});
    return {execution: rig.milestone('execute', ID), other: await other.nextRun()};
  }

  test.concurrent('that is missing blocks its task until its program is found', async () => {
    await using rig = await MilestoneRig.create({git: false});
    FakeAgents.into(rig);
    const {execution, other} = await beside(rig, {id: 'a', driver: 'claude'});
    await rig.waitForEvent(ID, isBlocker('driver_missing'));
    const agents = FakeAgents.into(rig, 'claude');
    agents.script('claude', 'default', works);
    await rig.waitForEvent(ID, isCompleted('a'));
    await other.exit();
    expect(await execution).toMatchObject({exitCode: 0});
    expect(detected(rig)).toMatchObject([{type: 'driver_missing', task_id: 'a'}]);
  });

  test.concurrent('that is missing ends what cannot go on otherwise with 4; a resume finds it', async () => {
    await using rig = await MilestoneRig.create({git: false});
    FakeAgents.into(rig);
    await rig.writeMilestone(ID, [{id: 'a', driver: 'claude'}]);
    expect(await rig.milestone('execute', ID)).toMatchObject({
      exitCode: 4,
      stderr: expect.stringMatching(/needs the program `claude`.*\nhint: install it with `npm install -g /),
    });
    FakeAgents.into(rig, 'claude').script('claude', 'default', works);
    expect(await rig.milestone('resume', ID)).toMatchObject({exitCode: 0});
  });

  test.concurrent('that is there and of no use is not tried again and again', async () => {
    await using rig = await MilestoneRig.create({git: false});
    FakeAgents.into(rig, 'claude').version('claude', '1.0.0');
    const {execution, other} = await beside(rig, {id: 'a', driver: 'claude'});
    const isSecond = (event: MilestoneEvent) =>
      event.event === 'blocker_detected' && event.seq > seqOf(rig, isBlocker('driver_missing'));
    await rig.waitForEvent(ID, isSecond);
    // Many looks of the detector later.
    for (let saved = 0; saved < 3; saved++) await rig.milestone('status', ID);
    await other.exit();
    expect(await execution).toMatchObject({exitCode: 4, stderr: expect.stringContaining('1.0.0')});
    expect(detected(rig)).toHaveLength(2);
  });

  test.concurrent('that nobody is logged in to goes on after a retry, or a resume', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const agents = FakeAgents.into(rig, 'claude');
    const refused = [claude.init, ...claude.refused('authentication_failed', 401, 'Not logged in')];
    agents.script('claude', 'default', refused);
    const other = await rig.command('other');
    const tasks = [{id: 'other', run: other.shell}, ...['a', 'b', 'c'].map(id => ({id, driver: 'claude'}))];
    await rig.writeMilestone(ID, tasks, {settings: {max_parallel: 2, agents: SOON}});
    const execution = rig.milestone('execute', ID);
    const run = await other.nextRun();
    await rig.waitForEvent(ID, 'driver_paused');
    await rig.waitForEvent(
      ID,
      event => isBlocker('auth')(event) && (event.details as {task_id: string}).task_id === 'b',
    );
    agents.script('claude', 'default', works);
    expect(await rig.milestone('retry', 'a')).toMatchObject({exitCode: 0});
    await rig.waitForEvent(ID, isCompleted('a'));
    await rig.waitForEvent(ID, isCompleted('c'));
    await run.exit();
    expect(await execution).toMatchObject({exitCode: 4, stderr: expect.stringContaining('/login')});
    expect(await rig.milestone('resume', ID)).toMatchObject({exitCode: 0});
    expect(agents.runs('claude')).toHaveLength(5);
  });

  test.concurrent('whose quota is used up holds nobody up whom another can stand in for', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const agents = FakeAgents.into(rig, 'claude');
    const reset = new Date(Date.now() + 3_600_000).toISOString();
    agents.script('claude', 'default', [
      claude.init,
      ...claude.refused('rate_limit', 429, `Usage limit reached, resets at ${reset}`),
    ]);
    rig.write('.milestones/config.yaml', "drivers:\n  other: {command: 'cat > /dev/null; touch b'}\n");
    await rig.writeMilestone(ID, [{id: 'a', driver: 'claude'}], {settings: {fallback: ['other']}});
    expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 0});
    expect(detected(rig)).toMatchObject([{type: 'quota', driver: 'claude'}]);
    expect((await rig.status(ID)).blockers).toEqual([]);
    expect(readPlan(rig, ID, 'completed').status).toBe('completed');
  });

  test.concurrent('goes on as soon as the plan gives it a larger budget', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const agents = FakeAgents.into(rig, 'claude');
    agents.script('claude', 'default', [
      ...works.slice(0, 2),
      {print: {...(done as {print: object}).print, total_cost_usd: 0.6}},
    ]);
    const plan = (milestone: number, task: number) =>
      [
        [
          {id: 'a', driver: 'claude'},
          {id: 'b', driver: 'claude', verify: 'false', budget: {usd: task}},
        ],
        {settings: {max_parallel: 1, agents: SOON, budget: {usd: milestone}, retries: 5}},
      ] as const;
    await rig.writeMilestone(ID, [...plan(10, 0.5)[0]], plan(10, 0.5)[1]);
    expect(await rig.milestone('execute', ID)).toMatchObject({
      exitCode: 7,
      stderr: expect.stringContaining('task `b`'),
    });
    expect(detected(rig).at(-1)).toMatchObject({type: 'budget', task_id: 'b'});
    expect(await rig.milestone('resume', ID)).toMatchObject({exitCode: 7});
    await rig.writeMilestone(ID, [...plan(1.3, 5)[0]], plan(1.3, 5)[1]);
    expect(await rig.milestone('resume', ID)).toMatchObject({
      exitCode: 7,
      stderr: expect.stringContaining('the milestone'),
    });
    expect(readPlan(rig, ID)).toMatchObject({
      status: 'paused',
      execution: {paused_reason: expect.stringContaining('budget')},
    });
  });
});

test.concurrent('a budget that is raised while something runs lets the rest go on', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const agents = FakeAgents.into(rig, 'claude');
  const done = claude.done({status: 'done', summary: 'Done.', assumptions: [], question: null}) as {print: object};
  agents.script('claude', 'default', [
    claude.init,
    {run: 'echo x > "$MILESTONE_TASK.txt"'},
    {print: {...done.print, total_cost_usd: 0.6}},
  ]);
  const long = await rig.command('long');
  const tasks = [{id: 'long', run: long.shell}, ...['a', 'b'].map(id => ({id, driver: 'claude'}))];
  const settings = (usd: number) => ({settings: {max_parallel: 2, agents: SOON, budget: {usd}}});
  await rig.writeMilestone(ID, tasks, settings(0.5));
  const execution = rig.milestone('execute', ID);
  const run = await long.nextRun();
  const {details} = await rig.waitForEvent(ID, 'blocker_detected');
  expect(details).toMatchObject({type: 'budget', hint: 'raise `budget` in the plan, then `milestone resume m`'});
  await rig.waitForEvent(ID, 'blockers_escalated');
  saveAs(rig, rig.planFile(ID), rig.read(rig.planFile(ID)).replace('usd: 0.5', 'usd: 5'));
  await rig.waitForEvent(ID, isCompleted('b'));
  await run.exit();
  expect(await execution).toMatchObject({exitCode: 0});
});

describe('a branch', () => {
  test.concurrent('that is rewound and put back while something runs goes on by itself', async () => {
    await using rig = await MilestoneRig.create();
    const long = await rig.command('long');
    const short = await rig.command('short');
    await rig.writeMilestone(
      ID,
      [
        {id: 'first', run: 'touch first'},
        {id: 'long', run: long.shell, dependencies: ['first']},
        {id: 'short', run: `touch short; ${short.shell}`, dependencies: ['first']},
      ],
      {settings: {agents: SOON}},
    );
    const execution = rig.milestone('execute', ID);
    const [longRun, shortRun] = [await long.nextRun(), await short.nextRun()];
    const head = rig.git('rev-parse', 'milestone/m');
    rig.git('branch', '-f', 'milestone/m', 'main');
    await shortRun.exit();
    await rig.waitForEvent(ID, isBlocker('branch_rewritten'));
    expect(short.timesRun).toBe(1);
    rig.git('branch', '-f', 'milestone/m', head);
    await rig.waitForEvent(ID, isCompleted('short'));
    expect(short.timesRun).toBe(1);
    await longRun.exit();
    expect(await execution).toMatchObject({exitCode: 0});
    expect(detected(rig)).toHaveLength(1);
  });

  test.concurrent('that is checked out with uncommitted changes takes up nothing until it is clean', async () => {
    await using rig = await MilestoneRig.create();
    const {execution, long, short} = await begin(rig);
    rig.git('worktree', 'add', '-q', `${rig.root}/mine`, 'milestone/m');
    fs.writeFileSync(`${rig.root}/mine/README`, 'changed\n');
    await short.exit();
    await rig.waitForEvent(ID, isBlocker('branch_checked_out'));
    fs.writeFileSync(`${rig.root}/mine/README`, 'A project.\n');
    await rig.waitForEvent(ID, isCompleted('third'));
    expect(seqOf(rig, isCompleted('third'))).toBeGreaterThan(seqOf(rig, ({event}) => event === 'blocker_resolved'));
    expect(outcomes(rig, ID)).toEqual([]);
    await long.exit();
    expect(await execution).toMatchObject({exitCode: 0});
    expect(fs.readFileSync(`${rig.root}/mine/third`, 'utf8')).toBe('3\n');
  });
});

describe('checks and plans', () => {
  test.concurrent('an invalid plan holds nothing but the completion', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const {execution, long, short} = await begin(rig);
    const text = rig.read(rig.planFile(ID));
    saveAs(rig, rig.planFile(ID), text.replace('id: third', 'id: third\n    dependencies: [nobody]'));
    await rig.waitForEvent(ID, isBlocker('plan_invalid'));
    await short.exit();
    await rig.waitForEvent(ID, isCompleted('third'));
    await long.exit();
    expect(await execution).toMatchObject({
      exitCode: 4,
      stderr: expect.stringMatching(
        /`nobody`.*\nhint: mend the plan \(`milestone validate \w+`\), then `milestone resume \w+`/,
      ),
    });
    expect((await rig.status(ID)).blockers).toMatchObject([{type: 'plan_invalid'}]);
    saveAs(rig, rig.planFile(ID), rig.read(rig.planFile(ID)).replace(/\n {4}dependencies: \[nobody\]/, ''));
    expect(await rig.milestone('resume', ID)).toMatchObject({exitCode: 0});
  });

  test.concurrent('an invalid plan that is mended under way is as if it had never been, the second time too', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const {execution, long, short} = await begin(rig);
    const text = () => rig.read(rig.planFile(ID));
    for (let time = 1; time <= 2; time++) {
      saveAs(rig, rig.planFile(ID), text().replace('id: third', 'id: third\n    dependencies: [nobody]'));
      await rig.waitForEvent(ID, () => detected(rig).length === time);
      saveAs(rig, rig.planFile(ID), text().replace(/\n {4}dependencies: \[nobody\]/, ''));
      await rig.waitForEvent(ID, () => eventsOf(rig, ID, 'blocker_resolved').length === time);
    }
    await short.exit();
    await long.exit();
    expect(await execution).toMatchObject({exitCode: 0});
  });

  test.concurrent('a red base is checked anew at a resume', async () => {
    await using rig = await MilestoneRig.create();
    const agents = FakeAgents.into(rig, 'claude');
    const done = claude.done({status: 'done', summary: 'Done.', assumptions: [], question: null});
    agents.script('claude', 'default', [claude.init, {write: {'a.txt': 'a'}}, done]);
    await rig.writeMilestone(ID, [{id: 'a'}], {settings: {verify: 'test -f there'}});
    expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 4});
    expect(await rig.milestone('resume', ID)).toMatchObject({exitCode: 4});
    expect(agents.runs('claude')).toEqual([]);
    rig.git('checkout', '-q', 'milestone/m');
    rig.write('there', '');
    rig.git('add', 'there');
    rig.git('commit', '-q', '-m', 'Mend it');
    rig.git('checkout', '-q', 'main');
    expect(await rig.milestone('resume', ID)).toMatchObject({exitCode: 0});
    expect(eventsOf(rig, ID, 'baseline_checked').map(({details}) => details.ok)).toEqual([false, false, true]);
  });

  test.concurrent('a red base is checked anew as soon as somebody has put commits on the branch', async () => {
    await using rig = await MilestoneRig.create();
    const agents = FakeAgents.into(rig, 'claude');
    const done = claude.done({status: 'done', summary: 'Done.', assumptions: [], question: null});
    agents.script('claude', 'default', [claude.init, {write: {'a.txt': 'a'}}, done]);
    const long = await rig.command('long');
    const tasks = [{id: 'long', run: long.shell}];
    await rig.writeMilestone(ID, tasks, {settings: {agents: SOON}});
    const execution = rig.milestone('execute', ID);
    const run = await long.nextRun();
    const verify = 'test -f there';
    await rig.writeMilestone(ID, [...tasks, {id: 'a', driver: 'claude'}], {settings: {verify, agents: SOON}});
    await rig.waitForEvent(ID, isBlocker('baseline_red'));
    rig.git('worktree', 'add', '-q', `${rig.root}/mine`, 'milestone/m');
    rig.git('-C', `${rig.root}/mine`, 'commit', '-q', '--allow-empty', '-m', 'Not mended yet');
    await rig.waitForEvent(ID, () => detected(rig).length === 2);
    fs.writeFileSync(`${rig.root}/mine/there`, '');
    rig.git('-C', `${rig.root}/mine`, 'add', 'there');
    rig.git('-C', `${rig.root}/mine`, 'commit', '-q', '-m', 'Mend it');
    await rig.waitForEvent(ID, isCompleted('a'));
    await run.exit();
    await (await long.nextRun()).exit(); // its first slot was made before it was mended
    expect(await execution).toMatchObject({exitCode: 0});
    expect(eventsOf(rig, ID, 'baseline_checked').map(({details}) => details.ok)).toEqual([false, false, true]);
  });

  test.concurrent('a red final check is a blocker; it is run again at a resume', async () => {
    await using rig = await MilestoneRig.create();
    const ok = `${rig.root}/ok`;
    await rig.writeMilestone(ID, [{id: 'a', run: 'touch a'}], {settings: {verify_final: `test -e '${ok}'`}});
    expect(await rig.milestone('execute', ID)).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('final check'),
    });
    expect(readPlan(rig, ID).blockers).toMatchObject([{type: 'final_red'}]);
    fs.writeFileSync(ok, '');
    expect(await rig.milestone('resume', ID)).toMatchObject({exitCode: 0});
    expect(eventsOf(rig, ID, 'final_checked').map(({details}) => details.ok)).toEqual([false, true]);
  });
});

test.concurrent('a task that is removed takes its blocker along, and what else goes wrong is still seen', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const work = await rig.command('work');
  const b = {id: 'b', run: work.shell, retries: 0};
  await rig.writeMilestone('m', [{id: 'a', driver: 'claude'}, b]);
  const execution = rig.milestone('execute', 'm');
  const running = await work.nextRun();
  await rig.waitForEvent('m', 'blocker_detected');
  await rig.writeMilestone('m', [b]);
  await rig.waitForEvent('m', 'plan_changed');
  expect((await rig.status('m')).blockers).toEqual([]);
  await running.exit(1);
  expect(await execution).toMatchObject({exitCode: 4, stderr: expect.stringContaining('failed with exit code 1')});
  expect(eventsOf(rig, 'm', 'agent_failed')).toEqual([]);
});
