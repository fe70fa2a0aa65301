// `execute --dry-run` and `resume --plan`: what would run, and nothing happens.

import fs from 'node:fs';
import {describe, expect, test} from 'vitest';
import {FakeAgents} from '../rig/fake-agents.ts';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {freeTask, kiroTask} from './kiro-plan.ts';
import {everythingBelow, ID, plannedRig, stoppedRig, TASKS} from './reading-rig.ts';

describe('the plan', () => {
  test.concurrent('order, waves, critical path, and for each task why', async () => {
    await using rig = await plannedRig(TASKS);
    const ended = await rig.milestone('execute', '--dry-run', '--json');
    expect(ended.exitCode).toBe(0);
    expect(ended.json()).toEqual({
      ok: true,
      plan: {
        id: ID,
        tasks: [
          {id: 'build', driver: 'shell', after: [], wave: 1, action: 'run', why: 'depends on nothing'},
          {id: 'check', driver: 'shell', after: ['build'], wave: 2, action: 'run', why: 'after `build`'},
          {id: 'ship', driver: 'shell', after: ['check'], wave: 3, action: 'run', why: 'after `check`'},
          {id: 'notes', driver: 'manual', after: ['build'], wave: 0, action: 'hold', why: 'a person does it'},
        ],
        waves: [['build'], ['check'], ['ship']],
        critical_path: ['build', 'check', 'ship'],
      },
      problems: [],
      will_stop: [{kind: 'manual', text: 'a person does: `notes`', tasks: ['notes']}],
      unchecked: ['build', 'check', 'ship'],
    });
  });

  test.concurrent('for a person, in 80 columns', async () => {
    await using rig = await plannedRig([{id: 'a', title: 'An '.repeat(50), run: 'true'}]);
    const {stdout} = await rig.milestone('execute', '--dry-run', '--max-parallel', '7');
    expect(stdout).toContain('release: 1 task would run in 1 wave, up to 7 at a time\n\nwave 1\n  run      a  An An');
    expect(stdout).toContain('nothing was changed\n');
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  test.concurrent('tasks that name no driver are for the first agent that is found, else for a person', async () => {
    await using rig = await plannedRig([{id: 'a'}, {id: 'b', driver: 'codex'}, {id: 'c', driver: 'fast'}]);
    const drivers = async () =>
      (await rig.milestone('execute', '--dry-run', '--json'))
        .json()
        .plan.tasks.map(({driver, action, why}: Record<string, string>) => [driver, action, why]);
    const [nobody, missing, unknown] = await drivers();
    expect(nobody).toEqual(['manual', 'hold', 'a person does it']);
    expect(missing).toEqual(['codex', 'hold', expect.stringContaining('`codex`, which is not on the PATH')]);
    expect(unknown).toEqual(['fast', 'hold', expect.stringContaining('the driver `fast` is not known')]);
    const agents = FakeAgents.into(rig, 'codex', 'opencode');
    rig.write('.milestones/config.yaml', 'drivers: {fast: {driver: opencode, model: small}}\n');
    expect((await drivers()).map(([driver, action]: string[]) => [driver, action])).toEqual([
      ['codex', 'run'],
      ['codex', 'run'],
      ['fast', 'run'],
    ]);
    expect([...agents.runs('codex'), ...agents.runs('opencode')]).toEqual([]);
    expect((await rig.status(ID)).tasks.map(({driver}: {driver: string}) => driver)).toEqual([
      'codex',
      'codex',
      'fast',
    ]);
    rig.write('.milestones/config.yaml', 'settings: {driver: opencode}\n');
    expect((await drivers())[0].slice(0, 2)).toEqual(['opencode', 'run']);
  });

  test.concurrent('of a kiro task: its phase, what is left, and what it waits for', async () => {
    await using rig = await plannedRig([
      {
        id: 'login',
        kiro_workflow: {
          enabled: true,
          phases: {
            design: {run: 'echo a > "$MILESTONE_DELIVERABLES/a.md"', deliverables: ['a.md']},
            spec: {run: 'true', deliverables: []},
          },
        },
      },
    ]);
    const planned = async (...flags: string[]) =>
      (await rig.milestone(...(flags as [string]), '--json')).json().plan.tasks;
    expect(await planned('execute', '--dry-run')).toMatchObject([
      {
        driver: 'shell',
        action: 'run',
        why: expect.stringContaining('design, 4 phases, approval asked after design, spec'),
      },
    ]);
    expect((await planned('execute', '--dry-run', '--gates', 'auto'))[0].why).not.toContain('approval');
    expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 6});
    expect(await planned('resume', '--plan')).toMatchObject([
      {action: 'hold', why: `its design waits for approval: \`milestone approve ${ID} login\``},
    ]);
    expect(await planned('resume', '--plan', '--gates', 'auto')).toMatchObject([
      {driver: 'shell', action: 'continue', why: 'its design is done; spec, 3 phases'},
    ]);
  });

  test.concurrent('restricted to some tasks, the others are held', async () => {
    await using rig = await plannedRig(TASKS);
    const until = (await rig.milestone('execute', '--dry-run', '--until', 'check', '--json')).json();
    expect(until.plan.waves).toEqual([['build'], ['check']]);
    const only = (await rig.milestone('execute', '--dry-run', '--only', 'ship', '--json')).json();
    expect(only.plan.tasks[2]).toMatchObject({action: 'hold', why: expect.stringContaining('`check`')});
    expect(await rig.milestone('execute', '--dry-run', '--only', 'shop')).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('did you mean `ship`?'),
    });
  });

  test.concurrent('of a stopped milestone: what is done, what failed, and what waits for it', async () => {
    await using rig = await stoppedRig();
    const {plan} = (await rig.milestone('resume', '--plan', '--json')).json();
    expect(plan.waves).toEqual([]);
    expect(plan.tasks).toMatchObject([
      {action: 'done', wave: 0},
      {action: 'hold', why: expect.stringContaining('`milestone retry release check` makes it pending')},
      {action: 'hold', why: 'waits for `check`, which would not be completed'},
      {action: 'hold'},
    ]);
    await rig.milestone('retry', ID, 'check');
    expect((await rig.milestone('resume', '--plan', '--json')).json().plan).toMatchObject({
      waves: [['check'], ['ship']],
      tasks: [{}, {action: 'run', why: 'attempt 1 failed with exit code 3'}, {action: 'run'}, {}],
    });
  });

  test.concurrent('an edit of a started plan is in it, and an invalid one is named while the plan in force counts', async () => {
    await using rig = await stoppedRig();
    const text = rig.read(rig.planFile(ID));
    rig.write(rig.planFile(ID), `${text}  - {id: more, title: More, run: "true"}\n`);
    expect((await rig.milestone('resume', '--plan', '--json')).json().plan.waves).toEqual([['more']]);
    rig.write(rig.planFile(ID), `${text}  - {id: more, title: More, run: "true", dependencies: [none]}\n`);
    const ended = await rig.milestone('resume', '--plan', '--json');
    expect(ended.json()).toMatchObject({plan: {waves: []}, problems: [{severity: 'error'}]});
  });

  test.concurrent('an attempt that a dead executor left is run again', async () => {
    await using rig = await MilestoneRig.create({git: false});
    const work = await rig.command('work');
    await rig.writeMilestone(ID, [{id: 'a', run: work.shell}]);
    const run = rig.milestone('execute', ID);
    await work.nextRun();
    expect(await rig.milestone('execute', ID, '--dry-run')).toMatchObject({exitCode: 5});
    run.kill('SIGKILL');
    await run;
    const answer = (await rig.milestone('execute', ID, '--dry-run', '--json')).json();
    expect(answer.plan.tasks).toMatchObject([{action: 'run', why: 'attempt 1 was interrupted'}]);
  });
});

describe('what cannot run', () => {
  test.concurrent('what is left has failed: exit code 4, as the execution has it, and the way on', async () => {
    await using rig = await stoppedRig();
    const dry = await rig.milestone('resume', '--plan', '--json');
    const real = await rig.milestone('resume', '--json');
    expect({dry: dry.exitCode, real: real.exitCode}).toEqual({dry: 4, real: 4});
    const {code} = real.jsonLines().at(-1).error;
    expect(dry.json()).toMatchObject({
      ok: false,
      error: {code, message: expect.stringContaining('task `check` failed'), hint: `milestone retry ${ID}`},
      plan: {waves: []},
    });
    expect(await rig.milestone('resume', '--plan')).toMatchObject({
      exitCode: 4,
      stdout: expect.stringContaining(`hint: milestone retry ${ID}\n`),
    });
    await rig.milestone('skip', '--yes', ID, 'check');
    expect(await rig.milestone('resume', '--plan')).toMatchObject({exitCode: 0});
  });

  test.concurrent('a task that waits for a person can go on: exit code 0', async () => {
    await using rig = await plannedRig([{id: 'notes', driver: 'manual'}]);
    expect(await rig.milestone('execute', '--dry-run')).toMatchObject({exitCode: 0});
    expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 6});
    expect(await rig.milestone('resume', '--plan')).toMatchObject({exitCode: 0});
  });

  test.concurrent('an invalid plan: exit code 2 with all problems', async () => {
    await using rig = await plannedRig(
      'id: release\ntitle: R\ntasks:\n  - {id: a, title: A, run: x, dependencies: [a]}\n',
    );
    const ended = await rig.milestone('execute', '--dry-run', '--json');
    expect(ended.exitCode).toBe(2);
    expect(ended.json()).toMatchObject({ok: false, error: {code: 'PLAN_INVALID'}, problems: [{severity: 'error'}]});
    expect(await rig.milestone('execute', '--dry-run')).toMatchObject({exitCode: 2, stdout: ''});
  });

  test.concurrent('a required milestone that is missing: exit code 3, and the plan all the same', async () => {
    await using rig = await plannedRig([{id: 'a', run: 'true'}], {dependencies: {requires: ['foundation']}});
    const ended = await rig.milestone('execute', '--dry-run', '--json');
    expect(ended.exitCode).toBe(3);
    expect(ended.json()).toMatchObject({ok: false, error: {code: 'REQUIRED_MISSING'}, plan: {waves: [['a']]}});
    const text = await rig.milestone('execute', '--dry-run');
    expect(text.stdout).toContain('requires: foundation (not completed)');
    await rig.writeMilestone('foundation', [{id: 'a', run: 'true'}]);
    await rig.milestone('execute', 'foundation');
    expect(await rig.milestone('execute', ID, '--dry-run')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('requires: foundation (completed)'),
    });
  });

  test.concurrent('a status that the command does not accept: exit code 3', async () => {
    await using rig = await stoppedRig();
    expect(await rig.milestone('execute', '--dry-run')).toMatchObject({exitCode: 3});
    await rig.writeMilestone('new', [{id: 'a', run: 'true'}]);
    expect(await rig.milestone('resume', 'new', '--plan')).toMatchObject({exitCode: 3});
    expect(await rig.milestone('execute', 'new', '--dry-run')).toMatchObject({exitCode: 0});
  });
});

/** The answer of a dry run, which must be the one that the execution gives. */
async function refused(rig: MilestoneRig, ...flags: string[]): Promise<{exitCode: number | null; error: unknown}> {
  const words = ['execute', ID, '--json', ...flags];
  const before = everythingBelow(rig.folder);
  const dry = await rig.milestone(...words, '--dry-run');
  expect(everythingBelow(rig.folder)).toEqual(before);
  const real = await rig.milestone(...words);
  const {exitCode, stdout} = real;
  const {error} = dry.json() as {error: unknown};
  expect(dry.json()).toMatchObject({ok: false});
  expect({exitCode: dry.exitCode, error}).toEqual({
    exitCode,
    error: JSON.parse(stdout.trim().split('\n').at(-1)!).error,
  });
  return {exitCode, error};
}

describe('what git does not allow, as the execution says it', () => {
  const tasks = [{id: 'a', run: 'true', no_changes: true}];

  test.concurrent("a branch in the way of the milestone's", async () => {
    await using rig = await MilestoneRig.create();
    await rig.writeMilestone(ID, tasks);
    rig.git('branch', 'milestone');
    expect(await refused(rig)).toMatchObject({exitCode: 3, error: {code: 'BRANCH_BLOCKED'}});
  });

  test.concurrent('a branch of its own at a first activation, unless that is adopted', async () => {
    await using rig = await MilestoneRig.create();
    await rig.writeMilestone(ID, tasks);
    rig.git('branch', `milestone/${ID}`);
    expect(await refused(rig)).toMatchObject({exitCode: 3, error: {code: 'BRANCH_EXISTS'}});
    expect(await rig.milestone('resume', ID, '--adopt', '--plan')).toMatchObject({exitCode: 0});
    expect(await rig.milestone('execute', ID, '--no-git', '--dry-run')).toMatchObject({exitCode: 0});
  });

  test.concurrent('a base that does not exist', async () => {
    await using rig = await MilestoneRig.create();
    await rig.writeMilestone(ID, tasks, {settings: {base: 'nosuch'}});
    expect(await refused(rig)).toMatchObject({exitCode: 3, error: {code: 'BASE_MISSING'}});
  });

  test.concurrent('no repository where there has to be one', async () => {
    await using rig = await MilestoneRig.create({git: false});
    await rig.writeMilestone(ID, tasks, {settings: {isolation: 'worktree'}});
    expect(await refused(rig)).toMatchObject({exitCode: 3, error: {code: 'NOT_A_REPOSITORY'}});
  });

  test.concurrent('a required milestone that conflicts with the base', async () => {
    await using rig = await MilestoneRig.create();
    await rig.writeMilestone('foundation', [{id: 'a', run: 'echo theirs > file'}]);
    await rig.milestone('execute', 'foundation');
    rig.write('file', 'ours');
    rig.commit('Ours');
    await rig.writeMilestone(ID, tasks, {dependencies: {requires: ['foundation']}});
    expect(await refused(rig)).toMatchObject({exitCode: 3, error: {code: 'REQUIRED_CONFLICT'}});
  });

  test.concurrent('a checkout that is to be shared and is not clean', async () => {
    await using rig = await MilestoneRig.create();
    await rig.writeMilestone(ID, tasks, {settings: {isolation: 'shared'}});
    expect(await rig.milestone('execute', ID, '--dry-run')).toMatchObject({exitCode: 0});
    rig.write('README', 'Changed.\n');
    expect(await refused(rig)).toMatchObject({exitCode: 3, error: {code: 'TREE_DIRTY'}});
  });

  test.concurrent("the milestone's own branch, checked out and not clean", async () => {
    await using rig = await MilestoneRig.create();
    await rig.writeMilestone(ID, tasks);
    await rig.milestone('activate', ID);
    rig.git('checkout', '-q', `milestone/${ID}`);
    expect(await rig.milestone('execute', ID, '--dry-run')).toMatchObject({exitCode: 0});
    rig.write('README', 'Changed.\n');
    expect(await refused(rig)).toMatchObject({exitCode: 3, error: {code: 'TREE_DIRTY'}});
  });
});

test.concurrent('nothing changes on disk, and no program starts but git, which adds nothing to the repository', async () => {
  await using rig = await MilestoneRig.create({commit: false});
  await rig.writeMilestone(ID, [{id: 'a', run: 'touch ran'}]);
  const before = everythingBelow(rig.folder);
  expect(await rig.milestone('execute', '--dry-run')).toMatchObject({exitCode: 0});
  expect(everythingBelow(rig.folder)).toEqual(before);
  expect(fs.readdirSync(rig.path('../tmp'))).toEqual([]);
  expect(rig.exists(rig.stateFolder)).toBe(false);
});

describe('what it will stop for', () => {
  const kindsOf = async (rig: MilestoneRig, ...flags: string[]) =>
    (await rig.milestone('execute', ID, '--dry-run', '--json', ...flags))
      .json()
      .will_stop.map(({kind, tasks}: {kind: string; tasks: string[]}) => [kind, tasks]);

  test.concurrent('is the end of it; nothing, when it runs through', async () => {
    await using rig = await plannedRig([{id: 'a', run: 'true'}, freeTask('b')]);
    const {stdout} = await rig.milestone('execute', '--dry-run');
    expect(stdout).toMatch(/\n\nwill stop for you: nothing\n$/);
    expect(stdout).toContain('\nno check but their exit code, so they would be done, unchecked: `a`, `b`\n');
    expect(await kindsOf(rig)).toEqual([]);
  });

  test.concurrent('gates, manual tasks, no check, no budget, agents that are not found, what failed', async () => {
    await using rig = await MilestoneRig.create({git: false});
    FakeAgents.into(rig, 'codex');
    await rig.writeMilestone(ID, [
      {id: 'bad', run: 'exit 1', retries: 0},
      kiroTask('docs', {execute: {run: undefined, driver: 'manual'}}),
      {id: 'notes', driver: 'manual'},
      {id: 'lost', driver: 'claude', verify: 'true', budget: {usd: 1}},
      {id: 'code', driver: 'codex'},
      {id: 'safe', driver: 'codex', verify: 'true', budget: {usd: 1}},
    ]);
    expect(await kindsOf(rig)).toEqual([
      ['gate', ['docs']],
      ['manual', ['docs', 'notes']],
      ['agent_missing', ['lost']],
      ['no_check', ['code']],
      ['no_budget', ['code']],
    ]);
    expect(await kindsOf(rig, '--gates', 'auto', '--only', 'docs')).toEqual([['manual', ['docs']]]);
    const {stdout} = await rig.milestone('execute', ID, '--dry-run');
    expect(stdout).toMatch(
      /\nwill stop for you\n {2}approval is asked for the design, spec of `docs`\n {2}a person does: `docs`, `notes`\n/,
    );
    expect(stdout).toMatch(
      /\n {2}no check, so they would be done, unchecked: `code`\n {2}no budget bounds what agents may spend on: `code`\n$/,
    );
    await rig.milestone('execute', ID, '--only', 'bad');
    const after = (await rig.milestone('resume', ID, '--plan', '--json')).json();
    expect(after.will_stop[0]).toMatchObject({kind: 'failed', tasks: ['bad']});
    await rig.writeMilestone('bounded', [{id: 'code', driver: 'codex'}], {
      settings: {verify: 'true', budget: {usd: 5}},
    });
    const bounded = await rig.milestone('execute', 'bounded', '--dry-run');
    expect(bounded.stdout).toMatch(/will stop for you: nothing\n$/);
  });

  test.concurrent('files of the checkout that no commit has, and a disk on which slots find no room', async () => {
    await using rig = await MilestoneRig.create();
    await rig.writeMilestone(ID, [{id: 'a', run: 'true'}]);
    rig.write('draft', 'not committed');
    expect((await rig.milestone('execute', '--dry-run')).stdout).toMatch(
      /\nwill stop for you\n {2}tasks do not see 1 uncommitted file of your checkout\n$/,
    );
    rig.git('add', 'draft');
    rig.commit('Add the draft');
    expect(await kindsOf(rig)).toEqual([]);
  });

  test.concurrent('as Markdown, for the summary of a job', async () => {
    await using rig = await plannedRig([
      {id: 'late', run: 'true', dependencies: ['a']},
      {id: 'a', title: 'Build <it> | now', run: 'true'},
      {id: 'b', driver: 'manual', dependencies: ['a']},
    ]);
    const {stdout, exitCode} = await rig.milestone('execute', '--dry-run', '--format', 'md');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^# release\n\n2 tasks would run in 2 waves, up to 3 at a time\n\n\| wave \| task /);
    expect(stdout).toContain(
      '\n| 1 | `a` Build \\<it\\> \\| now | run | shell | depends on nothing |\n| 2 | `late` | run | shell | after `a` |\n',
    );
    expect(stdout).toMatch(/\n\n## Will stop for you\n\n- a person does: `b`\n$/);
    expect(rig.exists('.milestones/logs')).toBe(false);
  });
});
