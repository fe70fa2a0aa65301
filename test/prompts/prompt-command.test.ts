// `milestone prompt`: what an attempt will be told, from the real command.

import {describe, expect, test} from 'vitest';
import {copiesOf} from '../rig/copies.ts';
import {MilestoneRig} from '../rig/milestone-rig.ts';

const ID = 'release';

const TASKS = [
  {id: 'build', title: 'Build it', run: 'echo built > built.txt', description: 'Compiles.'},
  {
    id: 'notes',
    title: 'Write the notes',
    description: 'For users, not for us. Not {{task.title}}.',
    acceptance_criteria: ['every change is in it'],
    dependencies: ['build'],
    driver: 'manual',
    verify: 'test -s NOTES.md',
    touches: ['NOTES.md'],
  },
  {id: 'guide', title: 'Write the guide', driver: 'manual', dependencies: ['build'], kiro_workflow: {enabled: true}},
];

async function planned(env: Record<string, string> = {}): Promise<MilestoneRig> {
  const rig = await MilestoneRig.create({env});
  await rig.writeMilestone(ID, TASKS, {title: 'The release', success_criteria: ['users know']});
  return rig;
}

/** Executed until only people can go on. */
const waiting = copiesOf(async () => {
  const rig = await planned();
  await rig.milestone('execute', ID);
  return rig;
});

describe('what it prints', () => {
  test.concurrent('of a milestone that was never executed, as the plan has it', async () => {
    await using rig = await planned();
    const {stdout, stderr, exitCode} = await rig.milestone('prompt', ID, 'notes');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('# Task notes: Write the notes\n');
    expect(stdout).toContain('milestone release: The release.');
    expect(stdout).toContain('For users, not for us. Not {{task.title}}.');
    expect(stdout).toContain('- test -s NOTES.md\n');
    expect(stdout).not.toContain('What came before');
    expect(stderr).toBe('note: what `build` will have produced is not in it yet\n');
  });

  test.concurrent('with what its dependencies have made, and without a change to anything', async () => {
    await using rig = await waiting();
    const before = rig.git('for-each-ref') + rig.read(rig.logFile(ID));
    const {stdout, stderr} = await rig.milestone('prompt', 'notes');
    const commit = rig.git('rev-parse', `milestone/${ID}`);
    expect(stdout).toContain(`- build: Build it (commit ${commit})\n`);
    expect(stdout).toContain('  Changed files:\n  - built.txt\n');
    expect(stderr).toBe('');
    expect(rig.git('for-each-ref') + rig.read(rig.logFile(ID))).toBe(before);
  });

  test.concurrent('as JSON', async () => {
    await using rig = await planned();
    const answer = (await rig.milestone('prompt', 'notes', '--json')).json();
    expect(answer).toEqual({ok: true, task_id: 'notes', prompt: expect.stringContaining('# Task notes')});
    const phase = (await rig.milestone('prompt', 'guide', '--json')).json();
    expect(phase).toMatchObject({task_id: 'guide', phase: 'design', prompt: expect.stringContaining('# Design of')});
    const {stdout} = await rig.milestone('prompt', 'guide', '--phase', 'spec');
    expect(stdout).toContain('$MILESTONE_DELIVERABLES (.milestones/deliverables/release/guide/spec):');
  });

  test.concurrent('with the plan as it was edited since: it is in force when the next attempt starts', async () => {
    await using rig = await waiting();
    rig.write(rig.planFile(ID), rig.read(rig.planFile(ID)).replace('For users, not for us.', 'For all of us.'));
    expect((await rig.milestone('prompt', 'notes')).stdout).toContain('For all of us.');
  });

  test.concurrent('no secret of the environment', async () => {
    await using rig = await planned({API_TOKEN: 'For users, not for us'});
    const {stdout} = await rig.milestone('prompt', 'notes');
    expect(stdout).toContain('***. Not {{task.title}}.');
  });

  test.concurrent('outside git, with what a dependency said or nothing', async () => {
    await using rig = await MilestoneRig.create({git: false});
    await rig.writeMilestone(ID, TASKS);
    await rig.milestone('execute', ID);
    const {stdout, exitCode} = await rig.milestone('prompt', 'notes');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('- build: Build it\n');
    expect(stdout).not.toContain('Changed files');
  });

  test.concurrent('inside an attempt, too', async () => {
    await using rig = await waiting();
    const {exitCode, stdout} = await rig.milestone('prompt', 'notes', {env: {MILESTONE_RUN: 'token'}});
    expect(exitCode).toBe(0);
    expect(stdout).toContain('# Task notes');
  });
});

describe('templates of the user', () => {
  test.concurrent('a copy of the built-in one says the same, a changed one what it says', async () => {
    await using rig = await planned();
    const before = (await rig.milestone('prompt', 'notes')).stdout;
    const {stdout: template} = await rig.milestone('prompt', '--template', 'task');
    rig.write('.milestones/prompts/task.md', template);
    expect((await rig.milestone('prompt', 'notes')).stdout).toBe(before);
    rig.write('.milestones/prompts/task.md', 'Do {{task.id}}.\n\n{{documents}}\n{{checks}}\n');
    expect((await rig.milestone('prompt', 'notes')).stdout).toMatch(
      /^Do notes\.\n\n## How it is checked\n.*test -s NOTES/s,
    );
  });

  test.concurrent('what it can name is said beside it', async () => {
    await using rig = await planned();
    const shown = await rig.milestone('prompt', '--template', 'review');
    expect(shown.stderr).toMatch(
      /^note: put it into \.milestones\/prompts\/review\.md to change it; it can name .*change/,
    );
    const {names, template} = (await rig.milestone('prompt', '--template', 'review', '--json')).json();
    expect(names).toContain('change');
    expect(template).toBe(shown.stdout);
  });

  test.concurrent('a section of the language there was is refused with what to write now', async () => {
    await using rig = await planned();
    rig.write('.milestones/prompts/task.md', 'Do {{task.id}}:{{#task.touches}} {{.}}{{/task.touches}}\n');
    const {exitCode, stderr} = await rig.milestone('prompt', 'notes');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('`{{#task.touches}}`: a prompt has no sections, conditions and notes');
    expect(stderr).toContain('hint: write a name alone on its line');
  });

  test.concurrent('a broken one is refused with its place and what was probably meant', async () => {
    await using rig = await planned();
    rig.write('.milestones/prompts/task.md', '# Task\n\nDo {{task.titel}}\n');
    const {exitCode, stderr, stdout} = await rig.milestone('prompt', 'notes');
    expect(exitCode).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('error: the placeholder `{{task.titel}}` is not known');
    expect(stderr).toContain('.milestones/prompts/task.md:3:4)');
    expect(stderr).toContain('hint: did you mean `task.title`?');
    const answer = (await rig.milestone('prompt', 'notes', '--json')).json();
    expect(answer.error).toMatchObject({code: 'CONFIG_INVALID', where: {line: 3, column: 4}});
  });
});

test.concurrent('what there is no prompt for is refused', async () => {
  await using rig = await planned();
  const refuse = async (...words: string[]) => {
    const {exitCode, stderr} = await rig.milestone('prompt', ...words);
    return `${exitCode} ${stderr}`;
  };
  expect(await refuse(ID, 'build')).toMatch(/^3 error: task `build` runs a command, and gets no prompt/);
  expect(await refuse(ID, 'note')).toMatch(/^3 error: .*no task `note`\nhint: did you mean `notes`\?/);
  expect(await refuse('notes', '--phase', 'design')).toMatch(/^2 error: task `notes` has no phases/);
  expect(await refuse('notes', '--phase', 'desing')).toMatch(/^2 error: .*Allowed choices are design, spec/s);
  expect(await refuse('--milestone', ID)).toMatch(/^2 error: a task is missing\nhint: milestone prompt release <task>/);
});
