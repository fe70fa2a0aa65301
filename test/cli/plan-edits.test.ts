// The plan may be edited while it executes: what can still change does, what cannot is said.

import fs from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import type {MilestoneEvent} from '../../src/events/event.ts';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {waitForFile} from '../rig/wait-for-file.ts';
import {diary, eventsOf, fileAt, outcomes, readPlan, saveAs, tasksIn} from './support.ts';

const ID = 'release';

/** The plan as a person writes it, with the tasks given as lines. */
function text(...tasks: string[]): string {
  return ['# mine, to be kept', `id: ${ID}`, 'title: R', 'tasks:', ...tasks.map(task => `  - ${task}`), ''].join('\n');
}

function edit(rig: MilestoneRig, change: (text: string) => string): void {
  saveAs(rig, rig.planFile(ID), change(rig.read(rig.planFile(ID))));
}

const completed = (id: string) => (event: MilestoneEvent) =>
  event.event === 'task_completed' && event.details.task_id === id;

// biome-ignore lint/suspicious/noExplicitAny: answers are checked by the tests, not by types
async function projected(rig: MilestoneRig, isSo: (plan: any) => boolean): Promise<void> {
  const watcher = fs.watch(rig.path('.milestones/active'));
  const came = new Promise<void>(resolve => {
    const look = () => rig.exists(rig.planFile(ID)) && isSo(readPlan(rig, ID)) && resolve();
    watcher.on('change', look);
    look();
  });
  await came.finally(() => watcher.close());
}

test.concurrent('a task that is added joins, a pending one changes or goes, and a completed one stays what it was', async () => {
  await using rig = await MilestoneRig.create();
  const work = await rig.command('work');
  await rig.writeMilestone(
    ID,
    text(
      `{id: a, title: A, run: "${work.shell}"}`,
      `{id: b, title: B, run: echo old > b, dependencies: [a]}`,
      `{id: c, title: C, run: echo c > c, dependencies: [a]}`,
    ),
  );
  const run = rig.milestone('execute', ID);
  const first = await work.nextRun();
  await rig.waitForEvent(ID, 'task_working');
  edit(
    rig,
    plan =>
      `${plan.replace('echo old', 'echo new').replace(/ +- \{?id: c[\s\S]*$/, '')}  - {id: d, title: D, run: echo d > d}\n`,
  );
  await rig.waitForEvent(ID, completed('d'));
  const d = / +- \{?id: d[\s\S]*$/;
  edit(rig, plan => plan.replace(d, ''));
  const refused = await rig.waitForEvent(ID, 'plan_refused');
  expect(refused.details.problems.join()).toContain('`d`');
  edit(rig, plan => `${plan.replace(d, '')}  - {id: d, title: D, run: echo other > d}\n`);
  await rig.waitForEvent(
    ID,
    event => event.event === 'plan_changed' && event.details.warnings.join().includes(`milestone redo ${ID} d`),
  );
  await first.exit();
  expect(await run).toMatchObject({exitCode: 0, stdout: expect.stringContaining('the plan was edited')});
  expect(fileAt(rig, `milestone/${ID}`, 'd')).toBe('d');
  expect(tasksIn(rig, ID, 'task_completed')).toEqual(['d', 'a', 'b']);
  expect(fileAt(rig, `milestone/${ID}`, 'b')).toBe('new');
  expect(rig.read(rig.planFile(ID, 'completed'))).toContain('# mine, to be kept');
});

test.concurrent('the only running task may be removed, and what waited for it goes on without it', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const work = await rig.command('work');
  await rig.writeMilestone(
    ID,
    text(`{id: a, title: A, run: "${work.shell}"}`, '{id: b, title: B, run: echo b > b, dependencies: [a]}'),
  );
  const run = rig.milestone('execute', ID);
  await work.nextRun();
  await rig.waitForEvent(ID, 'task_working');
  saveAs(rig, rig.planFile(ID), text('{id: b, title: B, run: echo b > b}'));
  expect(await run).toMatchObject({exitCode: 0});
  expect(tasksIn(rig, ID, 'task_completed')).toEqual(['b']);
  expect(readPlan(rig, ID, 'completed').status).toBe('completed');
});

test.concurrent('a running task that changes does so with its next attempt', async () => {
  await using rig = await MilestoneRig.create();
  const work = await rig.command('work');
  await rig.writeMilestone(ID, text(`{id: a, title: A, run: "${work.shell}"}`));
  const run = rig.milestone('execute', ID);
  const first = await work.nextRun();
  await rig.waitForEvent(ID, 'task_working');
  saveAs(rig, rig.planFile(ID), text(`{id: a, title: A, run: "echo new > a"}`));
  await rig.waitForEvent(ID, 'plan_changed');
  expect(work.running).toEqual([first]);
  await first.exit(1);
  expect(await run).toMatchObject({exitCode: 0});
  expect(fileAt(rig, `milestone/${ID}`, 'a')).toBe('new');
});

test.concurrent('an edit that is not valid is refused and left as it is; completion waits', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const work = await rig.command('work');
  await rig.writeMilestone(
    ID,
    text(`{id: a, title: A, run: "${work.shell}"}`, '{id: b, title: B, run: echo b > b, dependencies: [a]}'),
  );
  const run = rig.milestone('execute', ID);
  const first = await work.nextRun();
  const broken = text(
    `{id: a, title: A, run: "${work.shell}", dependencies: [b]}`,
    '{id: b, title: B, run: echo b > b, dependencies: [a]}',
  );
  saveAs(rig, rig.planFile(ID), broken);
  await rig.waitForEvent(ID, 'plan_refused');
  await first.exit();
  const ended = await run;
  expect(ended.exitCode).toBe(4);
  expect(ended.stderr).toMatch(/not valid[\s\S]*milestone resume/);
  expect(tasksIn(rig, ID, 'task_completed')).toEqual(['a', 'b']);
  expect(rig.read(rig.planFile(ID))).toBe(broken);
  expect(await rig.milestone('resume', ID)).toMatchObject({exitCode: 4});
  saveAs(rig, rig.planFile(ID), broken.replace(', dependencies: [b]', ''));
  expect(await rig.milestone('resume', ID)).toMatchObject({exitCode: 0});
  expect(work.timesRun).toBe(1);
});

test.concurrent('the file may vanish: the plan in force goes on, completion waits for its return', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const work = await rig.command('work');
  await rig.writeMilestone(
    ID,
    text(`{id: a, title: A, run: "${work.shell}"}`, '{id: b, title: B, run: echo b > b, dependencies: [a]}'),
  );
  const run = rig.milestone('execute', ID);
  const first = await work.nextRun();
  await rig.waitForEvent(ID, 'task_working');
  const kept = rig.read(rig.planFile(ID));
  fs.rmSync(rig.path(rig.planFile(ID)));
  await rig.waitForEvent(ID, 'plan_refused');
  await first.exit();
  const ended = await run;
  expect(ended.exitCode).toBe(4);
  expect(tasksIn(rig, ID, 'task_completed')).toEqual(['a', 'b']);
  expect(await rig.milestone('resume', ID)).toMatchObject({exitCode: 4, stderr: expect.stringContaining('validate')});
  rig.write(rig.planFile(ID), kept);
  expect(await rig.milestone('resume', ID)).toMatchObject({exitCode: 0});
  expect(readPlan(rig, ID, 'completed').status).toBe('completed');
});

test.concurrent('a file that was moved away and back again counts, also unchanged', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const work = await rig.command('work');
  await rig.writeMilestone(ID, text(`{id: a, title: A, run: "${work.shell}"}`));
  const run = rig.milestone('execute', ID);
  const first = await work.nextRun();
  await projected(rig, plan => plan.tasks[0].status === 'in_progress');
  const [file, aside] = [rig.path(rig.planFile(ID)), rig.path('aside.yaml')];
  fs.renameSync(file, aside);
  await rig.waitForEvent(ID, 'plan_refused');
  fs.renameSync(aside, file);
  await rig.waitForEvent(ID, 'plan_changed');
  await first.exit();
  expect(await run).toMatchObject({exitCode: 0});
  expect(readPlan(rig, ID, 'completed').status).toBe('completed');
});

/** So large that it is read in a process of its own. */
const large = (plan: string) => `# ${'large '.repeat(12_000)}\n${plan}`;

/** Environment in which whoever reads large plans for `milestone` does something else first. */
function readersFirst(rig: MilestoneRig, script: string): Record<string, string> {
  const preload = path.join(rig.root, 'readers-first.cjs');
  fs.writeFileSync(preload, `const fs = require('node:fs');\nif (process.argv[2] === '__read-plan') {\n${script}\n}\n`);
  return {NODE_OPTIONS: `--require ${preload}`};
}

test.concurrent('a reader of the plan that dies does not end the run: the edit is read again', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const work = await rig.command('work');
  const [noMemory, died] = [path.join(rig.root, 'no-memory'), path.join(rig.root, 'died')];
  const env = readersFirst(
    rig,
    `if (fs.existsSync('${noMemory}')) {
      fs.writeFileSync('${died}', '');
      process.kill(process.pid, 'SIGKILL');
    }`,
  );
  const line = `{id: a, title: A, run: "${work.shell}"}`;
  await rig.writeMilestone(ID, large(text(line)));
  const run = rig.milestone('execute', ID, {env});
  const first = await work.nextRun();
  await rig.waitForEvent(ID, 'task_working');
  fs.writeFileSync(noMemory, '');
  edit(rig, plan => `${plan.trimEnd()}\n  - {id: b, title: B, run: echo b > b}\n`);
  await waitForFile(died);
  fs.rmSync(noMemory);
  await rig.waitForEvent(ID, completed('b'));
  await first.exit();
  expect(await run).toMatchObject({
    exitCode: 0,
    stderr: expect.stringContaining('its reader ended with signal SIGKILL'),
  });
  expect(eventsOf(rig, ID, 'plan_refused')).toEqual([]);
});

/** An execution with one task at work and an edited plan, whose reader reads until it is let go. */
async function reading(rig: MilestoneRig) {
  const work = await rig.command('work');
  const file = (name: string) => path.join(rig.root, name);
  const env = readersFirst(
    rig,
    `if (fs.existsSync('${file('hold')}')) {
      fs.writeFileSync('${file('reading')}', '');
      while (!fs.existsSync('${file('read')}')) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }`,
  );
  await rig.writeMilestone(ID, large(text(`{id: a, title: A, run: "${work.shell}"}`)));
  const run = rig.milestone('execute', ID, {env, detached: true});
  const attempt = await work.nextRun();
  await rig.waitForEvent(ID, 'task_working');
  fs.writeFileSync(file('hold'), '');
  edit(rig, plan => `${plan}\n`);
  await waitForFile(file('reading'));
  return {run, attempt, letGo: () => fs.writeFileSync(file('read'), '')};
}

test.concurrent('Ctrl-C while an edit is read stops the run as at any other time', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const {run, letGo} = await reading(rig);
  run.killGroup('SIGINT'); // as a terminal does
  await rig.waitForEvent(ID, 'milestone_paused');
  letGo();
  expect(await run).toMatchObject({exitCode: 130, stderr: expect.stringContaining('stopped by SIGINT')});
  expect(readPlan(rig, ID)).toMatchObject({status: 'paused', tasks: [{status: 'pending'}]});
  expect(rig.processesLeft()).toEqual([]);
});

test.concurrent('a reader that is still at work when the executor is killed ends when it has read', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const {run, attempt, letGo} = await reading(rig);
  run.kill('SIGKILL');
  await run;
  await attempt.kill();
  expect(rig.processesLeft()).toContainEqual({
    pid: expect.any(Number),
    command: expect.stringContaining('__read-plan'),
  });
  letGo();
  await rig.untilNoProcessLeft();
});

test.concurrent('a status that a hand edits is put back, with the command that changes it', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const [work, other] = [await rig.command('work'), await rig.command('other')];
  await rig.writeMilestone(
    ID,
    text(
      `{id: a, title: A, run: "${work.shell}", status: pending}`,
      `{id: b, title: B, run: "${other.shell}", dependencies: [a], status: pending}`,
      '{id: c, title: C, run: exit 1, retries: 0}',
    ).replace('title: R', 'title: R\nstatus: planned'),
  );
  const run = rig.milestone('execute', ID);
  const first = await work.nextRun();
  await projected(rig, plan => plan.tasks[2].status === 'failed');
  edit(rig, plan =>
    plan
      .replace('status: in_progress\n', 'status: cancelled\n')
      .replace('dependencies: [a], status: pending', 'dependencies: [a], status: completed')
      .replace('status: failed', 'status: pending'),
  );
  const {warnings} = (await rig.waitForEvent(ID, 'plan_changed')).details;
  expect(warnings).toEqual([
    expect.stringContaining(`milestone cancel ${ID}`),
    expect.stringContaining(`milestone skip ${ID} b`),
    expect.stringContaining(`milestone retry ${ID} c`),
  ]);
  expect(await run.line(`milestone skip ${ID} b`)).toContain('put back');
  await projected(rig, plan => plan.status === 'in_progress' && plan.tasks[1].status === 'pending');
  await first.exit();
  await (await other.nextRun()).exit();
  expect(await run).toMatchObject({exitCode: 4});
  expect(tasksIn(rig, ID, 'task_completed')).toEqual(['a', 'b']);
  expect(readPlan(rig, ID)).toMatchObject({
    status: 'blocked',
    tasks: [{status: 'completed'}, {status: 'completed'}, {status: 'failed'}],
  });
});

test.concurrent('edits between two runs count at the next', async () => {
  await using rig = await MilestoneRig.create({git: false});
  await rig.writeMilestone(
    ID,
    text('{id: a, title: A, run: echo a > a}', '{id: b, title: B, run: exit 1, retries: 0}'),
  );
  expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 4});
  edit(rig, plan => `${plan.trimEnd()}\n  - {id: c, title: C, run: echo c > c}\n`);
  expect(await rig.milestone('resume', ID)).toMatchObject({exitCode: 4});
  expect(tasksIn(rig, ID, 'task_completed')).toEqual(['a', 'c']);
  edit(rig, plan => plan.replace(/tasks:[\s\S]*$/, 'tasks: []\n'));
  const ended = await rig.milestone('resume', ID);
  expect(ended.exitCode).toBe(4);
  expect(eventsOf(rig, ID, 'plan_refused')).toHaveLength(1);
});

test.concurrent('an execution that is stopped while a removed task ends leaves the edit to the next one', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const {file} = diary(rig);
  // The shell is one that ends on errors: what the signal does to its `sleep` is none.
  const stubborn = `trap 'echo asked >> ${file}' INT; trap '' TERM; while :; do sleep 0.1 || :; done`;
  const keep = '{id: keep, title: K, run: "true"}';
  await rig.writeMilestone(ID, text(`{id: a, title: A, run: "${stubborn}"}`, keep));
  const run = rig.milestone('execute', ID);
  await rig.waitForEvent(ID, event => event.event === 'task_working' && event.details.task_id === 'a');
  await rig.waitForEvent(ID, completed('keep'));
  edit(rig, () => text(keep));
  await waitForFile(file);
  run.kill('SIGINT');
  await rig.waitForEvent(ID, 'milestone_paused');
  run.kill('SIGINT');
  expect(await run).toMatchObject({exitCode: 130});
  expect(outcomes(rig, ID)).toHaveLength(1);
  expect(eventsOf(rig, ID, 'plan_changed')).toEqual([]);
  expect(await rig.milestone('resume', ID)).toMatchObject({exitCode: 0});
  expect(eventsOf(rig, ID, 'plan_changed')).toHaveLength(1);
});

test.concurrent('a task that a person has done may be removed before anybody has checked it', async () => {
  await using rig = await MilestoneRig.create({git: false});
  await rig.writeMilestone(ID, text('{id: a, title: A, driver: manual}', '{id: b, title: B, run: "true"}'));
  expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 6});
  expect(await rig.milestone('task', 'done', ID, 'a')).toMatchObject({exitCode: 0});
  edit(rig, () => text('{id: b, title: B, run: "true"}'));
  expect(await rig.milestone('resume', ID)).toMatchObject({exitCode: 0});
  expect(outcomes(rig, ID)).toMatchObject([{kind: 'cancelled'}]);
});

test.concurrent('with fewer tasks at a time a check of merged work leaves those alone that run already', async () => {
  await using rig = await MilestoneRig.create();
  const work = await rig.command('work');
  const parallel = (count: number) => `settings: {max_parallel: ${count}, verify: "true"}`;
  const task = (id: string) => `{id: ${id}, title: ${id}, run: "echo ${id} > ${id}.txt; ${work.shell}"}`;
  await rig.writeMilestone(ID, text(task('a'), task('b'), task('c')).replace('tasks:', `${parallel(3)}\ntasks:`));
  const run = rig.milestone('execute', ID);
  const runs = [await work.nextRun(), await work.nextRun(), await work.nextRun()];
  const [a, b, c] = ['a', 'b', 'c'].map(id => runs.find(({env}) => env.MILESTONE_TASK === id)!);
  edit(rig, plan => plan.replace(parallel(3), parallel(2)));
  await rig.waitForEvent(ID, 'plan_changed');
  await a!.exit();
  await rig.waitForEvent(ID, completed('a'));
  await b!.exit();
  await rig.waitForEvent(ID, completed('b'));
  await c!.exit();
  expect(await run).toMatchObject({exitCode: 0});
  expect(eventsOf(rig, ID, 'task_verified').map(({details}) => details.on)).toContain('merged');
  expect(fileAt(rig, `milestone/${ID}`, 'c.txt')).toBe('c');
});

test.concurrent('with more tasks at a time none gets the folder in which merged work is checked', async () => {
  await using rig = await MilestoneRig.create();
  const [work, check] = [await rig.command('work'), await rig.command('check')];
  const parallel = (count: number) => `settings: {max_parallel: ${count}, verify: "${check.shell}"}`;
  const task = (id: string) => `{id: ${id}, title: ${id}, run: "echo ${id} > ${id}.txt; ${work.shell}"}`;
  await rig.writeMilestone(ID, text(task('a'), task('b'), task('c')).replace('tasks:', `${parallel(2)}\ntasks:`));
  const run = rig.milestone('execute', ID);
  await (await check.nextRun()).exit(); // of the base
  for (const attempt of [await work.nextRun(), await work.nextRun()]) await attempt.exit();
  for (const onSlot of [await check.nextRun(), await check.nextRun()]) await onSlot.exit();
  // The second one's work is checked once more, on what the first has left; the third task has a slot of theirs.
  const [third, merged] = [await work.nextRun(), await check.nextRun()];
  edit(rig, plan => `${plan.replace(parallel(2), parallel(3))}  - ${task('d')}\n`);
  const all = [third, merged, await work.nextRun()];
  expect(new Set(all.map(({cwd}) => cwd)).size).toBe(3);
  expect(new Set(all.map(({env}) => env.MILESTONE_SLOT)).size).toBe(3);
  await rig.milestone('cancel', ID);
  expect(await run).toMatchObject({exitCode: 3});
});

test.concurrent('a running task that is removed is ended, its work kept; put back it goes on counting its attempts', async () => {
  await using rig = await MilestoneRig.create();
  const [work, other] = [await rig.command('work'), await rig.command('other')];
  const a = (left: string) => `{id: a, title: A, run: "echo ${left} > left; ${work.shell}", retries: 0}`;
  const b = `{id: b, title: B, run: "${other.shell}"}`;
  await rig.writeMilestone(ID, text(a('one'), b));
  const run = rig.milestone('execute', ID);
  const [first, second] = [await work.nextRun(), await other.nextRun()];
  edit(rig, () => text(b));
  await first.ended;
  await rig.waitForEvent(ID, event => event.event === 'plan_changed' && event.details.change.tasks?.a === null);
  expect(outcomes(rig, ID)).toMatchObject([{kind: 'cancelled'}]);
  edit(rig, () => text(b, a('two')));
  const again = await work.nextRun();
  expect(again.env.MILESTONE_ATTEMPT).toBe('2');
  await again.exit(1);
  await second.exit();
  expect(await run).toMatchObject({exitCode: 4});
  expect(fileAt(rig, `refs/milestone/rescue/${ID}/a.1`, 'left')).toBe('one');
  expect(fileAt(rig, `refs/milestone/rescue/${ID}/a.2`, 'left')).toBe('two');
});
