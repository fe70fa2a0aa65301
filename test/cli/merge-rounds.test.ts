// The merge queue takes finished works onto the branch together.

import path from 'node:path';
import {describe, expect, test} from 'vitest';
import type {MilestoneEvent} from '../../src/events/event.ts';
import {MilestoneRig, type TaskText} from '../rig/milestone-rig.ts';
import {diary, eventsOf, fileAt, filesAt, outcomes, subjects, tasksIn} from './support.ts';

const ID = 'release';
const BRANCH = `milestone/${ID}`;

interface Gathering {
  /** Works that all wait while that of `opener` is checked, in the order of their claims; each leaves a file of its name. */
  tasks: readonly TaskText[];
  /** More of the plan. */
  more?: readonly TaskText[];
  /** A check of the milestone besides the one that waits. */
  verify?: string;
  settings?: Record<string, unknown>;
}

/**
 * Have works gather in the queue: `first` is integrated, `opener`, begun before that, is checked in the queue and waits
 * there for the test, and meanwhile the others come, one after the other.
 */
async function gather(rig: MilestoneRig, {tasks, more = [], verify = 'true', settings = {}}: Gathering) {
  const [hold, check] = [await rig.command('hold'), await rig.command('check')];
  const all = [{id: 'opener'}, ...tasks];
  const places = all.length + 1;
  // Only the first time that the queue looks at what has `first` in it.
  const isToWait = `[ "$MILESTONE_SLOT" = ${places} ] && [ -e first ] && mkdir '${path.join(rig.root, 'latch')}' 2> /dev/null`;
  const work = ({id, run = `echo ${id} > ${id}`, ...task}: TaskText) => ({...task, id, run: `(${hold.shell}); ${run}`});
  await rig.writeMilestone(ID, [{id: 'first', run: 'echo first > first'}, ...all.map(work), ...more], {
    settings: {max_parallel: places, verify: `if ${isToWait}; then (${check.shell}); fi; ${verify}`, ...settings},
  });
  const run = rig.milestone('execute', ID);
  const held = new Map<string, Awaited<ReturnType<typeof hold.nextRun>>>();
  for (const _ of all) {
    const one = await hold.nextRun();
    held.set(one.env.MILESTONE_TASK!, one);
  }
  await rig.waitForEvent(ID, 'task_completed');
  await held.get('opener')!.exit();
  const checking = await check.nextRun();
  for (const {id} of tasks) {
    await held.get(id)!.exit();
    await rig.waitForEvent(ID, isQueued(id));
  }
  return {run, checking, hold};
}

const isQueued = (id: string) => (event: MilestoneEvent) =>
  event.event === 'task_queued' && event.details.task_id === id;

const named = (...ids: string[]) => ids.map(id => ({id}));
const rounds = (rig: MilestoneRig) =>
  eventsOf(rig, ID, 'round_checked').map(({details: {ok, tasks}}) => `${ok ? 'green' : 'red'}: ${tasks.join(' ')}`);

describe('works that wait', () => {
  test.concurrent('are checked together, and integrated in one move with a commit each', async () => {
    await using rig = await MilestoneRig.create();
    const {run, checking} = await gather(rig, {tasks: named('a', 'b', 'c')});
    const status = await rig.status(ID);
    expect(status.tasks.map(({stage}: {stage?: string}) => stage)).toEqual([
      undefined,
      ...Array(4).fill('integrating'),
    ]);
    expect(status.tasks.map(({round}: {round?: string[]}) => round)).toEqual([undefined, ['opener'], ...Array(3)]);
    const {stdout} = await rig.milestone('status', ID);
    expect(stdout).toMatch(/opener +in a round \d/);
    expect(stdout).toMatch(/a +in the queue \d/);
    await checking.exit();
    expect(await run).toMatchObject({exitCode: 0});
    expect(rounds(rig)).toEqual(['green: opener', 'green: a b c']);
    const started = eventsOf(rig, ID, 'round_started').map(({details}) => details.tasks);
    expect(started).toEqual([['opener'], ['a', 'b', 'c']]);
    expect((await run).stdout).toContain('checking together: a, b, c');
    expect((await rig.status(ID)).tasks.map(({round}: {round?: string[]}) => round)).toEqual(Array(5));
    const [, round] = eventsOf(rig, ID, 'round_checked').map(({details}) => details);
    const integrating = eventsOf(rig, ID, 'task_integrating').map(({details}) => details);
    expect(integrating.slice(2).map(({onto, tip}) => [onto, tip])).toEqual(Array(3).fill([round!.onto, round!.tip]));
    expect(rig.git('rev-parse', BRANCH)).toBe(round!.tip);
    const commits = rig.git('rev-list', '--reverse', '--first-parent', `main..${BRANCH}`).split('\n');
    expect(integrating.map(({commit}) => commit)).toEqual(commits);
    expect(eventsOf(rig, ID, 'task_completed').map(({details}) => [details.commit, details.tip])).toEqual(
      commits.map((commit, place) => [commit, commits[Math.max(place, place > 1 ? 4 : 0)]]),
    );
    expect(rig.git('reflog', 'show', '--format=%gs', BRANCH).split('\n')[0]).toBe(
      'milestone: a, attempt 1; b, attempt 1; c, attempt 1',
    );
  });

  test.concurrent('take no place and no slot', async () => {
    await using rig = await MilestoneRig.create();
    const late = await rig.command('late');
    const {run, checking} = await gather(rig, {
      tasks: [...named('a'), {id: 'b', run: `echo b > b`}],
    });
    const plan = rig.read(rig.planFile(ID));
    const more = ['x', 'y', 'z', 'w'].map(id => `  - {id: ${id}, title: ${id}, run: ${JSON.stringify(late.shell)}}\n`);
    rig.write(rig.planFile(ID), `${plan.trimEnd()}\n${more.join('')}`);
    // As many as there are places, in all the slots.
    const runs = [await late.nextRun(), await late.nextRun(), await late.nextRun(), await late.nextRun()];
    expect(runs.map(({env}) => env.MILESTONE_SLOT).sort()).toEqual(['0', '1', '2', '3']);
    await checking.exit();
    for (const one of runs) await one.exit();
    expect(await run).toMatchObject({exitCode: 0});
    expect(filesAt(rig, BRANCH)).toEqual(['README', 'a', 'b', 'first', 'opener']);
  });

  test.concurrent('are taken at most `merge.batch` at a time, and checked by the commands of all of these, each once', async () => {
    await using rig = await MilestoneRig.create();
    const {file, lines} = diary(rig);
    const say = (what: string) => `[ "$MILESTONE_SLOT" != 6 ] || echo '${what}' >> ${file}`;
    const {run, checking} = await gather(rig, {
      tasks: [
        {id: 'a', verify: say('shared')},
        {id: 'b', verify: say('shared')},
        {id: 'c', verify: say('of c')},
        {id: 'd'},
      ],
      verify: say('milestone'),
      settings: {merge: {batch: 3}},
    });
    const before = lines();
    await checking.exit();
    expect(await run).toMatchObject({exitCode: 0});
    expect(before.filter(line => line !== 'milestone')).toEqual([]);
    expect(rounds(rig)).toEqual(['green: opener', 'green: a b c', 'green: d']);
    // The check of the milestone is of `opener`, of the three and of `d`.
    expect(lines().slice(before.length).sort()).toEqual(['milestone', 'milestone', 'milestone', 'of c', 'shared']);
    const [, round] = eventsOf(rig, ID, 'round_checked');
    expect(round!.details.checks.map(({name}) => name)).toEqual(['task', 'task', 'milestone']);
  });
});

describe('a round that is red', () => {
  const isBad = (id: string) => `[ ! -e ${id} ] || [ ! -e first ]`;

  test.concurrent('is halved until who is red alone is found, and nobody else loses a try', async () => {
    await using rig = await MilestoneRig.create();
    const {run, checking} = await gather(rig, {
      tasks: [...named('a', 'b'), {id: 'bad', retries: 0}, ...named('c', 'd')],
      verify: isBad('bad'),
      settings: {verify_retries: 0},
    });
    await checking.exit();
    expect(await run).toMatchObject({
      exitCode: 4,
      stderr: expect.stringMatching(/task `bad` did not pass its check: .*, merged in a round with `a`, `b`, `c`, `d`/),
    });
    expect(rounds(rig)).toEqual([
      'green: opener',
      'red: a b bad c d',
      'red: a b bad',
      'green: a b',
      'red: bad',
      'green: c d',
    ]);
    expect(tasksIn(rig, ID, 'task_completed')).toEqual(['first', 'opener', 'a', 'b', 'c', 'd']);
    expect(tasksIn(rig, ID, 'task_failed')).toEqual(['bad']);
    expect(eventsOf(rig, ID, 'task_started')).toHaveLength(7);
    expect(fileAt(rig, `refs/milestone/rescue/${ID}/bad.1`, 'bad')).toBe('bad');
    expect(eventsOf(rig, ID, 'task_verified').filter(({details}) => !details.ok)).toMatchObject([
      {details: {task_id: 'bad', on: 'merged'}},
    ]);
  });

  test.concurrent('for two that are red only together costs the later one a try, which sees the other', async () => {
    await using rig = await MilestoneRig.create();
    const {run, checking, hold} = await gather(rig, {
      tasks: [{id: 'a'}, {id: 'b', run: 'if [ -e a ]; then echo mended > b; else echo b > b; fi'}],
      verify: '! { [ -e a ] && grep -q b b; }',
      settings: {verify_retries: 0},
    });
    await checking.exit();
    await (await hold.nextRun()).exit();
    expect(await run).toMatchObject({exitCode: 0});
    expect(rounds(rig)).toEqual(['green: opener', 'red: a b', 'green: a', 'red: b']);
    expect(tasksIn(rig, ID, 'task_started').slice(-1)).toEqual(['b']);
    expect(fileAt(rig, BRANCH, 'b')).toBe('mended');
  });

  test.concurrent('only for the check of one that is integrated meanwhile blames nobody', async () => {
    await using rig = await MilestoneRig.create();
    const {run, checking} = await gather(rig, {
      tasks: [{id: 'a', verify: '[ ! -e b ]'}, {id: 'b'}],
      settings: {verify_retries: 0},
    });
    await checking.exit();
    expect(await run).toMatchObject({exitCode: 0});
    expect(rounds(rig)).toEqual(['green: opener', 'red: a b', 'green: a', 'green: b']);
  });
});

describe('a conflict', () => {
  const touch = (id: string, text: string) => ({id, run: `echo ${text} > same; echo ${id} > ${id}`});

  test.concurrent('with the round alone waits for the next one, and costs a try only where that is on the branch', async () => {
    await using rig = await MilestoneRig.create({files: {same: 'base\n'}});
    const {run, checking, hold} = await gather(rig, {
      tasks: [{...touch('bad', 'x'), retries: 0}, touch('other', 'y'), touch('late', 'z')],
      verify: '[ ! -e bad ] || [ ! -e first ]',
      settings: {verify_retries: 0},
    });
    await checking.exit();
    // `other` was in the way of `late`, and `bad` was in the way of both.
    await (await hold.nextRun()).exit();
    expect(await run).toMatchObject({exitCode: 4});
    expect(rounds(rig)).toEqual(['green: opener', 'red: bad', 'green: other']);
    expect(outcomes(rig, ID).map(({kind}) => kind)).toEqual(['failed', 'conflict']);
    expect(tasksIn(rig, ID, 'task_started').slice(-1)).toEqual(['late']);
    expect(fileAt(rig, BRANCH, 'same')).toBe('z');
  });
});

describe('meanwhile', () => {
  test.concurrent('a person moves the branch: the round is merged and checked again', async () => {
    await using rig = await MilestoneRig.create();
    const {run, checking} = await gather(rig, {tasks: named('a')});
    rig.git('worktree', 'add', '-q', rig.path('../mine'), BRANCH);
    rig.git('-C', rig.path('../mine'), 'commit', '-q', '--allow-empty', '-m', 'mine');
    await checking.exit();
    expect(await run).toMatchObject({exitCode: 0});
    expect(rounds(rig)).toEqual(['green: opener', 'green: opener a']);
    expect(subjects(rig, ID)).toEqual([
      expect.stringContaining(': first'),
      'mine',
      expect.stringContaining(': opener'),
      expect.stringContaining(': a'),
    ]);
  });

  test.concurrent('tasks are skipped: one that waits leaves at once, its work is kept, and a round goes on without one in it', async () => {
    await using rig = await MilestoneRig.create();
    const {run, checking} = await gather(rig, {tasks: named('a', 'b')});
    expect(await rig.milestone('skip', ID, 'a', '--yes')).toMatchObject({exitCode: 0});
    expect(fileAt(rig, `refs/milestone/rescue/${ID}/a.1`, 'a')).toBe('a');
    expect(await rig.milestone('skip', ID, 'opener', '--yes')).toMatchObject({exitCode: 0});
    await checking.ended;
    expect(await run).toMatchObject({exitCode: 0});
    expect(rounds(rig)).toEqual(['green: b']);
    expect(filesAt(rig, BRANCH)).toEqual(['README', 'b', 'first']);
  });

  // By SIGKILL, at any moment: test/kill/round-kill.test.ts.
  test.concurrent('the executor is told to end: what waits is integrated by the next one, and no attempt runs again', async () => {
    await using rig = await MilestoneRig.create();
    const {run, hold} = await gather(rig, {tasks: named('a', 'b')});
    run.kill('SIGTERM');
    await run;
    expect(await rig.milestone('resume', ID)).toMatchObject({exitCode: 0});
    expect(hold.timesRun).toBe(3);
    expect(rounds(rig)).toEqual(['green: opener a b']);
    expect(eventsOf(rig, ID, 'attempt_ended')).toEqual([]);
    expect(filesAt(rig, BRANCH)).toEqual(['README', 'a', 'b', 'first', 'opener']);
  });

  test.concurrent('the milestone is paused at once: what waits is integrated by the next execution, and runs once', async () => {
    await using rig = await MilestoneRig.create();
    const {run, hold} = await gather(rig, {tasks: named('a', 'b')});
    expect(await rig.milestone('pause', ID, '--now')).toMatchObject({exitCode: 0});
    expect(await run).toMatchObject({exitCode: 6});
    expect((await rig.status(ID)).counts).toMatchObject({in_progress: 3, completed: 1});
    expect(await rig.milestone('resume', ID)).toMatchObject({exitCode: 0});
    expect(hold.timesRun).toBe(3);
    expect(rounds(rig)).toEqual(['green: opener a b']);
    expect(eventsOf(rig, ID, 'attempt_ended')).toEqual([]);
  });

  test.concurrent('the executor is gone and the milestone is paused: what waits is there for the next one', async () => {
    await using rig = await MilestoneRig.create();
    const {run, hold} = await gather(rig, {tasks: named('a', 'b')});
    run.kill('SIGKILL');
    await run;
    expect(await rig.milestone('pause', ID)).toMatchObject({exitCode: 0});
    expect((await rig.status(ID)).counts).toMatchObject({in_progress: 3, completed: 1});
    expect(await rig.milestone('resume', ID)).toMatchObject({exitCode: 0});
    expect(hold.timesRun).toBe(3);
    expect(rounds(rig)).toEqual(['green: opener a b']);
    expect(eventsOf(rig, ID, 'attempt_ended')).toEqual([]);
  });

  test.concurrent('the milestone is cancelled: what waits is kept, and the executor ends', async () => {
    await using rig = await MilestoneRig.create();
    const {run} = await gather(rig, {tasks: named('a')});
    expect(await rig.milestone('cancel', ID)).toMatchObject({exitCode: 0});
    expect(await run).toMatchObject({exitCode: 3});
    for (const id of ['opener', 'a']) expect(fileAt(rig, `refs/milestone/rescue/${ID}/${id}.1`, id)).toBe(id);
    expect(filesAt(rig, BRANCH)).toEqual(['README', 'first']);
  });
});

test.concurrent('what a person has done is checked with what waits', async () => {
  await using rig = await MilestoneRig.create();
  const {run, checking} = await gather(rig, {
    tasks: named('a'),
    more: [{id: 'mine', driver: 'manual', verify: '[ -e a ]'}],
  });
  const done = rig.milestone('task', 'done', ID, 'mine');
  await rig.waitForEvent(ID, isQueued('mine'));
  expect(await done).toMatchObject({exitCode: 0});
  await checking.exit();
  expect(await run).toMatchObject({exitCode: 0});
  expect(rounds(rig)).toEqual(['green: opener', 'green: a mine']);
  expect(eventsOf(rig, ID, 'task_completed').at(-1)).toMatchObject({details: {task_id: 'mine', checked: true}});
});
