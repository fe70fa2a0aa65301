// `answer`, `blockers` and `task done`: what somebody is asked, and what becomes of his word.

import {expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import type {ScriptedCommand} from '../rig/scripted-command.ts';
import {eventsOf} from './support.ts';

/** A task that was interrupted and may not run again without leave, and one that waits for it. */
async function askingMilestone(rig: MilestoneRig): Promise<ScriptedCommand> {
  const work = await rig.command('work');
  await rig.writeMilestone('m', [
    {id: 'deploy', run: work.shell, on_interrupt: 'ask'},
    {id: 'announce', run: 'echo done > done.txt', dependencies: ['deploy']},
  ]);
  const execution = rig.milestone('execute');
  await work.nextRun();
  execution.kill('SIGKILL');
  await execution;
  expect(await rig.milestone('resume')).toMatchObject({exitCode: 6});
  return work;
}

test.concurrent('what holds a task up is shown with who has to act, what waits for it, and what to type; an answer makes it pending again, and is on record without secrets', async () => {
  const secret = 'hunter2-hunter2-hunter2';
  await using rig = await MilestoneRig.create({git: false, env: {SERVICE_API_KEY: secret}});
  await askingMilestone(rig);
  const {stdout} = await rig.milestone('blockers');
  expect(stdout).toMatch(/^question deploy, for \d+s\n/);
  expect(stdout).toContain('you have to act; it clears when it is answered');
  expect(stdout).toContain('it holds up 1 task that depends on it, on the critical path');
  expect(stdout).toContain('milestone retry m deploy');
  expect((await rig.milestone('blockers', 'm', '--json')).json()).toMatchObject({
    ok: true,
    blockers: [{type: 'question', task_id: 'deploy', who: 'you', holds_up: {count: 1, critical_path: true}}],
    warnings: [],
  });
  expect(await rig.status()).toMatchObject({
    needs_you: [{kind: 'question', command: 'milestone retry m deploy'}],
  });

  expect(await rig.milestone('answer', '--yes', 'deploy')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('what is the answer?'),
  });
  expect(await rig.milestone('answer', '--yes', 'announce', 'yes')).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining('it has not asked anything'),
  });
  expect(await rig.milestone('answer', '--yes', 'm', 'deplo', 'yes')).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining('did you mean `deploy`?'),
  });
  const answered = await rig.milestone('answer', '--yes', 'm', 'deploy', 'use', `${secret},`, 'twice');
  expect(answered).toMatchObject({exitCode: 0});
  expect(answered.stdout).toBe(
    'task `deploy` is pending again; its next attempt reads the answer\n`milestone resume m` goes on with that\n',
  );
  expect(eventsOf(rig, 'm', 'blocker_answered')[0]?.details).toMatchObject({
    task_id: 'deploy',
    answer: 'use ***, twice',
  });
  expect((await rig.milestone('blockers')).stdout).toBe('nothing holds `m` up\n');
});

test.concurrent('with --go the milestone goes on in the same terminal', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const work = await askingMilestone(rig);
  expect(await rig.milestone('answer', '--yes', 'deploy', 'yes', '--go', '--json')).toMatchObject({exitCode: 2});
  const going = rig.milestone('answer', '--yes', 'deploy', 'yes', '--go');
  await (await work.nextRun()).exit(0);
  expect(await going).toMatchObject({exitCode: 0, stdout: expect.stringContaining('milestone m completed')});
});

test.concurrent('a failed task is no blocker, but is named where somebody looks for what holds things up', async () => {
  await using rig = await MilestoneRig.create({git: false});
  await rig.writeMilestone('m', [{id: 'build', run: 'false', retries: 0}]);
  expect(await rig.milestone('execute')).toMatchObject({exitCode: 4});
  expect((await rig.milestone('blockers')).stdout).toBe('1 task failed\n  milestone retry m\n');
});

test.concurrent('a person says that a manual task is done, and its check decides', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone('m', [
    {id: 'notes', driver: 'manual', verify: 'test -e notes.md'},
    {id: 'ship', run: 'echo ship > ship.txt', dependencies: ['notes']},
  ]);
  expect(await rig.milestone('execute')).toMatchObject({
    exitCode: 6,
    stderr: expect.stringContaining('milestone task done m notes'),
  });
  expect(await rig.milestone('task', 'done', 'ship')).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining('it is not work for a person'),
  });
  rig.git('worktree', 'add', '-q', '../theirs', 'milestone/m');
  rig.write('../theirs/notes.md', 'notes\n');
  rig.git('-C', '../theirs', 'add', 'notes.md');
  rig.git('-C', '../theirs', 'commit', '-qm', 'Write the notes');
  rig.git('worktree', 'remove', '../theirs');
  expect(await rig.milestone('task', 'done', 'notes', '-m', 'written')).toMatchObject({
    exitCode: 0,
    stdout:
      'task `notes` is said to be done with what is committed on `milestone/m`; it is checked next\n`milestone resume m` goes on with that\n',
  });
  expect(await rig.milestone('resume')).toMatchObject({exitCode: 0});
  expect(rig.git('show', 'milestone/m:ship.txt')).toBe('ship');
  expect(eventsOf(rig, 'm', 'task_completed')[0]?.details).toMatchObject({task_id: 'notes', checked: true});
});

test.concurrent('a person writes the documents of a manual phase, and an outline is not taken for one', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const write = (file: string) => ({
    run: `echo x > $MILESTONE_DELIVERABLES/${file}`,
    deliverables: [file],
  });
  const phases = {
    design: {driver: 'manual', deliverables: ['architecture.md'], approval_required: false},
    spec: {...write('spec.md'), approval_required: false},
    task: write('plan.md'),
    execute: {run: 'echo done > login.txt'},
  };
  await rig.writeMilestone('m', [{id: 'login', title: 'Login', kiro_workflow: {enabled: true, phases}}]);
  expect(await rig.milestone('execute')).toMatchObject({exitCode: 6});
  const document = '.milestones/deliverables/m/login/design/architecture.md';
  expect(rig.read(document)).toContain('milestone: outline, to be filled in');
  expect(await rig.status()).toMatchObject({
    needs_you: [{kind: 'manual', command: 'milestone task done m login'}],
  });

  expect(await rig.milestone('task', 'done', 'login')).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining('it is still an outline'),
  });
  rig.write(document, '# Architecture\n');
  expect((await rig.milestone('task', 'done', 'login')).stdout).toContain(
    'the design of task `login` is said to be done',
  );
  expect(await rig.milestone('resume')).toMatchObject({exitCode: 0});
});
